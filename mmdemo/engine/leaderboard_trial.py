"""One division of the choices, and models of behaviour judged on it one after another."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmdemo.engine.leaderboard_kept import Subject
from mmdemo.engine.leaderboard_report import SPLITS, LeaderboardRow, SplitName
from mmdemo.errors import InteractionsError
from mmdemo.fusion.options import Value
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress
from mmdemo.recommend.behaviour.table import find, fit, options_of

if TYPE_CHECKING:
    from mmdemo.recommend.behaviour.base import BehaviourModel
    from mmdemo.recommend.judging.leaks import Leak
    from mmdemo.recommend.judging.splits import Split

_STEPS = 100
"""Of progress, for a model in closed form."""
_LEARNED = 30
"""A learned model takes about as many times as long."""
_FITTING = 0.7
"""What part of the time that is left goes into fitting, the rest into judging."""
_TIMED = 9
"""As many persons' answers are timed; the first does not count."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What all models of a leaderboard have in common.

    Args:
        divided: The choices: to learn from, to choose settings on, to judge by.
        final: All but those to judge by, and these.
        leaks: What the division gives away.
        features: Of the items.
        seed: For the models.
        tuned: Whether to choose settings.
    """

    divided: "Split"
    final: "Split"
    leaks: "tuple[Leak, ...]"
    features: ItemFeatures
    seed: int
    tuned: bool

    @classmethod
    def of(cls, subject: Subject, split: SplitName, *, seed: int, tuned: bool) -> "Trial":
        """Divide the choices in use.

        Raises:
            InteractionsError: No such way to divide, or the choices do not allow it.
        """
        from mmdemo.recommend.judging.leaks import leaks
        from mmdemo.recommend.judging.splits import Split, together

        divided = _divided(subject.used.interactions, split, seed)
        parts = [divided.train] if divided.validation is None else [divided.train, divided.validation]
        final = Split(divided.name, together(*parts), divided.held_out)
        return cls(divided, final, leaks(final.train, final.held_out), subject.features, seed, tuned)

    def judge(self, name: str, progress: Progress) -> LeaderboardRow:
        """Choose the settings of a model where that is asked for, fit it to everything not held out, and judge it.

        Raises:
            InteractionsError: No such model, or it cannot be fitted to these choices.
        """
        from mmdemo.recommend.judging.evaluate import evaluate

        told, choosing_share = _named(progress, find(name).title), self._choosing_share(name)
        fitting_share = choosing_share + _FITTING * (1 - choosing_share)
        options, tried, choosing = self._settings(name, _between(told, 0.0, choosing_share))
        told(round(choosing_share * _STEPS), _STEPS, "fitting")
        started = time.perf_counter()
        fitting = _between(told, choosing_share, fitting_share)
        model = fit(name, self.final.train, self.features, options, seed=self.seed, progress=fitting)
        seconds = time.perf_counter() - started
        judging = _between(told, fitting_share, 1.0)
        report = evaluate(model.scores, self.final, seed=self.seed, features=self.features, progress=judging)
        usual = options_of(name)
        changed = {key: value for key, value in options.items() if value != usual[key]}
        return LeaderboardRow(name, report, seconds, *_costs(model, self.final.train), changed, tried, choosing)

    def steps(self, name: str) -> int:
        """How much of the progress a model is, roughly by how long it takes."""
        return round(_STEPS * (_LEARNED if find(name).learned else 1) / (1 - self._choosing_share(name)))

    def _choosing_share(self, name: str) -> float:
        """What part of a model's time goes into choosing its settings."""
        grid = find(name).grid if self.divided.validation is not None else ()
        return len(grid) / (1 + len(grid)) if self.tuned and len(grid) > 1 else 0.0

    def _settings(self, name: str, progress: Progress) -> tuple[dict[str, Value], int, float]:
        """Every option of a model, how many settings were tried for it, and how many seconds that took."""
        grid, divided = find(name).grid, self.divided
        if not self.tuned or divided.validation is None or len(grid) < 2:
            return options_of(name), 0, 0.0
        from mmdemo.recommend.judging.tuning import choose

        started = time.perf_counter()
        found = choose(find(name), divided.train, divided.validation, self.features, seed=self.seed, progress=progress)
        return options_of(name, found), len(grid), time.perf_counter() - started


def _divided(interactions: Interactions, split: SplitName, seed: int) -> "Split":
    from mmdemo.recommend.judging.splits import leave_last_out, random_split, time_split

    if split == "random":
        return random_split(interactions, seed=seed)
    if split == "last":
        return leave_last_out(interactions, seed=seed)
    if split == "time":
        return time_split(interactions)
    raise InteractionsError(
        f"a division '{split}'", expected=f"one of {', '.join(SPLITS)}", remedy="choose one of these"
    )


def _costs(model: "BehaviourModel", learned_from: Interactions) -> tuple[float, float]:
    """Milliseconds to score all items for one person, the median, and megabytes that the model keeps."""
    there = np.flatnonzero(np.diff(learned_from.chosen.indptr))
    took = []
    for user in np.resize(there, _TIMED):
        started = time.perf_counter()
        model.scores(learned_from.chosen[user])
        took.append(time.perf_counter() - started)
    kept = sum(array.nbytes for array in model.arrays().values())
    return float(np.median(took[1:])) * 1e3, kept / 1e6


def _named(progress: Progress, title: str) -> Progress:
    """Progress that says which model it is about."""

    def report(done: int, total: int, message: str) -> None:
        progress(done, total, f"{title}: {message}")

    return report


def _between(progress: Progress, start: float, stop: float) -> Progress:
    """Progress of a piece of work that goes from one share of the whole to another."""

    def report(done: int, total: int, message: str) -> None:
        share = min(1.0, done / total) if total else 0.0
        progress(round((start + (stop - start) * share) * _STEPS), _STEPS, message)

    return report
