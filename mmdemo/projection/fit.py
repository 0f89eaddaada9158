"""Making a map from vectors: neighbours, layout, quality, measures, clusters and their names."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mmdemo.projection.clusters import find_clusters, name_clusters
from mmdemo.projection.judge import judge, quality_neighbours
from mmdemo.projection.layout import FEWEST_FOR_UMAP, pca_layout, umap_layout
from mmdemo.projection.map import Map
from mmdemo.projection.measures import cross_modal_measures
from mmdemo.projection.neighbours import Report, true_neighbours
from mmdemo.projection.settings import MapSettings
from mmdemo.types import FloatArray

_PHASES = {"neighbours": 0.2, "layout": 0.5, "quality": 0.1, "measures": 0.1, "clusters": 0.1}
"""Share of the time that each phase takes, about; what is reported within a phase is exact."""
_SAME = 1e-6
"""Vectors that differ by no more than this in any direction are equal."""


@dataclass(frozen=True, slots=True, eq=False)
class FitInput:
    """What a map is made from.

    Args:
        settings: How.
        version_id: The workspace version that the vectors are of.
        vectors: (P, D) float32, unit length, P at least 1.
        item_rows: (P,) int32, ascending within a modality.
        modalities: (P,) uint8, positions in `MAP_MODALITIES`.
        of_total: Points before sampling.
        words: Different words of every item of the version.
    """

    settings: MapSettings
    version_id: str
    vectors: FloatArray
    item_rows: npt.NDArray[np.int32]
    modalities: npt.NDArray[np.uint8]
    of_total: int
    words: Sequence[Collection[str]]


def fit(given: FitInput, report: Report) -> Map:
    """Make a map; the same input gives the same map, but for `seconds`.

    Args:
        given: See there.
        report: Called with the share that is done, in [0, 1], never falling.
    """
    started = time.perf_counter()
    count, settings = len(given.vectors), given.settings
    wanted = max(quality_neighbours(count), min(settings.n_neighbors, count) - 1 if settings.method == "umap" else 0)
    true, cosines = true_neighbours(given.vectors, wanted, report=_phase("neighbours", report))
    positions, notices = lay_out(given.vectors, true, cosines, settings, report=_phase("layout", report))
    judged = judge(given.vectors, positions, true, seed=settings.seed, report=_phase("quality", report))
    measures = cross_modal_measures(given.vectors, given.item_rows, given.modalities, report=_phase("measures", report))
    _phase("clusters", report)(0.0, "finding and naming clusters")
    clusters = find_clusters(positions, seed=settings.seed)
    labels = name_clusters(clusters, given.item_rows, given.words)
    report(1.0, "the map is ready")
    return Map(
        settings,
        given.version_id,
        positions,
        given.item_rows,
        given.modalities,
        clusters,
        labels,
        judged.quality,
        judged.trust,
        measures,
        given.of_total,
        quality_k=judged.quality_k,
        quality_points=judged.quality_points,
        seconds=round(time.perf_counter() - started, 3),
        notices=notices,
    )


def lay_out(
    vectors: FloatArray,
    neighbours: npt.NDArray[np.int32],
    cosines: FloatArray,
    settings: MapSettings,
    *,
    report: Report,
) -> tuple[FloatArray, tuple[str, ...]]:
    """Positions (P, dimensions), and what must be said where they are not quite what was asked for.

    Args:
        vectors: (P, D) float32, unit length, P at least 1.
        neighbours: From `true_neighbours`, n_neighbors - 1 of each where there are so many.
        cosines: The same shape.
        settings: As asked for.
        report: Called as it goes on.
    """
    count = len(vectors)
    if np.ptp(vectors, axis=0).max() <= _SAME:
        where = "one point" if count == 1 else f"all {count:,} vectors are equal"
        notice = f"The map shows {where}, so there is nothing to tell apart."
        return np.zeros((count, settings.dimensions), np.float32), (notice,)
    if settings.method == "pca":
        report(0.5, "finding the directions of most variance")
        return pca_layout(vectors, settings.dimensions), ()
    if count < FEWEST_FOR_UMAP:
        notice = f"Drawn by PCA: UMAP needs at least {FEWEST_FOR_UMAP} points, and there are {count}."
        return pca_layout(vectors, settings.dimensions), (notice,)
    notices = ()
    if settings.n_neighbors >= count:
        settings = replace(settings, n_neighbors=count - 1)
        notices = (f"With {count} points, UMAP used {settings.n_neighbors} neighbours.",)
    return umap_layout(vectors, neighbours, cosines, settings, report=report), notices


def _phase(name: str, report: Report) -> Report:
    """Reports of one phase as shares of the whole."""
    before = 0.0
    for phase, share in _PHASES.items():
        if phase == name:
            break
        before += share

    def within(share: float, message: str) -> None:
        report(before + _PHASES[name] * min(1.0, max(0.0, share)), message)

    return within
