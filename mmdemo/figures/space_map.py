"""The map of the space: points, lines, names and queries in one WebGL figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.figures.chart import Chart
from mmdemo.figures.density import density_lines
from mmdemo.figures.map_labels import annotation, cluster_labels, fitting
from mmdemo.figures.map_links import link_traces
from mmdemo.figures.map_points import emphasis_traces, ghost, point_traces
from mmdemo.figures.map_queries import query_annotations, query_traces
from mmdemo.figures.map_view import MapView
from mmdemo.figures.map_words import map_alt, subtitle
from mmdemo.figures.point_colours import PointColours, point_colours
from mmdemo.figures.template import GRID_PX, head

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT_PX = 640
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
    notes = [subtitle(view), colours.note if colours is not None else "", links_note]
    head(figure, view.title, dark=view.dark, subtitle=" ".join(filter(None, notes)), below_px=_LEGEND_PX)
    layout_map(figure, view)
    _legend(figure, view, colours)
    _annotate(figure, view)
    return Chart(figure, map_alt(view), scroll_zoom=flat)


def layout_map(figure: Figure, view: MapView) -> None:
    """What all maps share: one scale for both axes, no ticks, zoom kept while the map stays the same."""
    hidden: dict[str, Any] = {"visible": False, "showgrid": False, "zeroline": False}
    settings = view.map.settings
    figure.update_layout(
        height=HEIGHT_PX,
        hovermode="closest",
        clickmode="event+select",
        uirevision=f"{view.map.version_id}:{settings.key()}",
        legend={"y": 1, "yanchor": "bottom", "itemdoubleclick": "toggleothers"},
    )
    if settings.dimensions == 2:
        figure.update_layout(dragmode=view.drag, xaxis=hidden, yaxis={**hidden, "scaleanchor": "x"})
    else:
        figure.update_layout(
            dragmode="orbit",
            scene={"xaxis": hidden, "yaxis": hidden, "zaxis": hidden, "aspectmode": "data"},
            scene_camera={"eye": {"x": 1.25, "y": 1.25, "z": 0.9}},
        )


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


def _annotate(figure: Figure, view: MapView) -> None:
    labels = cluster_labels(view) if view.labels else []
    if view.map.settings.dimensions == 3:
        named = [annotation(label.text, label.position, dark=view.dark) for label in labels[:12]]
        figure.update_layout(scene_annotations=[*named, *query_annotations(view)])
        return
    named = [
        annotation(label.text, label.position, dark=view.dark) for label in fitting(labels, _pixels_per_unit(view))
    ]
    figure.update_layout(annotations=[*named, *query_annotations(view)])


def _pixels_per_unit(view: MapView) -> float:
    """The scale at which the whole map fits its figure."""
    points = view.points()
    if not len(points):
        return 1.0
    across, down = np.ptp(view.map.positions[points, :2], axis=0)
    room = (view.width_px - 2 * GRID_PX, HEIGHT_PX - 20 * GRID_PX)
    return float(min(room[0] / max(across, 1e-9), room[1] / max(down, 1e-9)))
