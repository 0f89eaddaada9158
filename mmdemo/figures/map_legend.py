"""The legends of a map: kinds and lines above it, categories or a colour bar below it.

Entries are traces without points in the group of what they stand for: a dimmed, many-coloured or tiny marker would not
be readable in a legend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.figures.map_queries import UNCERTAIN_BELOW
from mmdemo.figures.map_view import MapView
from mmdemo.figures.palette import (
    ACTION,
    MODALITY_DASHES,
    MODALITY_WORDS,
    MUTED,
    TEXT,
    modality_colour,
    pick,
    symbol,
)
from mmdemo.figures.point_colours import PointColours
from mmdemo.figures.template import GRID_PX
from mmdemo.projection import MAP_MODALITIES

if TYPE_CHECKING:
    from plotly.basedatatypes import BaseTraceType
    from plotly.graph_objects import Figure

_PHONE_PX = 374
_ROW_PX, _SYMBOL_PX, _CHARACTER_PX = 20, 44, 7


def add_legend(figure: Figure, view: MapView, *, linked: bool, lines_only: bool = False) -> None:
    """Add the legend above the map.

    Args:
        figure: Changed in place.
        view: What is drawn.
        linked: Whether lines join the points of one item.
        lines_only: Whether modalities are lines of density instead of points.
    """
    figure.add_traces([*_kinds(view, lines_only), *_emphases(view), *_lines(view, linked), *_queries(view)])


def legend_room(figure: Figure) -> int:
    """Pixels that the legend above the map takes on a phone, where it wraps most."""
    names = [len(trace.name) for trace in figure.data if trace.showlegend and trace.legend in (None, "legend")]
    if not names:
        return 0
    columns = max(1, _PHONE_PX // (_SYMBOL_PX + _CHARACTER_PX * max(names)))
    return GRID_PX + _ROW_PX * -(-len(names) // columns)


def _kinds(view: MapView, lines_only: bool) -> list[BaseTraceType]:
    entries = []
    own = view.colour.kind == "modality" or lines_only
    for modality in MAP_MODALITIES:
        count = len(view.map.of_modality(modality))
        if modality in view.shown and count:
            colour = modality_colour(modality, dark=view.dark) if own else pick(MUTED, view.dark)
            name = f"{MODALITY_WORDS[modality]} ({count:,})"
            line = {"color": colour, "width": 2, "dash": MODALITY_DASHES[modality]}
            marker = {"color": colour, "symbol": symbol(modality, view.map.settings.dimensions)}
            looks: dict[str, Any] = {"line": line} if lines_only else {"marker": marker}
            entries.append(_entry(view, name, modality.value, **looks))
    return entries


def _emphases(view: MapView) -> list[BaseTraceType]:
    entries = []
    for field, words, ring in (("highlighted", "found", TEXT), ("selected", "selected", ACTION)):
        count = len(np.intersect1d(getattr(view, field), view.points()))
        if count:
            marker = {"color": "rgba(0, 0, 0, 0)", "line": {"color": pick(ring, view.dark), "width": 2}}
            entries.append(_entry(view, f"{words} ({count:,})", field, marker=marker))
    return entries


def _lines(view: MapView, linked: bool) -> list[BaseTraceType]:
    line = {"color": pick(MUTED, view.dark), "width": 1.5}
    return [_entry(view, "one item", "links", line=line)] if linked else []


def _queries(view: MapView) -> list[BaseTraceType]:
    placed = view.placed
    if placed is None or not len(placed):
        return []
    colour, flat = pick(ACTION, view.dark), view.map.settings.dimensions == 2
    sure = placed.trust >= UNCERTAIN_BELOW
    entries = []
    if sure.any():
        entries.append(_entry(view, "query", "query", marker={"color": colour, "symbol": "star" if flat else "x"}))
    if not sure.all():
        shape = "star-open" if flat else "cross"
        entries.append(_entry(view, "query, unsure", "unsure", marker={"color": colour, "symbol": shape}))
    entries.append(_entry(view, "true neighbours", "neighbours", line={"color": colour, "width": 2}))
    return entries


def _entry(view: MapView, name: str, group: str, *, legend: str = "legend", **looks: Any) -> BaseTraceType:
    """A trace without points; of the figure's own dimensions, because another kind would bring its axes along."""
    from plotly.graph_objects import Scatter, Scatter3d

    if "marker" in looks:
        looks["marker"] = {"size": 11, "line": {"width": 0}, **looks["marker"]}
    settings = {"mode": "markers" if "marker" in looks else "lines", "name": name, "legend": legend, **looks}
    settings |= {"legendgroup": group, "showlegend": True, "hoverinfo": "skip"}
    if view.map.settings.dimensions == 3:
        return Scatter3d(x=[None], y=[None], z=[None], **settings)
    return Scatter(x=[None], y=[None], **settings)


def add_colour_key(figure: Figure, view: MapView, colours: PointColours | None) -> None:
    """Add what the colours mean below the map: a legend of categories or a colour bar; both with their title."""
    if colours is None:
        return
    if colours.are_numbers:
        bar = colour_bar(view.colour.title)
        axis = {"colorscale": colours.scale, "cmin": colours.low, "cmax": colours.high, "colorbar": bar}
        figure.update_layout(coloraxis=axis)
        return
    for entry in colours.entries:
        marker = {"color": entry.colour, "symbol": "circle"}
        name = f"{entry.name} ({entry.count:,})"
        figure.add_trace(_entry(view, name, "", legend="legend2", marker=marker))
    title = {"text": view.colour.title + " ", "side": "left"}
    figure.update_layout(legend2={"y": 0, "yanchor": "top", "title": title, "itemclick": False})
    figure.update_layout(legend2_itemdoubleclick=False)


def colour_bar(title: str) -> dict[str, Any]:
    """A colour bar below the map with its title."""
    return {
        "title": {"text": title, "side": "top", "font": {"size": 13}},
        "orientation": "h",
        "thickness": GRID_PX,
        "len": 0.6,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "outlinewidth": 0,
        "tickfont": {"size": 13},
    }
