"""What a leaderboard holds: models judged alike on one division of the choices, and how sure the order is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from mmdemo.errors import InteractionsError
from mmdemo.fusion.options import Value

if TYPE_CHECKING:
    from mmdemo.recommend.judging.leaks import Leak
    from mmdemo.recommend.judging.report import BehaviourReport

SplitName = Literal["random", "last", "time"]
SPLITS: tuple[SplitName, ...] = get_args(SplitName)
PARTS = ("warm", "cold_items", "cold_users")
"""Of the users or targets, each judged apart."""


class Score(NamedTuple):
    """One measure of one model.

    Args:
        value: Mean over the users.
        low: Where its 95 % interval starts, by bootstrap of users.
        high: Where it ends.
        error: Standard error; NaN for a single user.
    """

    value: float
    low: float
    high: float
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class LeaderboardRow:
    """One model.

    Args:
        model: Its name in `BEHAVIOUR`.
        report: What came of judging it.
        seconds: Of fitting it, choosing settings not included.
        ms: Milliseconds to score all items for one person, the median of several persons.
        memory_mb: Megabytes that the fitted model keeps.
        options: Its settings that differ from the defaults.
        tried: How many settings were tried on the validation part; 0: the defaults were taken.
        choosing_seconds: Of trying them.
    """

    model: str
    report: "BehaviourReport"
    seconds: float
    ms: float
    memory_mb: float
    options: Mapping[str, Value] = field(default_factory=dict)
    tried: int = 0
    choosing_seconds: float = 0.0

    @property
    def scores(self) -> dict[str, Score]:
        """Measure ("recall@10", ...) to its value with its doubt."""
        report = self.report
        return {
            name: Score(value, *report.intervals[name], report.errors[name]) for name, value in report.measures.items()
        }


@dataclass(frozen=True, slots=True, eq=False)
class Leaderboard:
    """Models judged by the same users and the same held-out choices.

    Args:
        split: How the choices were divided.
        seed: Of the division and of the models.
        tuned: Whether settings were chosen on the validation part.
        rows: One a model, in the order of `BEHAVIOUR`.
        leaks: What in the division tells the answers without any taste.
        simulated: Whether the users are made up.
        about: Where the choices come from, as one sentence.
    """

    split: SplitName
    seed: int
    tuned: bool
    rows: tuple[LeaderboardRow, ...]
    leaks: "tuple[Leak, ...]"
    simulated: bool
    about: str

    def ranked(self, measure: str) -> tuple[LeaderboardRow, ...]:
        """The rows, the highest value of `measure` first; those of the same value in the order of `BEHAVIOUR`.

        Raises:
            InteractionsError: There is no such measure.
        """
        if any(measure not in row.report.measures for row in self.rows):
            raise InteractionsError(
                f"measure '{measure}'",
                expected=f"one of {', '.join(self.rows[0].report.measures)}",
                remedy="choose one of these",
            )
        return tuple(sorted(self.rows, key=lambda row: -row.report.measures[measure]))
