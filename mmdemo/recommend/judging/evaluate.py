"""Ranking the whole catalogue for every user with held-out choices, and measuring what comes of it.

Users go through in blocks, so that memory does not grow with their number. Each sees the items of the training
history masked. Nothing here looks at the order of rows or columns, or at ids.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.errors import InteractionsError
from mmdemo.interactions import ItemFeatures
from mmdemo.metrics.beyond import Lists, top_lists
from mmdemo.metrics.user_bootstrap import mean_intervals, standard_errors
from mmdemo.progress import Progress, silent
from mmdemo.recommend.judging.lists import beyond_of
from mmdemo.recommend.judging.parts import PerUser, measures_by_part
from mmdemo.recommend.judging.report import BehaviourReport, Part
from mmdemo.recommend.judging.splits import Split
from mmdemo.types import FloatArray

Score = Callable[[csr_matrix], FloatArray]
"""Histories (B, N) CSR of ones to scores (B, N), higher is better; `BehaviourModel.scores` is one."""

CUTOFFS = (10, 20, 50)
_CELLS = 4_000_000
"""Scores held at once."""


def evaluate(
    score: Score,
    split: Split,
    *,
    cutoffs: Sequence[int] = CUTOFFS,
    seed: int = 0,
    features: ItemFeatures | None = None,
    progress: Progress = silent,
) -> BehaviourReport:
    """Judge a fitted model by the held-out choices of a split.

    Args:
        score: Scores all items for histories.
        split: Its `train` is each user's history and masked, its `held_out` the targets.
        cutoffs: The k of the measures.
        seed: For the bootstrap, and for ties where a list must be one list (coverage and the like).
        features: For the diversity of lists.
        progress: Told how many users are done.

    Raises:
        InteractionsError: The scores do not fit, or no target is left once what was seen is masked.
    """
    train, relevant = split.train.chosen, _targets(split)
    users = np.flatnonzero(np.diff(relevant.indptr))
    if not len(users):
        raise InteractionsError(
            f"the split '{split.name}' holds out only what is in training, too",
            expected="a target that its user has not seen is needed",
            remedy="divide the choices again",
        )
    blocks: list[Mapping[str, PerUser]] = []
    lists: list[Lists] = []
    cold = np.bincount(train.indices, minlength=len(split.train.item_ids)) == 0
    rng = np.random.default_rng(seed)
    for rows in _blocks(users, split, progress):
        histories = train[rows]
        scores = np.asarray(score(histories))
        blocks.append(measures_by_part(scores, relevant[rows], histories, cold=cold, cutoffs=cutoffs))
        lists.append(top_lists(scores, histories, max(cutoffs), rng=rng))
    beyond, errors = beyond_of(np.concatenate(lists), users, split.train, features, cutoffs=cutoffs, seed=seed)
    return summarised(
        split.name,
        tuple(split.train.user_ids[user] for user in users),
        _joined(blocks),
        np.diff(relevant.indptr)[users],
        beyond=beyond,
        beyond_errors=errors,
        seed=seed,
    )


def block_size(items: int) -> int:
    """How many users are scored at once."""
    return max(1, min(1024, _CELLS // items))


def _blocks(users: npt.NDArray[np.integer], split: Split, progress: Progress) -> Iterator[npt.NDArray[np.integer]]:
    """The users a block at a time; `progress` hears of each."""
    size, message = block_size(len(split.train.item_ids)), f"Ranking for {len(users):,} users ({split.name})"
    for start in range(0, len(users), size):
        progress(start, len(users), message)
        yield users[start : start + size]
    progress(len(users), len(users), message)


def summarised(
    split: str,
    user_ids: tuple[str, ...],
    values: Mapping[str, PerUser],
    targets: npt.NDArray[np.integer],
    *,
    beyond: Mapping[str, float],
    beyond_errors: Mapping[str, float],
    seed: int,
) -> BehaviourReport:
    """The report of values user by user.

    Args:
        split: Its name.
        user_ids: (B,).
        values: "all", "warm", "cold_items" and "cold_users" to measures (B,); NaN where a user is in no such part.
        targets: (B,) how many each user has.
        beyond: As in the report.
        beyond_errors: As in the report.
        seed: For the bootstrap.
    """
    everyone = _part(values["all"])
    assert everyone is not None  # every user that is judged has a target
    table = np.stack(list(values["all"].values()), axis=1)
    return BehaviourReport(
        split=split,
        user_ids=user_ids,
        per_user=values["all"],
        measures=everyone.measures,
        errors=everyone.errors,
        intervals=dict(zip(values["all"], mean_intervals(table, seed=seed), strict=True)),
        targets=int(targets.sum()),
        one_target=float(np.mean(targets == 1)),
        warm=_part(values["warm"]),
        cold_items=_part(values["cold_items"]),
        cold_users=_part(values["cold_users"]),
        beyond=beyond,
        beyond_errors=beyond_errors,
        notices=_notices(targets),
    )


def _targets(split: Split) -> csr_matrix:
    """Held-out choices (U, N) that are not in training, too."""
    held_out = split.held_out.chosen
    left = csr_matrix(held_out - held_out.multiply(split.train.chosen))
    left.eliminate_zeros()
    return left


def _joined(blocks: Sequence[Mapping[str, PerUser]]) -> dict[str, PerUser]:
    """Values of all blocks of users after each other."""
    return {
        part: {name: np.concatenate([block[part][name] for block in blocks]) for name in values}
        for part, values in blocks[0].items()
    }


def _part(values: PerUser) -> Part | None:
    """Means and errors over those users (B,) who are not NaN."""
    table = np.stack(list(values.values()), axis=1)
    table = table[~np.isnan(table[:, 0])]
    if not len(table):
        return None
    means, errors = table.mean(axis=0), standard_errors(table)
    return Part(
        len(table), dict(zip(values, means.tolist(), strict=True)), dict(zip(values, errors.tolist(), strict=True))
    )


def _notices(targets: npt.NDArray[np.integer]) -> tuple[str, ...]:
    share = float(np.mean(targets == 1))
    if share == 1.0:
        return ("Every user has one target: recall is the hit rate, and precision is recall divided by k.",)
    if share > 0.5:
        return (f"{share:.0%} of the users have one target: for them recall is the hit rate.",)
    return ()
