"""Putting a new vector on a finished map, without refitting and without regard to what else is placed.

The position is searched for, not predicted: candidates are the places of the vector's true nearest neighbours and the
means of those that lie together on the map, and the one whose neighbours on the map agree best with the true ones is
taken. `python benchmarks/map.py` measures this on held-out items against `umap.transform`, against the mean of the
neighbours' places weighted by similarity (where UMAP itself starts), and against a small network fitted to the map; on
the default catalogue these keep 0.51, 0.46, 0.42 and 0.20 of the 15 true nearest neighbours.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.metrics.map_quality import neighbour_overlap
from mmdemo.projection.map import MAP_MODALITIES, Map
from mmdemo.projection.neighbours import largest, without_self
from mmdemo.projection.points import MapPoints
from mmdemo.types import FloatArray, Modality

if TYPE_CHECKING:
    from scipy.spatial import KDTree

SEARCH_NEIGHBOURS = 15
_SEARCH_SIZES = (5, 10, 15)
"""A candidate is judged by how many of so many true neighbours it has among as many on the map."""
_GROUP_SIZES = (1, 2, 3, 5, 8, 15)
"""How many neighbours that lie together on the map make a candidate."""


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """Where one vector lies on a map.

    Args:
        position: (2 or 3,) float32.
        neighbours: (k,) int32 points, the true nearest, nearest first.
        similarities: (k,) float32 their cosines.
        trust: Share of the k true neighbours that are among the k nearest points on the map.
    """

    position: FloatArray
    neighbours: npt.NDArray[np.int32]
    similarities: FloatArray
    trust: float


class Placer:
    """Places vectors on one map; safe to use from several threads.

    Args:
        fitted: The map.
        points: Its points.

    Attributes:
        map: The map.
    """

    def __init__(self, fitted: Map, points: MapPoints) -> None:
        from scipy.spatial import KDTree

        self.map = fitted
        self._points = points
        starts = np.cumsum([0, *map(len, points.layers)])
        self._starts = {layer.modality: int(start) for layer, start in zip(points.layers, starts, strict=False)}
        self._tree = KDTree(fitted.positions)
        self._trees = {m: KDTree(fitted.positions[fitted.of_modality(m)]) for m in self._starts}

    def place(self, vector: FloatArray, k: int, *, among: Modality | None = None) -> Spot:
        """Find the place of a new vector.

        Args:
            vector: (D,) float32 of unit length, in the space of the map.
            k: How many true neighbours to tell, at least 1.
            among: Compare with the points of this modality only: where the space ties no others to it.

        Raises:
            SpaceMismatchError: The vector is of another width.
        """
        cosines = self._cosines(vector, among)
        offset = 0 if among is None else self._starts[among]
        order, found = largest(cosines[None], min(len(cosines), max(k, SEARCH_NEIGHBOURS)))
        true, similarities = order[0] + offset, found[0]
        tree = self._tree if among is None else self._trees[among]
        position = self._search(true[:SEARCH_NEIGHBOURS] - offset, tree)
        on_map = _nearest(tree, position[None], min(k, len(cosines)))[0] + offset
        return _spot(position, true[:k], similarities[:k], on_map)

    def own(self, point: int, k: int, *, among: Modality | None = None) -> Spot:
        """The place of a point that is on the map already; its neighbours are other points.

        Args:
            point: Its index.
            k: How many true neighbours to tell, at least 1.
            among: As for `place`.
        """
        cosines = self._cosines(self._vector(point), among).copy()
        offset = 0 if among is None else self._starts[among]
        cosines[point - offset] = -np.inf
        k = min(k, len(cosines) - 1)
        order, found = largest(cosines[None], k)
        tree = self._tree if among is None else self._trees[among]
        near = _nearest(tree, self.map.positions[point][None], k + 1)
        on_map = without_self(near, np.array([point - offset]))[0] + offset
        return _spot(self.map.positions[point], order[0] + offset, found[0], on_map)

    def point_of(self, item_row: int, modality: Modality) -> int | None:
        """The point of an item's modality, None where the map does not show it."""
        for layer in self._points.layers:
            if layer.modality is modality:
                at = int(np.searchsorted(layer.item_rows, item_row))
                if at < len(layer) and layer.item_rows[at] == item_row:
                    return self._starts[modality] + at
        return None

    def holds(self, modality: Modality) -> bool:
        """Whether the map has points of a modality."""
        return modality in self._starts

    def most_neighbours(self, among: Modality | None, point: int | None) -> int:
        """How many neighbours there are at most, for a new vector or else for a point of the map."""
        there = len(self.map) if among is None else len(self.map.of_modality(among))
        return there if point is None else there - 1

    def _vector(self, point: int) -> FloatArray:
        layer = next(p for p in self._points.layers if p.modality is MAP_MODALITIES[self.map.modalities[point]])
        row = point - self._starts[layer.modality]
        return layer.vectors[row if layer.chosen is None else layer.chosen[row]]

    def _cosines(self, vector: FloatArray, among: Modality | None) -> FloatArray:
        layers = [layer for layer in self._points.layers if among is None or layer.modality is among]
        found = [layer.similarities(vector) for layer in layers]
        return found[0] if len(found) == 1 else np.concatenate(found)

    def _search(self, true: npt.NDArray[np.integer], tree: "KDTree") -> FloatArray:
        """The candidate with most of the true neighbours around it; among equals the first."""
        candidates = _candidates(tree.data[true])
        near = _nearest(tree, candidates, len(true))
        agreement = np.zeros(len(candidates), np.float32)
        for size in {min(size, len(true)) for size in _SEARCH_SIZES}:
            agreement += neighbour_overlap(np.tile(true[:size], (len(candidates), 1)), near[:, :size])
        return candidates[agreement.argmax()].astype(np.float32)


def _candidates(places: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Means (C, 2 or 3) of each neighbour's place and those nearest to it, in groups of several sizes."""
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    order = np.argsort(distances, axis=1, kind="stable")
    sizes = [size for size in _GROUP_SIZES if size <= len(places)]
    return np.concatenate([places[order[:, :size]].mean(axis=1) for size in sizes])


def _nearest(tree: "KDTree", positions: npt.NDArray[np.floating], k: int) -> npt.NDArray[np.integer]:
    """The k nearest points (B, k)."""
    return tree.query(positions, k=k)[1].reshape(len(positions), k)


def _spot(
    position: FloatArray,
    true: npt.NDArray[np.integer],
    similarities: FloatArray,
    on_map: npt.NDArray[np.integer],
) -> Spot:
    trust = float(neighbour_overlap(true[None], on_map[None])[0]) if len(true) else 1.0
    return Spot(position, true.astype(np.int32), similarities, trust)
