"""Use case: all models of behaviour judged alike on the choices in use; kept, so that none is measured twice."""

from collections.abc import Sequence
from functools import partial

from mmdemo.engine.leaderboard_against import Against, against
from mmdemo.engine.leaderboard_kept import Kept, Subject
from mmdemo.engine.leaderboard_report import SPLITS, Leaderboard, LeaderboardRow, SplitName
from mmdemo.engine.leaderboard_trial import Trial
from mmdemo.engine.responsive import responsive
from mmdemo.errors import InteractionsError
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.table import find

__all__ = [
    "SPLITS",
    "Against",
    "Leaderboard",
    "LeaderboardRow",
    "SplitName",
    "Subject",
    "against",
    "impossible_splits",
    "known_leaderboard",
    "measure_leaderboard",
]


def measure_leaderboard(
    subject: Subject,
    models: Sequence[str],
    *,
    split: SplitName = "random",
    seed: int = 0,
    tuned: bool = False,
    progress: Progress = silent,
) -> Leaderboard:
    """Judge models on held-out choices of the catalogue in use.

    Settings are the defaults, or chosen on a validation part that nothing is judged by. Then each model learns from all
    choices but those held out. What was measured before is not measured again, and what is finished is kept when this
    is cancelled.

    Args:
        subject: What to judge on: `Subject.of` a workspace or an open engine.
        models: Names from `BEHAVIOUR`.
        split: Hold out choices at random, each user's last, or the latest of all.
        seed: For the division and the models.
        tuned: Whether to choose settings.
        progress: Told how far it is; may cancel.

    Raises:
        InteractionsError: No such model, or the choices cannot be divided so; or one cannot be fitted to them, which is
            raised once the others are measured and kept.
        WorkspaceError: The disk is full or read-only.
    """
    kept = Kept(subject, split, seed, tuned=tuned)
    asked = [name for name in dict.fromkeys(models) if find(name).name not in kept.rows]
    failed: list[InteractionsError] = []
    if asked:
        trial = Trial.of(subject, split, seed=seed, tuned=tuned)
        sizes = [trial.steps(name) for name in asked]
        for number, name in enumerate(asked):
            told = _one_of(progress, sum(sizes[:number]), sizes[number], sum(sizes))
            try:
                kept.add(responsive(partial(trial.judge, name), told), trial.leaks)
            except InteractionsError as error:
                failed.append(error)
    if failed:
        raise failed[0]
    return kept.board(models)


def known_leaderboard(
    subject: Subject, split: SplitName = "random", seed: int = 0, *, tuned: bool = False
) -> Leaderboard | None:
    """Everything measured so far; None where nothing was.

    Raises:
        WorkspaceError: The disk cannot be read.
    """
    kept = Kept(subject, split, seed, tuned=tuned)
    return kept.board(kept.rows) if kept.rows else None


def impossible_splits(subject: Subject) -> dict[SplitName, str]:
    """Ways to divide that the choices do not allow, and why."""
    if subject.used.interactions.times is None:
        return dict.fromkeys(("last", "time"), "It needs the time of each choice.")
    return {}


def _one_of(progress: Progress, before: int, size: int, whole: int) -> Progress:
    """Progress of one of several pieces of work as a part of all of them."""

    def report(done: int, total: int, message: str) -> None:
        share = min(1.0, done / total) if total else 0.0
        progress(before + round(share * size), whole, message)

    return report
