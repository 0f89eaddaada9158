"""What a training run was and how good its fusion is: plain data and its JSON. Importing this loads no torch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mmdemo.errors import FusionError
from mmdemo.types import Modality

CUTOFFS = (1, 5, 10)
"""The k of every Recall@k."""

Interval = tuple[float, float]
Task = Literal["two-to-third", "one-to-other"]
TASKS: tuple[Task, ...] = ("two-to-third", "one-to-other")


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training items.

    Args:
        number: From 1.
        loss: Mean training loss over the pass's batches.
        validation: Loss on the validation items; None where there are none.
        weights: Mean weight of each modality (M,) over the validation items that have all of them (over all validation
            items where none has), in the order of `FusionShape.modalities`; empty without validation items.
        seconds: Since training began, time of earlier attempts of a resumed run included.
    """

    number: int
    loss: float
    validation: float | None
    weights: tuple[float, ...]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            "number": self.number,
            "loss": self.loss,
            "validation": self.validation,
            "weights": list(self.weights),
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Epoch":
        """What `as_json` gave.

        Raises:
            FusionError: It is something else.
        """
        try:
            validation = content["validation"]
            return cls(
                int(content["number"]),
                _number(content["loss"]),
                None if validation is None else _number(validation),
                tuple(_number(weight) for weight in content["weights"]),
                _number(content["seconds"]),
            )
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise _unreadable("an epoch", error) from error


@dataclass(frozen=True, slots=True)
class Hit:
    """Where the right answer of one query came; what two fusions are compared by, query by query.

    Args:
        item_id: Which item asked.
        asked: The modalities it asked with.
        target: The modality that was looked for.
        rank: Place of the best right answer, from 1; candidates that tie with it count half.
        group: Group of the item; queries of one group are no independent evidence.
    """

    item_id: str
    asked: tuple[Modality, ...]
    target: Modality
    rank: float
    group: int

    @property
    def query(self) -> tuple[str, tuple[Modality, ...], Modality]:
        """What was asked: the same in the reports of all fusions of one set of data."""
        return self.item_id, self.asked, self.target


@dataclass(frozen=True, slots=True)
class FusionReport:
    """How well a fusion finds items, on test items that nothing was fitted or chosen on. See `evaluation.evaluate`.

    Args:
        task: "two-to-third": the third modality of an item from two; "one-to-other" where items have only two.
        queries: How many were asked.
        recall: k to the share of queries with a right answer among the first k.
        intervals: k to the 95% bootstrap interval of that share, over groups.
        mrr: Mean of one over the rank.
        chance: k to what a random order reaches.
        by_target: Modality to Recall@10 of the queries that look for it.
        weights: Modality to its mean weight over the test items that have all modalities (all test items where none
            has).
        hits: One a query.
        objective: Measures of what the fusion was trained for, by name; empty where nothing more was asked.
    """

    task: Task
    queries: int
    recall: Mapping[int, float]
    intervals: Mapping[int, Interval]
    mrr: float
    chance: Mapping[int, float]
    by_target: Mapping[Modality, float]
    weights: Mapping[Modality, float]
    hits: tuple[Hit, ...]
    objective: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            "task": self.task,
            "queries": self.queries,
            "recall": {str(k): value for k, value in self.recall.items()},
            "intervals": {str(k): list(interval) for k, interval in self.intervals.items()},
            "mrr": self.mrr,
            "chance": {str(k): value for k, value in self.chance.items()},
            "by_target": {str(modality): value for modality, value in self.by_target.items()},
            "weights": {str(modality): value for modality, value in self.weights.items()},
            "hits": [
                [hit.item_id, list(map(str, hit.asked)), str(hit.target), hit.rank, hit.group] for hit in self.hits
            ],
            "objective": dict(self.objective),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "FusionReport":
        """What `as_json` gave.

        Raises:
            FusionError: It is something else.
        """
        try:
            return _report(content)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise _unreadable("a report of a fusion", error) from error


@dataclass(frozen=True, slots=True)
class Paired:
    """Whether one fusion is better than another on the same queries.

    Args:
        difference: Recall@10 of the first less that of the second.
        interval: Its 95% bootstrap interval, over groups.
        p: Two-sided; how often chance alone would show such a difference.
        queries: How many both were asked.
    """

    difference: float
    interval: Interval
    p: float
    queries: int

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            "difference": self.difference,
            "interval": list(self.interval),
            "p": self.p,
            "queries": self.queries,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Paired":
        """What `as_json` gave.

        Raises:
            FusionError: It is something else.
        """
        try:
            return cls(
                _number(content["difference"]),
                _interval(content["interval"]),
                _number(content["p"]),
                int(content["queries"]),
            )
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise _unreadable("a comparison of two fusions", error) from error


@dataclass(frozen=True, slots=True)
class StressPoint:
    """Recall under one level of stress. See `stress.stress`.

    Args:
        level: Share of the queries that lost the modality, or share of noise in it; 0 to 1.
        recall10: Recall@10.
        interval: Its 95% bootstrap interval, over groups.
        own: The measures of the objective, by name; empty where it has none.
    """

    level: float
    recall10: float
    interval: Interval
    own: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            "level": self.level,
            "recall10": self.recall10,
            "interval": list(self.interval),
            "own": dict(self.own),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "StressPoint":
        """What `as_json` gave.

        Raises:
            FusionError: It is something else.
        """
        try:
            own = {str(name): _number(value) for name, value in content["own"].items()}
            return cls(_number(content["level"]), _number(content["recall10"]), _interval(content["interval"]), own)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise _unreadable("a stress measurement", error) from error


def _report(content: Mapping[str, Any]) -> FusionReport:
    if content["task"] not in TASKS:
        raise ValueError(f"task {content['task']!r}")
    return FusionReport(
        task=content["task"],
        queries=int(content["queries"]),
        recall={int(k): _number(value) for k, value in content["recall"].items()},
        intervals={int(k): _interval(value) for k, value in content["intervals"].items()},
        mrr=_number(content["mrr"]),
        chance={int(k): _number(value) for k, value in content["chance"].items()},
        by_target=_by_modality(content["by_target"]),
        weights=_by_modality(content["weights"]),
        hits=tuple(
            Hit(str(item_id), tuple(Modality(name) for name in asked), Modality(target), _number(rank), int(group))
            for item_id, asked, target, rank, group in content["hits"]
        ),
        objective={str(name): _number(value) for name, value in content["objective"].items()},
    )


def _by_modality(content: Mapping[str, Any]) -> dict[Modality, float]:
    """In the order of `Modality`, whatever the order in the file."""
    return {modality: _number(content[str(modality)]) for modality in Modality if str(modality) in content}


def _interval(value: Any) -> Interval:
    low, high = value
    return _number(low), _number(high)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is no finite number")
    return float(value)


def _unreadable(what: str, error: Exception) -> FusionError:
    return FusionError(
        f"{what} that cannot be read ({type(error).__name__}: {error})",
        expected="what mmdemo wrote is needed",
        remedy="train or measure again",
    )
