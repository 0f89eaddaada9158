"""The points of a map as traces: shape is the modality, colour is what the reader chose."""

from __future__ import annotations

import textwrap
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mmdemo.figures.map_view import MapView
from mmdemo.figures.palette import ACTION, OTHER, PAGE, TEXT, modality_colour, pick, rgba, symbol
from mmdemo.figures.point_colours import PointColours
from mmdemo.projection import MAP_MODALITIES
from mmdemo.types import FloatArray, Modality

if TYPE_CHECKING:
    from plotly.basedatatypes import BaseTraceType

HOVER_LIMIT = 20_000
"""Above this many points hover words would weigh more than the map."""
RINGS = (("selected", ACTION), ("highlighted", TEXT))
"""Field of the view and colour of its ring; the last lies on top."""
_HOVER_WIDTH, _HOVER_LINES = 60, 6
_DIMMED = 0.3
_3D_SIZE = 0.6
"""3-D markers are drawn larger than their number says."""


def marker_size(count: int, dimensions: int = 2) -> float:
    """Marker size in pixels: so that a hundred points are seen and a hundred thousand do not fill the page."""
    size = float(np.clip(24.0 * max(count, 1) ** -0.175, 3.0, 10.0))
    return size if dimensions == 2 else size * _3D_SIZE


def point_opacity(count: int) -> float:
    """Opacity of a point where nothing is emphasised."""
    return float(np.clip(1.6 * max(count, 1) ** -0.09, 0.5, 0.9))


def scatter(positions: FloatArray, *, webgl: bool = True, **settings: Any) -> BaseTraceType:
    """A trace in 2-D or 3-D with its coordinates as float32 arrays.

    Args:
        positions: (n, 2 or 3) float32.
        webgl: Whether a 2-D trace is drawn by WebGL, which lies under every heat map.
        settings: Of the trace.
    """
    from plotly.graph_objects import Scatter, Scatter3d, Scattergl

    columns = [np.ascontiguousarray(positions[:, axis], dtype=np.float32) for axis in range(positions.shape[1])]
    if len(columns) == 3:
        return Scatter3d(x=columns[0], y=columns[1], z=columns[2], showlegend=False, **settings)
    kind = Scattergl if webgl else Scatter
    return kind(x=columns[0], y=columns[1], showlegend=False, **settings)


def point_traces(view: MapView, colours: PointColours | None) -> list[BaseTraceType]:
    """One trace a shown modality, two where some have no value; `customdata` holds int32 point indices."""
    traces = []
    for modality in MAP_MODALITIES:
        points = view.map.of_modality(modality)
        if modality in view.shown and len(points):
            traces += [_points(view, modality, part, colours) for part in _parts(points, colours)]
    return traces


def _parts(points: NDArray[np.intp], colours: PointColours | None) -> list[NDArray[np.intp]]:
    """Points that can share a trace; grey ones first, so that they lie under what has a colour."""
    if colours is None:
        return [points]
    if colours.are_numbers:
        absent = np.isnan(colours.values[points])
        return [part for part in (points[absent], points[~absent]) if len(part)]
    return [points[np.argsort(colours.values[points] > 0, kind="stable")]]


def _fill(view: MapView, modality: Modality, points: NDArray[np.intp], colours: PointColours | None) -> dict[str, Any]:
    if colours is None:
        return {"color": modality_colour(modality, dark=view.dark)}
    values = np.ascontiguousarray(colours.values[points])
    if not colours.are_numbers:
        return {"color": values, "colorscale": colours.scale, "cmin": colours.low, "cmax": colours.high}
    if np.isnan(values).all():
        return {"color": pick(OTHER, view.dark)}
    return {"color": np.nan_to_num(values, nan=colours.low), "coloraxis": "coloraxis"}


def _points(view: MapView, modality: Modality, points: NDArray[np.intp], colours: PointColours | None) -> BaseTraceType:
    dimensions, total = view.map.settings.dimensions, len(view.points())
    looks: dict[str, Any] = {"selected": {"marker": {"opacity": 1.0}}, "unselected": {"marker": {"opacity": _DIMMED}}}
    return scatter(
        view.positions()[points],
        mode="markers",
        name=modality.value,
        legendgroup=modality.value,
        marker={
            **_fill(view, modality, points, colours),
            "symbol": symbol(modality, dimensions),
            "size": marker_size(total, dimensions),
            "opacity": _DIMMED if len(view.emphasised()) else point_opacity(total),
            "line": {"width": 0.5, "color": rgba(pick(PAGE, view.dark), 0.8)},
        },
        customdata=points.astype(np.int32),
        **_hover(view, points),
        **(looks if dimensions == 2 else {}),
    )


def _hover(view: MapView, points: NDArray[np.intp]) -> dict[str, Any]:
    if view.hover is None or len(view.map) > HOVER_LIMIT:
        return {"hoverinfo": "none"}  # "skip" would also swallow clicks
    indices: list[int] = points.tolist()
    words = [hover_words(view.hover[point]) for point in indices]
    return {"text": words, "hovertemplate": "%{text}<extra></extra>"}


def hover_words(words: str) -> str:
    """Plain text as Plotly shows it: nothing in it is markup, lines are short and few."""
    lines = [line for part in words.splitlines() for line in _wrapped(part.strip())]
    if len(lines) > _HOVER_LINES:
        lines = [*lines[: _HOVER_LINES - 1], lines[_HOVER_LINES - 1] + " …"]
    return "<br>".join(escape(line, quote=False) for line in lines)


def _wrapped(words: str) -> list[str]:
    """`textwrap.wrap`, which is slow, only where there is something to wrap: thousands of points are short."""
    return textwrap.wrap(words, _HOVER_WIDTH) if len(words) > _HOVER_WIDTH else [words] if words else []


def emphasis_traces(view: MapView, colours: PointColours | None, *, webgl: bool = True) -> list[BaseTraceType]:
    """Search hits and the linked map's selection, again and on top: full colour with a ring."""
    shown = view.points()
    dimensions = view.map.settings.dimensions
    size = max(9.0, marker_size(len(shown)) + 3) * (1.0 if dimensions == 2 else _3D_SIZE)
    traces = []
    for field, ring in RINGS:
        points = np.intersect1d(getattr(view, field), shown).astype(np.intp)
        for code, modality in enumerate(MAP_MODALITIES):
            chosen = points[view.map.modalities[points] == code]
            if len(chosen):
                marker = {
                    **_fill(view, modality, chosen, colours),
                    "symbol": symbol(modality, dimensions),
                    "size": size,
                    "opacity": 1.0,
                    "line": {"width": 2, "color": pick(ring, view.dark)},
                }
                settings = {"mode": "markers", "legendgroup": field, "hoverinfo": "skip", "marker": marker}
                traces.append(scatter(view.positions()[chosen], webgl=webgl, **settings))
    return traces
