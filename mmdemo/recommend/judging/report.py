"""How good a recommender is: values with their doubt, user by user; plain data and its JSON."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mmdemo.errors import InteractionsError
from mmdemo.metrics.bootstrap import Interval

_FIGURES = ("beyond", "beyond_errors", "ratings", "rating_errors", "between_seeds")
_PARTS = ("warm", "cold_items", "cold_users")

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """The measures over some users or some targets.

    Args:
        users: How many there are in it.
        measures: Means over them.
        errors: Standard errors; NaN for a single user.
    """

    users: int
    measures: Mapping[str, float]
    errors: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class BehaviourReport:
    """Full rankings judged by what B users chose.

    Args:
        split: Name of the division.
        user_ids: (B,) who was judged: users with a target.
        per_user: Measure to (B,) values.
        measures: Means over the users.
        errors: Standard errors of these; NaN for a single user.
        intervals: 95 % intervals of these, by bootstrap of users.
        targets: How many held-out choices there were.
        one_target: Share of the users who have one target only.
        warm: Users with training choices, judged by targets with training choices; None where there is none.
        cold_items: Judged by targets without a training choice only.
        cold_users: Users without a training choice.
        beyond: What the lists are like: "coverage@20", "gini@20", "novelty@20", "diversity@20", "niche.lift@20", ...
        beyond_errors: Standard errors of those.
        ratings: How well ratings are foretold ("rmse", "like_f1", ...); empty where nothing was rated.
        rating_errors: Standard errors of those.
        notices: What a reader must know, in plain sentences.
        seeds: How many fits it is the mean of.
        between_seeds: Standard deviation of each measure between these; empty for a single one.
    """

    split: str
    user_ids: tuple[str, ...]
    per_user: Mapping[str, Values]
    measures: Mapping[str, float]
    errors: Mapping[str, float]
    intervals: Mapping[str, Interval]
    targets: int
    one_target: float
    warm: Part | None = None
    cold_items: Part | None = None
    cold_users: Part | None = None
    beyond: Mapping[str, float] = field(default_factory=dict)
    beyond_errors: Mapping[str, float] = field(default_factory=dict)
    ratings: Mapping[str, float] = field(default_factory=dict)
    rating_errors: Mapping[str, float] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    seeds: int = 1
    between_seeds: Mapping[str, float] = field(default_factory=dict)

    @property
    def users(self) -> int:
        """How many were judged, B."""
        return len(self.user_ids)

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads; numbers that are not known are null."""
        return {
            "split": self.split,
            "user_ids": list(self.user_ids),
            "per_user": {name: values.tolist() for name, values in self.per_user.items()},
            "measures": dict(self.measures),
            "errors": _numbers_out(self.errors),
            "intervals": {name: list(ends) for name, ends in self.intervals.items()},
            "targets": self.targets,
            "one_target": self.one_target,
            **{name: _part_out(getattr(self, name)) for name in _PARTS},
            **{name: _numbers_out(getattr(self, name)) for name in _FIGURES},
            "notices": list(self.notices),
            "seeds": self.seeds,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "BehaviourReport":
        """What `as_json` gave.

        Raises:
            InteractionsError: It is something else.
        """
        try:
            return cls(
                split=str(content["split"]),
                user_ids=tuple(map(str, content["user_ids"])),
                per_user={name: np.array(values, np.float64) for name, values in content["per_user"].items()},
                measures=_numbers_in(content["measures"]),
                errors=_numbers_in(content["errors"]),
                intervals={name: (float(low), float(high)) for name, (low, high) in content["intervals"].items()},
                targets=int(content["targets"]),
                one_target=float(content["one_target"]),
                warm=_part_in(content["warm"]),
                cold_items=_part_in(content["cold_items"]),
                cold_users=_part_in(content["cold_users"]),
                beyond=_numbers_in(content["beyond"]),
                beyond_errors=_numbers_in(content["beyond_errors"]),
                ratings=_numbers_in(content["ratings"]),
                rating_errors=_numbers_in(content["rating_errors"]),
                between_seeds=_numbers_in(content["between_seeds"]),
                notices=tuple(map(str, content["notices"])),
                seeds=int(content["seeds"]),
            )
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise InteractionsError(
                f"a report that cannot be read ({type(error).__name__}: {error})",
                expected="one that an evaluation wrote is needed",
                remedy="evaluate again",
            ) from error


def _numbers_out(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def _numbers_in(values: Mapping[str, float | None]) -> dict[str, float]:
    return {str(name): math.nan if value is None else float(value) for name, value in values.items()}


def _part_out(part: Part | None) -> dict[str, Any] | None:
    if part is None:
        return None
    return {"users": part.users, "measures": dict(part.measures), "errors": _numbers_out(part.errors)}


def _part_in(content: Mapping[str, Any] | None) -> Part | None:
    if content is None:
        return None
    return Part(int(content["users"]), _numbers_in(content["measures"]), _numbers_in(content["errors"]))
