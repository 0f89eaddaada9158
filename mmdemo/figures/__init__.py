"""Results to Plotly figures: pure functions, each returning a `Chart` (a figure and the words that say its finding).

Plotly is imported when a figure is drawn, not when this package is.
"""

from mmdemo.figures.chart import Chart
from mmdemo.figures.closeup import closeup
from mmdemo.figures.density import density_map
from mmdemo.figures.gaps import gap_bars, hubness_bars
from mmdemo.figures.map_view import ColourBy, MapView
from mmdemo.figures.recall import method_comparison, recall_matrix
from mmdemo.figures.space_map import space_map

__all__ = [
    "Chart",
    "ColourBy",
    "MapView",
    "closeup",
    "density_map",
    "gap_bars",
    "hubness_bars",
    "method_comparison",
    "recall_matrix",
    "space_map",
]
