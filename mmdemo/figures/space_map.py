"""The map of the space: points, lines, names and queries in one WebGL figure."""

from __future__ import annotations

from mmdemo.figures.chart import Chart
from mmdemo.figures.density import density_lines
from mmdemo.figures.map_layout import annotate, layout_map, unit_note
from mmdemo.figures.map_legend import add_colour_key, add_legend, legend_room
from mmdemo.figures.map_links import link_traces
from mmdemo.figures.map_points import emphasis_traces, point_traces
from mmdemo.figures.map_queries import query_traces
from mmdemo.figures.map_view import MapView
from mmdemo.figures.map_words import map_alt
from mmdemo.figures.point_colours import point_colours
from mmdemo.figures.template import hang_legend, head


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
    add_legend(figure, view, linked=bool(links))
    add_colour_key(figure, view, colours)
    notes_line = " ".join(filter(None, notes))
    room = legend_room(figure)
    top = head(figure, view.title, dark=view.dark, subtitle=notes_line, below_px=room)
    layout_map(figure, view)
    hang_legend(figure, top - room)
    annotate(figure, view)
    return Chart(figure, map_alt(view), scroll_zoom=flat)
