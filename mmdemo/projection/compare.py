"""What sets one group of points apart from another: their words, tags, modalities, clusters and measures."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.errors import MapError
from mmdemo.projection.map import MAP_MODALITIES, NO_CLUSTER, Map
from mmdemo.projection.words import item_words
from mmdemo.types import Item

MOST_WORDS = 20
"""Words that are told for each group."""


@dataclass(frozen=True, slots=True)
class WordDifference:
    """A word that is more common in one group.

    Args:
        word: The word.
        log_odds: Difference of its log-odds, positive where it is more common in the first group.
        z: The same in standard errors; beyond ±1.96 chance alone is unlikely for one word looked at.
        first: Items of the first group with it.
        second: Items of the second group with it.
    """

    word: str
    log_odds: float
    z: float
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class ShareDifference:
    """How common something is in each group, as shares in [0, 1]."""

    name: str
    first: float
    second: float

    @property
    def difference(self) -> float:
        """First minus second."""
        return self.first - self.second


@dataclass(frozen=True, slots=True)
class MeasureDifference:
    """Means of a measure in each group, NaN where it has no values, and their difference in standard deviations."""

    name: str
    first: float
    second: float
    standardised: float


@dataclass(frozen=True, slots=True)
class GroupDifference:
    """What distinguishes two groups of points.

    Args:
        first_points: Size of the first group.
        second_points: Size of the second.
        first_items: Different items in the first.
        second_items: Different items in the second.
        common_items: Items that are in both.
        words: Those of the first group by falling z, then those of the second by rising z; at most 20 of each.
        tags: Share of each group's items, largest difference first.
        modalities: Share of each group's points, in the order text, image, audio.
        clusters: Share of each group's points, largest difference first; points in no cluster count in none.
        measures: "trust" and the map's own, in the map's order.
    """

    first_points: int
    second_points: int
    first_items: int
    second_items: int
    common_items: int
    words: tuple[WordDifference, ...]
    tags: tuple[ShareDifference, ...]
    modalities: tuple[ShareDifference, ...]
    clusters: tuple[ShareDifference, ...]
    measures: tuple[MeasureDifference, ...]


def compare_groups(items: Sequence[Item], fitted: Map, first: npt.ArrayLike, second: npt.ArrayLike) -> GroupDifference:
    """What distinguishes two groups of points of a map.

    Args:
        items: Of the map's version, in order.
        fitted: The map.
        first: Points of the first group; repeated ones count once.
        second: Points of the second group.

    Raises:
        MapError: A group is empty, or holds a point that is not on the map.
    """
    a, b = _checked(fitted, first, "first"), _checked(fitted, second, "second")
    rows_a, rows_b = np.unique(fitted.item_rows[a]), np.unique(fitted.item_rows[b])
    return GroupDifference(
        len(a),
        len(b),
        len(rows_a),
        len(rows_b),
        len(np.intersect1d(rows_a, rows_b)),
        _words(items, np.unique(fitted.item_rows), rows_a, rows_b),
        _by_difference(_tag_shares(items, rows_a), _tag_shares(items, rows_b)),
        _modality_shares(fitted, a, b),
        _by_difference(_cluster_shares(fitted, a), _cluster_shares(fitted, b)),
        tuple(
            _measure(name, values[a], values[b]) for name, values in {"trust": fitted.trust, **fitted.measures}.items()
        ),
    )


def log_odds(first: Counter[str], second: Counter[str], background: Counter[str]) -> list[WordDifference]:
    """Every word of the two groups, by falling z.

    Log-odds ratios under a Dirichlet prior that expects the background's words, and their z scores (Monroe, Colaresi
    and Quinn 2008, "Fightin' Words", eq. 16, 19 and 22). Here the prior weighs as much as both groups together.

    Args:
        first: Word to count.
        second: Word to count.
        background: Word to count, among more than the two groups; holds every word of them.
    """
    words_a, words_b, words_all = first.total(), second.total(), background.total()
    weight = words_a + words_b
    found = []
    for word in {**first, **second}:
        prior = weight * background[word] / words_all
        a, b = first[word] + prior, second[word] + prior
        ratio = math.log(a / max(words_a + weight - a, 1e-12)) - math.log(b / max(words_b + weight - b, 1e-12))
        found.append(WordDifference(word, ratio, ratio / math.sqrt(1 / a + 1 / b), first[word], second[word]))
    return sorted(found, key=lambda entry: (-entry.z, entry.word))


def _checked(fitted: Map, points: npt.ArrayLike, which: str) -> npt.NDArray[np.intp]:
    found = np.unique(np.asarray(points, np.intp))
    if not len(found) or found[0] < 0 or found[-1] >= len(fitted):
        raise MapError(
            f"a {which} group of {len(found)} points" + (f" from {found[0]} to {found[-1]}" if len(found) else ""),
            expected=f"at least one of the map's points 0 to {len(fitted) - 1} is needed",
            remedy="select points on the map",
        )
    return found


def _words(items: Sequence[Item], on_map: Iterable[int], *groups: Iterable[int]) -> tuple[WordDifference, ...]:
    words = {row: item_words(items[row]) for row in on_map}
    background = Counter(word for found in words.values() for word in found)
    first, second = (Counter(word for row in rows for word in words[row]) for rows in groups)
    ranked = log_odds(first, second, background)
    of_first = [entry for entry in ranked if entry.z > 0][:MOST_WORDS]
    of_second = [entry for entry in reversed(ranked) if entry.z < 0][:MOST_WORDS]
    return (*of_first, *of_second)


def _tag_shares(items: Sequence[Item], rows: npt.NDArray[np.int32]) -> dict[str, float]:
    counts = Counter(tag for row in rows for tag in set(items[row].tags))
    return {tag: count / len(rows) for tag, count in counts.items()}


def _modality_shares(fitted: Map, *groups: npt.NDArray[np.intp]) -> tuple[ShareDifference, ...]:
    first, second = (np.bincount(fitted.modalities[g], minlength=len(MAP_MODALITIES)) / len(g) for g in groups)
    return tuple(
        ShareDifference(str(modality), float(first[code]), float(second[code]))
        for code, modality in enumerate(MAP_MODALITIES)
        if len(fitted.of_modality(modality))
    )


def _cluster_shares(fitted: Map, points: npt.NDArray[np.intp]) -> dict[str, float]:
    counts = Counter(fitted.clusters[points].tolist())
    return {fitted.cluster_labels[c]: count / len(points) for c, count in counts.items() if c != NO_CLUSTER}


def _by_difference(first: dict[str, float], second: dict[str, float]) -> tuple[ShareDifference, ...]:
    found = [ShareDifference(name, first.get(name, 0.0), second.get(name, 0.0)) for name in {**first, **second}]
    return tuple(sorted(found, key=lambda entry: (-abs(entry.difference), entry.name)))


def _measure(name: str, first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> MeasureDifference:
    a, b = (values[np.isfinite(values)].astype(np.float64) for values in (first, second))
    mean_a, mean_b = (float(values.mean()) if len(values) else math.nan for values in (a, b))
    if not len(a) or not len(b):
        return MeasureDifference(name, mean_a, mean_b, math.nan)
    spread = math.sqrt((a.var() * len(a) + b.var() * len(b)) / (len(a) + len(b)))
    return MeasureDifference(name, mean_a, mean_b, (mean_a - mean_b) / spread if spread > 0 else 0.0)
