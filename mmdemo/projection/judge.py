"""How far a finished layout can be believed, as a whole and point by point."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.metrics.map_quality import neighbour_overlap, ranks_among, trustworthiness
from mmdemo.projection.neighbours import Report, map_neighbours, row_blocks
from mmdemo.types import FloatArray

QUALITY_NEIGHBOURS = 15
QUALITY_POINTS = 5000
"""Trustworthiness and continuity ask at most so many points, against all of them; the rest is measured on all."""


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """See the fields of the same names in `mmdemo.projection.map.Map`."""

    quality: Mapping[str, float]
    trust: FloatArray
    quality_k: int
    quality_points: int


def quality_neighbours(points: int) -> int:
    """How many neighbours can be judged: 15, or what keeps trustworthiness defined (k < P / 2); 0 below four points."""
    return 0 if points < 4 else min(QUALITY_NEIGHBOURS, (points - 1) // 2)


def judge(
    vectors: FloatArray,
    positions: FloatArray,
    true: npt.NDArray[np.int32],
    *,
    seed: int,
    report: Report,
    most: int = QUALITY_POINTS,
) -> Judgement:
    """Measure a layout against the vectors it shows.

    Args:
        vectors: (P, D) float32, unit length.
        positions: (P, 2 or 3) float32.
        true: (P, at least `quality_neighbours(P)`) from `true_neighbours`.
        seed: For the sample on a large map.
        report: Called after every block.
        most: Size of the sample.
    """
    count = len(vectors)
    k = quality_neighbours(count)
    if not k:
        return Judgement({}, np.ones(count, np.float32), k, 0)
    true, found = true[:, :k], map_neighbours(positions, k)
    trust = neighbour_overlap(true, found)
    asked = np.arange(count)
    if count > most:
        asked = np.sort(np.random.default_rng(seed).permutation(count)[:most])
    in_truth, on_map = np.empty((len(asked), k), np.float32), np.empty((len(asked), k), np.float32)
    for block in row_blocks(len(asked), count):
        own = asked[block]
        in_truth[block] = ranks_among(vectors[own] @ vectors.T, own, found[own])
        on_map[block] = ranks_among(-_squared_distances(positions[own], positions), own, true[own])
        report(block.stop / len(asked), "measuring how well the map keeps neighbours")
    quality = {
        "trustworthiness": trustworthiness(in_truth, count),
        "continuity": trustworthiness(on_map, count),
        "knn_preservation": float(trust.mean()),
    }
    return Judgement(quality, trust, k, len(asked))


def _squared_distances(some: FloatArray, all_points: FloatArray) -> FloatArray:
    """(B, P), axis by axis: exactly 0 between equal positions."""
    total = np.zeros((len(some), len(all_points)), np.float32)
    for axis in range(some.shape[1]):
        total += (some[:, axis, None] - all_points[None, :, axis]) ** 2
    return total
