"""The map of the space: points, lines, names and queries in one WebGL figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmdemo.figures.chart import Chart
from mmdemo.figures.density import density_lines
from mmdemo.figures.map_layout import annotate, layout_map, unit_note
from mmdemo.figures.map_links import link_traces
from mmdemo.figures.map_points import emphasis_traces, ghost, point_traces
from mmdemo.figures.map_queries import query_traces
from mmdemo.figures.map_view import MapView
from mmdemo.figures.map_words import map_alt
from mmdemo.figures.point_colours import PointColours, point_colours
from mmdemo.figures.template import GRID_PX, head

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_LEGEND_PX = 4 * GRID_PX


def space_map(view: MapView) -> Chart:
    """Draw a map in 2-D or 3-D; the point indices of every trace are in its `customdata`.

    Args:
        view: The map and the choices of its reader.
    """
    from plotly.graph_objects import Figure

    colours = point_colours(view.colour, dark=view.dark)
    links, links_note = link_traces(view) if view.links else ([], "")
    flat = view.map.settings.dimensions == 2
    figure = Figure()
    figure.add_traces(
        [
            *(density_lines(view) if view.density and flat else []),
            *links,
            *point_traces(view, colours),
            *emphasis_traces(view, colours),
            *query_traces(view),
        ]
    )
    notes = [unit_note(view), colours.note if colours is not None else "", links_note]
    head(figure, view.title, dark=view.dark, subtitle=" ".join(filter(None, notes)), below_px=_LEGEND_PX)
    layout_map(figure, view)
    _legend(figure, view, colours)
    annotate(figure, view)
    return Chart(figure, map_alt(view), scroll_zoom=flat)


def _legend(figure: Figure, view: MapView, colours: PointColours | None) -> None:
    if colours is None:
        return
    if colours.entries:
        figure.add_traces(
            [ghost(f"{entry.name} ({entry.count:,})", entry.colour, "legend2") for entry in colours.entries]
        )
        figure.update_layout(
            legend2={
                "y": 0,
                "yanchor": "top",
                "title": {"text": view.colour.title + " ", "side": "left"},
                "itemclick": False,
                "itemdoubleclick": False,
            }
        )
        return
    figure.update_layout(
        coloraxis={
            "colorscale": colours.scale,
            "cmin": colours.low,
            "cmax": colours.high,
            "colorbar": {
                "title": {"text": view.colour.title, "side": "top", "font": {"size": 13}},
                "orientation": "h",
                "thickness": GRID_PX,
                "len": 0.6,
                "x": 0,
                "xanchor": "left",
                "y": 0,
                "yanchor": "top",
                "outlinewidth": 0,
                "tickfont": {"size": 13},
            },
        }
    )
