"""What every map shares: axes without numbers, names of clusters and queries, the line that says how to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.figures.map_labels import annotation, cluster_labels, fitting
from mmdemo.figures.map_queries import query_annotations, query_labels
from mmdemo.figures.map_view import MapView
from mmdemo.figures.template import GRID_PX

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT_PX = 640
_NAMED_IN_3D = 6


def unit_note(view: MapView) -> str:
    """How to read the map, and whether it is a sample."""
    words = "Near means alike; directions mean nothing."
    if view.map.is_sample:
        words = f"A sample: {len(view.map):,} of {view.map.of_total:,} points. {words}"
    return words


def layout_map(figure: Figure, view: MapView) -> None:
    """What all maps share: one scale for both axes, no ticks, zoom kept while the map stays the same."""
    hidden: dict[str, Any] = {"visible": False, "showgrid": False, "zeroline": False}
    settings = view.map.settings
    figure.update_layout(
        height=HEIGHT_PX,
        hovermode="closest",
        clickmode="event+select",
        uirevision=f"{view.map.version_id}:{settings.key()}",
        legend_itemdoubleclick="toggleothers",
    )
    if settings.dimensions == 2:
        figure.update_layout(dragmode=view.drag, xaxis=hidden, yaxis={**hidden, "scaleanchor": "x"})
    else:
        figure.update_layout(
            dragmode="orbit",
            scene={"xaxis": hidden, "yaxis": hidden, "zaxis": hidden, "aspectmode": "data"},
            scene_camera={"eye": {"x": 1.05, "y": 1.05, "z": 0.7}},
        )


def annotate(figure: Figure, view: MapView) -> None:
    """Name the queries, and the clusters that fit beside them."""
    labels = cluster_labels(view) if view.labels else []
    queries = query_annotations(view)
    if view.map.settings.dimensions == 3:  # what covers what changes as the reader turns it
        named = [annotation(label.text, label.position, dark=view.dark) for label in labels[:_NAMED_IN_3D]]
        figure.update_layout(scene_annotations=[*named, *queries])
        return
    scale = pixels_per_unit(view)
    kept = fitting(labels, scale, query_labels(view, scale))
    named = [annotation(label.text, label.position, dark=view.dark) for label in kept]
    figure.update_layout(annotations=[*named, *queries])


def pixels_per_unit(view: MapView) -> float:
    """The scale at which the whole map fits its figure."""
    points = view.points()
    if not len(points):
        return 1.0
    across, up = np.ptp(view.positions()[points, :2], axis=0)
    room = (view.width_px - 2 * GRID_PX, HEIGHT_PX - 20 * GRID_PX)
    return float(min(room[0] / max(across, 1e-9), room[1] / max(up, 1e-9)))
