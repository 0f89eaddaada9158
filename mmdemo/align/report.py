"""What was measured of one alignment, and its JSON."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any, TypeVar

from mmdemo.errors import WorkspaceError
from mmdemo.types import Modality

CUTOFFS = (1, 5, 10)
"""The k of every Recall@k."""

Pair = tuple[Modality, Modality]
Interval = tuple[float, float]
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class PairScores:
    """How well queries of one modality find their items' other modality.

    Args:
        pairs: How many queries were asked: items that have both modalities.
        candidates: How many vectors each query ranks.
        recall: k to the share of queries with a right answer among the first k.
        intervals: k to the 95% bootstrap interval of that share, over groups of items with the same text.
        chance: k to what a random order reaches.
        median_rank: Median over the queries of the rank of the best right answer, 1 to `candidates`.
        median_interval: Its 95% bootstrap interval.
    """

    pairs: int
    candidates: int
    recall: Mapping[int, float]
    intervals: Mapping[int, Interval]
    chance: Mapping[int, float]
    median_rank: float
    median_interval: Interval


@dataclass(frozen=True, slots=True)
class Failure:
    """An item that its own other modality finds late.

    Args:
        item_id: Which item.
        query: What was asked with.
        candidate: What was looked for.
        rank: Where the best right answer came.
        candidates: Among how many.
    """

    item_id: str
    query: Modality
    candidate: Modality
    rank: float
    candidates: int


@dataclass(frozen=True, slots=True)
class AlignmentReport:
    """One alignment, measured by cross-validation: each figure is of items that were not fitted on.

    Ordered pairs are (query, candidate). Unordered ones are held once, in the order of `Modality`. What cannot be
    measured (too few items, nothing to compare) has no entry.

    Args:
        method: Name of the alignment.
        centred: Whether the vectors were centred.
        folds: How many parts the items were divided into.
        seed: What the parts, the fits and the bootstrap were drawn from.
        items: How many items took part.
        pairs: Ordered pair to its retrieval scores.
        gap_before: Unordered pair to the modality gap of the zero-shot vectors as they are, not centred.
        gap_after: Unordered pair to the modality gap of the aligned vectors.
        alignment: Unordered pair to the mean squared distance of an item's two vectors, 0 to 4; less is better.
        uniformity: Modality to the logarithm of the mean Gaussian potential of two items' vectors, -8 to 0; less is
            more even.
        hubness: Ordered pair to the skewness of how often a candidate is among the ten nearest of a query.
        failures: The items with the worst ranks of every ordered pair, worst first.
        notices: Plain sentences of the fits.
        seconds: How long fitting and measuring took.
    """

    method: str
    centred: bool
    folds: int
    seed: int
    items: int
    pairs: Mapping[Pair, PairScores]
    gap_before: Mapping[Pair, float]
    gap_after: Mapping[Pair, float]
    alignment: Mapping[Pair, float]
    uniformity: Mapping[Modality, float]
    hubness: Mapping[Pair, float]
    failures: tuple[Failure, ...]
    notices: tuple[str, ...]
    seconds: float

    def __post_init__(self) -> None:
        for pair, scores in self.pairs.items():
            found = list(scores.recall.values())
            if not all(0.0 <= share <= 1.0 for share in found) or any(low > high for low, high in pairwise(found)):
                raise ValueError(f"recall of {pair_name(pair)} must be within [0, 1] and grow with k")

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """The modalities between which something was measured, in the order of `Modality`."""
        return tuple(modality for modality in Modality if any(modality in pair for pair in self.pairs))

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads; pairs become "text_to_image"."""
        content = asdict(self)
        for name in ("pairs", "gap_before", "gap_after", "alignment", "hubness"):
            content[name] = {pair_name(pair): value for pair, value in getattr(self, name).items()}
        content["pairs"] = {name: _scores_json(scores) for name, scores in content["pairs"].items()}
        content["uniformity"] = {str(modality): value for modality, value in self.uniformity.items()}
        content["failures"] = [
            {**asdict(failure), "query": str(failure.query), "candidate": str(failure.candidate)}
            for failure in self.failures
        ]
        content["notices"] = list(self.notices)
        return content

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "AlignmentReport":
        """Read strictly what `as_json` wrote.

        Raises:
            WorkspaceError: It is something else.
        """
        try:
            return _read(_exactly(content, (field.name for field in fields(cls))))
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise WorkspaceError(
                f"a stored measurement of an alignment that cannot be read ({error})",
                expected="what mmdemo wrote is needed",
                remedy="measure the alignment again",
            ) from error


