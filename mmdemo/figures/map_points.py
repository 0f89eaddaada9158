"""The points of a map as WebGL traces: shape is the modality, colour is what the reader chose."""

from __future__ import annotations

import textwrap
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mmdemo.figures.map_view import MapView
from mmdemo.figures.palette import (
    ACTION,
    MODALITY_WORDS,
    MUTED,
    OTHER,
    PAGE,
    TEXT,
    modality_colour,
    pick,
    rgba,
    symbol,
)
from mmdemo.figures.point_colours import PointColours
from mmdemo.projection import MAP_MODALITIES
from mmdemo.types import Modality

if TYPE_CHECKING:
    from plotly.basedatatypes import BaseTraceType

HOVER_LIMIT = 20_000
"""Above this many points hover words would weigh more than the map."""
_HOVER_WIDTH, _HOVER_LINES = 60, 6
_DIMMED = 0.22


def marker_size(count: int) -> float:
    """Marker size in pixels: so that a hundred points are seen and a hundred thousand do not fill the page."""
    return float(np.clip(24.0 * max(count, 1) ** -0.175, 3.0, 10.0))


def point_opacity(count: int) -> float:
    """Opacity of a point where nothing is emphasised."""
    return float(np.clip(1.6 * max(count, 1) ** -0.09, 0.5, 0.9))


def scatter(positions: NDArray[np.float32], **settings: Any) -> BaseTraceType:
    """A WebGL trace in 2-D or 3-D with its coordinates as float32 arrays."""
    from plotly.graph_objects import Scatter3d, Scattergl

    columns = [np.ascontiguousarray(positions[:, axis], dtype=np.float32) for axis in range(positions.shape[1])]
    if len(columns) == 3:
        return Scatter3d(x=columns[0], y=columns[1], z=columns[2], **settings)
    return Scattergl(x=columns[0], y=columns[1], **settings)


def point_traces(view: MapView, colours: PointColours | None) -> list[BaseTraceType]:
    """One trace a shown modality; `customdata` holds int32 point indices."""
    traces = []
    shown = view.points()
    for modality in MAP_MODALITIES:
        points = view.map.of_modality(modality)
        if modality not in view.shown or not len(points):
            continue
        if colours is not None and colours.values.dtype == np.float32:
            absent = np.isnan(colours.values[points])
            traces.append(_trace(view, modality, points[~absent], len(shown), len(points), colours))
            if absent.any():
                traces.append(_trace(view, modality, points[absent], len(shown), None, None, plain=OTHER))
            continue
        if colours is not None:  # grey first, so that it lies under what has a colour
            points = points[np.argsort(colours.values[points] > 0, kind="stable")]
        traces.append(_trace(view, modality, points, len(shown), len(points), colours))
    return traces


def _trace(
    view: MapView,
    modality: Modality,
    points: NDArray[np.intp],
    total: int,
    count: int | None,
    colours: PointColours | None,
    plain: tuple[str, str] | None = None,
) -> BaseTraceType:
    dimensions = view.map.settings.dimensions
    if colours is not None:
        fill: dict[str, Any] = {
            "color": np.ascontiguousarray(colours.values[points]),
            "colorscale": colours.scale,
            "cmin": colours.low,
            "cmax": colours.high,
        }
        if colours.values.dtype == np.float32:
            fill["coloraxis"] = "coloraxis"
            fill = {name: fill[name] for name in ("color", "coloraxis")}
    else:
        fill = {"color": modality_colour(modality, dark=view.dark) if plain is None else pick(plain, view.dark)}
    dimmed = len(view.emphasised()) > 0
    return scatter(
        view.map.positions[points],
        mode="markers",
        name=MODALITY_WORDS[modality] if count is None else f"{MODALITY_WORDS[modality]} ({count:,})",
        legendgroup=modality.value,
        showlegend=count is not None,
        legend="legend",
        marker={
            **fill,
            "symbol": symbol(modality, dimensions),
            "size": marker_size(total) * (0.6 if dimensions == 3 else 1.0),
            "opacity": _DIMMED if dimmed else point_opacity(total),
            "line": {"width": 0.5, "color": rgba(pick(PAGE, view.dark), 0.8)},
        },
        customdata=points.astype(np.int32),
        **_hover(view, points),
        **({} if dimensions == 3 else _selection_looks()),
    )


def _hover(view: MapView, points: NDArray[np.intp]) -> dict[str, Any]:
    if view.hover is None or len(view.map) > HOVER_LIMIT:
        return {"hoverinfo": "none"}  # "skip" would also swallow clicks
    words = [_hover_words(view.hover[point]) for point in points]
    return {"text": words, "hovertemplate": "%{text}<extra></extra>"}


def _hover_words(words: str) -> str:
    lines = [line for part in words.splitlines() for line in textwrap.wrap(part, _HOVER_WIDTH)]
    if len(lines) > _HOVER_LINES:
        lines = [*lines[: _HOVER_LINES - 1], lines[_HOVER_LINES - 1] + " …"]
    return "<br>".join(escape(line, quote=False) for line in lines)


def _selection_looks() -> dict[str, Any]:
    return {"selected": {"marker": {"opacity": 1.0}}, "unselected": {"marker": {"opacity": _DIMMED}}}


def emphasis_traces(view: MapView, colours: PointColours | None) -> list[BaseTraceType]:
    """Search hits and the linked map's selection, again and on top: full colour with a ring."""
    traces: list[BaseTraceType] = []
    shown = view.points()
    for indices, ring, words in (
        (view.selected, ACTION, "selected"),
        (view.highlighted, TEXT, "found"),
    ):
        points = np.intersect1d(indices, shown)
        named = False
        for code, modality in enumerate(MAP_MODALITIES):
            chosen = points[view.map.modalities[points] == code]
            if len(chosen):
                label = f"{words} ({len(points):,})"
                traces.append(_ringed(view, modality, chosen, pick(ring, view.dark), colours, label, not named))
                named = True
    return traces


def _ringed(
    view: MapView,
    modality: Modality,
    points: NDArray[np.intp],
    ring: str,
    colours: PointColours | None,
    label: str,
    in_legend: bool,
) -> BaseTraceType:
    dimensions = view.map.settings.dimensions
    size = marker_size(len(view.points()))
    fill: dict[str, Any] = {"color": modality_colour(modality, dark=view.dark)}
    if colours is not None and colours.values.dtype == np.float32:
        present = np.nan_to_num(colours.values[points], nan=colours.low)
        fill = {"color": present, "coloraxis": "coloraxis"}
    elif colours is not None:
        fill = {
            "color": colours.values[points],
            "colorscale": colours.scale,
            "cmin": colours.low,
            "cmax": colours.high,
        }
    return scatter(
        view.map.positions[points],
        mode="markers",
        name=label,
        legendgroup=label,
        showlegend=in_legend,
        hoverinfo="skip",
        marker={
            **fill,
            "symbol": symbol(modality, dimensions),
            "size": max(9.0, size + 3) * (0.7 if dimensions == 3 else 1.0),
            "opacity": 1.0,
            "line": {"width": 2, "color": ring},
        },
    )


def ghost(name: str, colour: str, legend: str, shape: str = "circle") -> BaseTraceType:
    """A trace without points that stands in a legend."""
    from plotly.graph_objects import Scatter

    return Scatter(
        x=[None],
        y=[None],
        mode="markers",
        name=name,
        legend=legend,
        marker={"color": colour, "size": 10, "symbol": shape, "line": {"width": 0, "color": MUTED[0]}},
        hoverinfo="skip",
    )
