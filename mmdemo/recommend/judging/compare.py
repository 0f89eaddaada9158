"""Whether one recommender is better than another on the same users, or chance could have made it so."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmdemo.errors import InteractionsError
from mmdemo.metrics.bootstrap import Interval
from mmdemo.metrics.user_bootstrap import paired_test
from mmdemo.recommend.judging.report import BehaviourReport


@dataclass(frozen=True, slots=True)
class Paired:
    """Two recommenders on the same users.

    Args:
        measure: What they are compared by.
        difference: Mean of the first less that of the second.
        error: Its standard error, user by user; NaN for a single user.
        interval: 95 % interval, by bootstrap of users.
        p: Two-sided chance of a difference as large where there is none.
        users: How many there are.
    """

    measure: str
    difference: float
    error: float
    interval: Interval
    p: float
    users: int


def significance(first: BehaviourReport, second: BehaviourReport, measure: str, *, seed: int = 0) -> Paired:
    """Compare two reports user by user.

    Args:
        first: One of them.
        second: The other, of the same split.
        measure: One of their measures, for example "recall@20".
        seed: For the bootstrap.

    Raises:
        InteractionsError: They judge other users, or one lacks the measure.
    """
    if first.split != second.split or first.user_ids != second.user_ids:
        raise InteractionsError(
            f"reports on '{first.split}' ({first.users} users) and on '{second.split}' ({second.users})",
            expected="two on the same users of one split are needed",
            remedy="evaluate both again on one split",
        )
    if measure not in first.per_user or measure not in second.per_user:
        raise InteractionsError(
            f"measure '{measure}'",
            expected=f"one of {', '.join(name for name in first.per_user if name in second.per_user)}",
            remedy="choose one of these",
        )
    differences = first.per_user[measure] - second.per_user[measure]
    interval, p = paired_test(differences, seed=seed)
    count = len(differences)
    error = float(differences.std(ddof=1) / np.sqrt(count)) if count > 1 else float("nan")
    return Paired(measure, float(differences.mean()), error, interval, p, count)


def holm(chances: Sequence[float]) -> tuple[float, ...]:
    """The p of several comparisons made at once, corrected so that not one in twenty is found by chance (Holm 1979).

    Args:
        chances: (n,) p of each alone.
    """
    order = np.argsort(chances, kind="stable")
    raised = np.asarray(chances)[order] * np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(raised))
    return tuple(corrected.tolist())
