"""What to draw of a map, and how: the input of every figure of the space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mmdemo.errors import QueryError
from mmdemo.projection import MAP_MODALITIES, Map, Placed
from mmdemo.types import FloatArray, Modality

Kind = Literal["modality", "category", "number"]
Drag = Literal["pan", "lasso", "select"]


def no_points() -> NDArray[np.int32]:
    """An empty choice of points."""
    return np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class ColourBy:
    """What the colours of the points mean.

    Args:
        title: What the values are, with their unit, in plain words; heads the legend or the colour bar.
        kind: "modality" (there are no values), "category" or "number".
        values: (P,) category codes (integers that index `names`; -1: none) or numbers (NaN: none).
        names: Names of the categories in the order of their codes.

    Raises:
        QueryError: Values and names do not fit the kind.
    """

    title: str = "Kind"
    kind: Kind = "modality"
    values: NDArray | None = None
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _require(self.kind in ("modality", "category", "number"), f"colours by {self.kind!r}", "a known kind")
        if self.kind == "modality":
            _require(self.values is None, "values for colours by modality", "none")
            return
        values = self.values
        _require(values is not None and values.ndim == 1, f"no values for colours by {self.title!r}", "one a point")
        if values is None or not len(values):
            return
        if self.kind == "number":
            _require(np.issubdtype(values.dtype, np.number), f"{values.dtype} values of {self.title!r}", "numbers")
            return
        _require(np.issubdtype(values.dtype, np.integer), f"{values.dtype} codes of {self.title!r}", "integers")
        lowest, highest = int(values.min()), int(values.max())
        _require(
            lowest >= -1 and highest < len(self.names),
            f"codes {lowest} to {highest} of {self.title!r}",
            f"-1 or a position among the {len(self.names)} names",
        )


@dataclass(frozen=True, slots=True, eq=False)
class MapView:
    """A map and the choices of its reader.

    Args:
        map: The map; P points.
        dark: Whether the page is dark.
        title: The finding or the question, one short line.
        colour: What colours mean.
        hover: (P,) words shown under the pointer, plain text with line ends; drawn for up to 20,000 points. None: none.
        links: Whether lines join the points of one item: of every item, or of highlighted and selected ones only
            where there are any.
        labels: Whether clusters are named.
        density: Whether lines of equal density lie under the points.
        highlighted: Point indices of search hits.
        selected: Point indices selected on a linked map.
        placed: Queries placed on the map.
        shown: The modalities to draw.
        drag: What dragging does at first; the other two are buttons of the figure.
        width_px: About how wide the figure will be; decides how many labels fit.

    Raises:
        QueryError: Something does not fit the map's points.
    """

    map: Map
    dark: bool = False
    title: str = "What lies near what?"
    colour: ColourBy = field(default_factory=ColourBy)
    hover: Sequence[str] | None = None
    links: bool = False
    labels: bool = True
    density: bool = False
    highlighted: NDArray[np.integer] = field(default_factory=no_points)
    selected: NDArray[np.integer] = field(default_factory=no_points)
    placed: Placed | None = None
    shown: frozenset[Modality] = frozenset(MAP_MODALITIES)
    drag: Drag = "lasso"
    width_px: int = 720

    def __post_init__(self) -> None:
        count = len(self.map)
        for name in ("highlighted", "selected"):
            check_points(getattr(self, name), count, what=name)
        values = self.colour.values
        _require(values is None or len(values) == count, "colours of another map", f"{count} values")
        _require(self.hover is None or len(self.hover) == count, "hover words of another map", f"{count} lines")
        _require(bool(self.shown), "no modality to show", "at least one modality")
        _require(self.drag in ("pan", "lasso", "select"), f"drag is {self.drag!r}", "pan, lasso or select")
        _require(self.width_px >= 200, f"a width of {self.width_px} px", "at least 200 px")
        if self.placed is not None:
            places, dimensions = self.placed.positions.shape
            fits = not places or dimensions == self.map.settings.dimensions
            _require(fits, f"queries placed in {dimensions}-D", f"{self.map.settings.dimensions}-D")
            check_points(self.placed.neighbours.ravel(), count, what="neighbours")

    def points(self) -> NDArray[np.intp]:
        """Point indices of the shown modalities, ascending."""
        codes = [code for code, modality in enumerate(MAP_MODALITIES) if modality in self.shown]
        return np.flatnonzero(np.isin(self.map.modalities, codes))

    def positions(self) -> FloatArray:
        """(P, 2 or 3) where points are drawn; a flat map that is taller than wide is flipped along its diagonal."""
        return self._lying(self.map.positions)

    def places(self) -> FloatArray:
        """(Q, 2 or 3) where the placed queries are drawn."""
        return (
            np.zeros((0, self.map.settings.dimensions), np.float32)
            if self.placed is None
            else self._lying(self.placed.positions)
        )

    def _lying(self, positions: FloatArray) -> FloatArray:
        if self.map.settings.dimensions != 2 or not len(self.map):
            return positions
        across, up = np.ptp(self.map.positions, axis=0)
        return positions[:, ::-1] if up > across else positions

    def emphasised(self) -> NDArray[np.intp]:
        """Highlighted or selected points, ascending."""
        return np.union1d(self.highlighted, self.selected).astype(np.intp)


def check_points(indices: NDArray, count: int, *, what: str) -> None:
    """Check that `indices` name points of a map of `count` points.

    Raises:
        QueryError: They do not.
    """
    _require(indices.ndim == 1, f"{what} of shape {indices.shape}", "a list of points")
    if len(indices):
        _require(np.issubdtype(indices.dtype, np.integer), f"{what} of type {indices.dtype}", "integers")
        lowest, highest = int(indices.min()), int(indices.max())
        _require(lowest >= 0 and highest < count, f"{what} from {lowest} to {highest}", f"points 0 to {count - 1}")


def _require(holds: bool, given: str, expected: str) -> None:
    if not holds:
        raise QueryError(f"a figure with {given}", expected=f"{expected} is needed", remedy="draw it from one map")
