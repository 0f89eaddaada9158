"""Groups of points that lie together on a map, and what to call them."""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mmdemo.projection.map import NO_CLUSTER
from mmdemo.projection.words import is_variant
from mmdemo.types import FloatArray

SMALLEST_CLUSTER = 5
MOST_CLUSTERED = 20_000
"""On a larger map the groups are found on a seeded sample, and every other point joins its nearest sampled one."""
MOST_LABEL_WORDS = 3
_LEAST_SHARE = 0.1
"""A word names a cluster only where this share of its items has it."""


def find_clusters(positions: FloatArray, *, seed: int, most: int = MOST_CLUSTERED) -> npt.NDArray[np.int16]:
    """Groups (P,) by HDBSCAN (Campello et al. 2013) on the map's positions, largest first; -1 for none.

    Args:
        positions: (P, 2 or 3).
        seed: For the sample on a large map.
        most: Size of the sample.
    """
    from scipy.spatial import KDTree
    from sklearn.cluster import HDBSCAN

    count = len(positions)
    smallest = smallest_cluster(min(count, most))
    if count < 2 * smallest or np.ptp(positions, axis=0).max() <= 0:
        return np.full(count, NO_CLUSTER, np.int16)
    sample = np.arange(count)
    if count > most:
        sample = np.sort(np.random.default_rng(seed).permutation(count)[:most])
    copy: Any = True  # its type says otherwise
    clusterer = HDBSCAN(min_cluster_size=smallest, min_samples=SMALLEST_CLUSTER, copy=copy)
    found = clusterer.fit_predict(positions[sample].astype(np.float64))
    found = found if len(sample) == count else found[KDTree(positions[sample]).query(positions)[1]]
    return _largest_first(found)


def smallest_cluster(points: int) -> int:
    """Fewest points that count as a group: half the square root, so that a map has some dozens at most."""
    return max(SMALLEST_CLUSTER, round(math.sqrt(points) / 2))


def _largest_first(found: npt.NDArray[np.integer]) -> npt.NDArray[np.int16]:
    """The same groups, numbered by size and, where that is equal, by first member."""
    groups, first, sizes = np.unique(found, return_index=True, return_counts=True)
    order = sorted(
        (-int(size), int(start), int(g)) for g, start, size in zip(groups, first, sizes, strict=True) if g >= 0
    )
    number = {group: position for position, (_, _, group) in enumerate(order)}
    return np.array([number.get(int(group), NO_CLUSTER) for group in found], np.int16)


def name_clusters(
    clusters: npt.NDArray[np.int16], item_rows: npt.NDArray[np.int32], words: Sequence[Collection[str]]
) -> tuple[str, ...]:
    """A name of at most three words for each cluster, all different.

    Words are weighed by class-based TF-IDF, `tf(t, c) log(1 + A / tf(t))` (Grootendorst 2022, eq. 3), where `tf(t, c)`
    counts the items of cluster c with word t and A is the mean number of such counts of a cluster. Ties go by alphabet.

    Args:
        clusters: (P,) from `find_clusters`.
        item_rows: (P,) item of each point.
        words: Different words of every item of the version.
    """
    count = int(clusters.max(initial=NO_CLUSTER)) + 1
    members = [np.unique(item_rows[clusters == cluster]) for cluster in range(count)]
    counts = [Counter(word for row in rows for word in words[row]) for rows in members]
    total = Counter[str]()
    for found in counts:
        total.update(found)
    mean = sum(total.values()) / max(1, count)
    names: list[str] = []
    for found, rows in zip(counts, members, strict=True):
        least = max(2, math.ceil(_LEAST_SHARE * len(rows)))
        weights = {word: n * math.log(1 + mean / total[word]) for word, n in found.items() if n >= least}
        names.append(_name(sorted(weights, key=lambda word: (-weights[word], word)), names))
    return tuple(names)


def _name(ranked: Sequence[str], taken: Collection[str]) -> str:
    """The best words that are no variants of each other, and that no name in `taken` is made of in any order."""
    used = {frozenset(name.split(", ")) for name in taken}
    chosen: list[str] = []
    for word in ranked:
        if is_variant(word, chosen):
            continue
        if len(chosen) < MOST_LABEL_WORDS:
            chosen.append(word)
        elif frozenset(chosen) in used:
            chosen[-1] = word
        else:
            break
    name, number = ", ".join(chosen) or "unnamed", 1
    while frozenset(name.split(", ")) in used:
        number += 1
        name = f"{', '.join(chosen) or 'unnamed'} {number}"
    return name
