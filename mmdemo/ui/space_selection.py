"""Which points of a map are selected, kept so that it holds on another map too. No streamlit here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.projection import MAP_MODALITIES, Map
from mmdemo.types import Item

Points = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Selected points, each told by its item and modality, so that they are found on other maps.

    Args:
        version_id: The version they were selected in.
        codes: (S,) int64, ascending, item row times the number of modalities plus the modality's code.
        item_ids: The items they belong to.
    """

    version_id: str
    codes: npt.NDArray[np.int64]
    item_ids: frozenset[str]

    def __len__(self) -> int:
        return len(self.codes)

    def points(self, on: Map, items: Sequence[Item]) -> Points:
        """The selected points on another map of the same version; on one of another version all of those items.

        Args:
            on: The map.
            items: The items of its version, by row.
        """
        if on.version_id != self.version_id:
            return self.linked(on, items)
        return np.flatnonzero(np.isin(_codes(on), self.codes))

    def linked(self, on: Map, items: Sequence[Item]) -> Points:
        """Every point of the selected items, whichever modality was selected, on any map."""
        return points_of_items(self.item_ids, items, on)


def select(on: Map, points: npt.NDArray[np.integer], items: Sequence[Item]) -> Selection:
    """The selection of some points of a map; `items` are those of its version, by row."""
    rows = np.unique(on.item_rows[points])
    return Selection(on.version_id, np.unique(_codes(on)[points]), frozenset(items[row].item_id for row in rows))


def points_of_items(ids: Iterable[str], items: Sequence[Item], on: Map) -> Points:
    """All points of the items with some ids; an id that is not among `items`, or not on the map, has none."""
    wanted = frozenset(ids)
    return on.points_of([row for row, item in enumerate(items) if item.item_id in wanted])


def item_rows(on: Map, points: npt.NDArray[np.integer]) -> Points:
    """Rows of the items that some points belong to, each once, in the order of the points."""
    return np.array(list(dict.fromkeys(on.item_rows[points].tolist())), np.intp)


def from_the_middle(on: Map, points: npt.NDArray[np.integer]) -> Points:
    """The points in order of their distance to the middle of them all, nearest first."""
    if not len(points):
        return np.zeros(0, np.intp)
    places = on.positions[points]
    order = np.argsort(np.linalg.norm(places - np.median(places, axis=0), axis=1), kind="stable")
    return np.asarray(points, np.intp)[order]


def within(on: Map, points: npt.NDArray[np.integer]) -> Points:
    """Those of the points that the map has: what a browser sends may be of an older map."""
    return np.asarray(points[(points >= 0) & (points < len(on))], np.intp)


def _codes(on: Map) -> npt.NDArray[np.int64]:
    return on.item_rows.astype(np.int64) * len(MAP_MODALITIES) + on.modalities
