"""Which vectors a map shows: one point for each modality of each item, in a fixed order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.errors import MapError, SpaceMismatchError
from mmdemo.index import Table
from mmdemo.projection.map import MAP_MODALITIES
from mmdemo.projection.settings import MapSettings
from mmdemo.types import FloatArray, Modality

MOST_POINTS = 100_000
"""Above this a map shows a sample of the items, with all points of each."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """The points of one modality.

    Args:
        modality: Which.
        vectors: (N_m, D_m) float32, the whole table, unit length.
        chosen: (P_m,) rows of `vectors` that are on the map, ascending; None where all are.
        item_rows: (P_m,) int32, the item of each point.
    """

    modality: Modality
    vectors: FloatArray
    chosen: npt.NDArray[np.intp] | None
    item_rows: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.item_rows)

    def points(self) -> FloatArray:
        """Vectors (P_m, D_m) of the points."""
        return self.vectors if self.chosen is None else self.vectors[self.chosen]

    def similarities(self, vector: FloatArray) -> FloatArray:
        """Cosines (P_m,) of the points with a unit vector (D_m,).

        Raises:
            SpaceMismatchError: The vector is of another width.
        """
        if vector.shape != self.vectors.shape[1:]:
            raise SpaceMismatchError(
                f"a vector of shape {vector.shape}",
                expected=f"shape {self.vectors.shape[1:]} of this map's {self.modality} points is needed",
                remedy="encode the query with the encoders of this workspace",
            )
        found = self.vectors @ vector
        return found if self.chosen is None else found[self.chosen]


@dataclass(frozen=True, slots=True, eq=False)
class MapPoints:
    """All points of a map, P in number, in the order of `MAP_MODALITIES` and within it by item.

    Args:
        layers: One a modality that has points.
        of_total: Points before sampling.
    """

    layers: tuple[Layer, ...]
    of_total: int

    def __len__(self) -> int:
        return sum(map(len, self.layers))

    @property
    def item_rows(self) -> npt.NDArray[np.int32]:
        """(P,) the item of each point."""
        return np.concatenate([layer.item_rows for layer in self.layers])

    @property
    def modalities(self) -> npt.NDArray[np.uint8]:
        """(P,) positions in `MAP_MODALITIES`."""
        return np.concatenate(
            [np.full(len(part), MAP_MODALITIES.index(part.modality), np.uint8) for part in self.layers]
        )

    def vectors(self) -> FloatArray:
        """(P, D) one row a point; narrower modalities are padded with zeros to the widest."""
        width = max(layer.vectors.shape[1] for layer in self.layers)
        found = np.zeros((len(self), width), np.float32)
        start = 0
        for layer in self.layers:
            found[start : start + len(layer), : layer.vectors.shape[1]] = layer.points()
            start += len(layer)
        return found


def select_points(
    tables: Mapping[str, Table], items: int, settings: MapSettings, *, most: int = MOST_POINTS
) -> MapPoints:
    """The points of a map.

    Above `most` points a seeded sample of the items is taken, so that the links within an item stay whole.

    Args:
        tables: Of the version, by name ("shared.text", "native.image").
        items: Number of items.
        settings: Which space, and the seed of the sample.
        most: How many points at most.

    Raises:
        MapError: The version holds no such vectors.
    """
    found = [(m, table) for m in MAP_MODALITIES if (table := _table(tables, m, settings.space)) and len(table.vectors)]
    if not found:
        raise MapError(
            f"a workspace version without vectors in the {settings.space} space",
            expected="at least one text, picture or sound is needed",
            remedy="import items and index the workspace with `mmdemo index`",
        )
    rows = [_item_rows(table) for _, table in found]
    total = sum(map(len, rows))
    kept = None if total <= most else _sampled_items(rows, items, most, seed=settings.seed)
    layers = []
    for (modality, table), own in zip(found, rows, strict=True):
        chosen = None if kept is None else np.flatnonzero(kept[own])
        layers.append(Layer(modality, table.vectors, chosen, own if chosen is None else own[chosen]))
    return MapPoints(tuple(layer for layer in layers if len(layer)), total)


def _table(tables: Mapping[str, Table], modality: Modality, space: str) -> Table | None:
    """A modality's vectors; texts that have no table of their own are their own where the space is made for texts."""
    if space == "shared":
        return tables.get(f"shared.{modality}")
    native = tables.get(f"native.{modality}")
    return tables.get("shared.text") if native is None and modality is Modality.TEXT else native


def _item_rows(table: Table) -> npt.NDArray[np.int32]:
    rows = np.arange(len(table.vectors)) if table.rows is None else table.rows
    return rows.astype(np.int32)


def _sampled_items(rows: Sequence[npt.NDArray[np.int32]], items: int, most: int, *, seed: int) -> npt.NDArray[np.bool_]:
    """Mask (N,) of items taken in a random order until the next would bring more than `most` points."""
    points = np.zeros(items, np.int64)
    for own in rows:
        points[own] += 1
    order = np.random.default_rng(seed).permutation(items)
    kept = np.zeros(items, np.bool_)
    kept[order[np.cumsum(points[order]) <= most]] = True
    return kept