def pair_name(pair: Pair) -> str:
    """The pair as one word: "text_to_image"."""
    return f"{pair[0]}_to_{pair[1]}"


def pair_of(name: str) -> Pair:
    """The pair of a name that `pair_name` made.

    Raises:
        ValueError: It is none.
    """
    first, _, second = name.partition("_to_")
    return Modality(first), Modality(second)


def _read(content: Mapping[str, Any]) -> AlignmentReport:
    return AlignmentReport(
        method=_of(content["method"], str),
        centred=_of(content["centred"], bool),
        folds=_of(content["folds"], int),
        seed=_of(content["seed"], int),
        items=_of(content["items"], int),
        pairs=_by_pair(content["pairs"], _scores),
        gap_before=_by_pair(content["gap_before"], _number),
        gap_after=_by_pair(content["gap_after"], _number),
        alignment=_by_pair(content["alignment"], _number),
        uniformity={Modality(name): _number(value) for name, value in content["uniformity"].items()},
        hubness=_by_pair(content["hubness"], _number),
        failures=tuple(_failure(entry) for entry in _of(content["failures"], list)),
        notices=tuple(_of(notice, str) for notice in _of(content["notices"], list)),
        seconds=_number(content["seconds"]),
    )


def _scores_json(scores: PairScores) -> dict[str, Any]:
    content = asdict(scores)
    for name in ("recall", "intervals", "chance"):
        content[name] = {str(k): list(v) if isinstance(v, tuple) else v for k, v in content[name].items()}
    content["median_interval"] = list(scores.median_interval)
    return content


def _scores(content: Mapping[str, Any]) -> PairScores:
    _exactly(content, (field.name for field in fields(PairScores)))
    return PairScores(
        pairs=_of(content["pairs"], int),
        candidates=_of(content["candidates"], int),
        recall=_by_cutoff(content["recall"], _number),
        intervals=_by_cutoff(content["intervals"], _interval),
        chance=_by_cutoff(content["chance"], _number),
        median_rank=_number(content["median_rank"]),
        median_interval=_interval(content["median_interval"]),
    )


def _failure(content: Mapping[str, Any]) -> Failure:
    _exactly(content, (field.name for field in fields(Failure)))
    return Failure(
        item_id=_of(content["item_id"], str),
        query=Modality(content["query"]),
        candidate=Modality(content["candidate"]),
        rank=_number(content["rank"]),
        candidates=_of(content["candidates"], int),
    )


def _by_pair(content: Mapping[str, Any], read: Callable[[Any], _Value]) -> dict[Pair, _Value]:
    """In the order of `Modality`; a manifest's keys come in alphabetical order."""
    found = {pair_of(name): read(value) for name, value in content.items()}
    order = list(Modality)
    return dict(sorted(found.items(), key=lambda entry: [order.index(modality) for modality in entry[0]]))


def _by_cutoff(content: Mapping[str, Any], read: Callable[[Any], _Value]) -> dict[int, _Value]:
    return dict(sorted((int(k), read(value)) for k, value in content.items()))


def _interval(value: Any) -> Interval:
    low, high = _of(value, list)
    return _number(low), _number(high)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is no finite number")
    return float(value)


def _of(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _exactly(content: Mapping[str, Any], names: Iterable[str]) -> Mapping[str, Any]:
    wanted = set(names)
    if content.keys() != wanted:
        raise ValueError(f"fields {sorted(content.keys() ^ wanted)} are missing or unknown")
    return content
