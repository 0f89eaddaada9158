"""Queries on a map: a star where each was placed, and lines to its true neighbours."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.figures.map_labels import Label, annotation
from mmdemo.figures.map_links import segments
from mmdemo.figures.map_points import scatter
from mmdemo.figures.map_view import MapView
from mmdemo.figures.palette import ACTION, MODALITY_GLYPHS, PAGE, pick, rgba
from mmdemo.projection import Placed

if TYPE_CHECKING:
    from plotly.basedatatypes import BaseTraceType

UNCERTAIN_BELOW = 0.3
"""A query of less trust is drawn as an open star: most of its true neighbours are elsewhere on the map."""
LABEL_SHIFT_PX = 20
"""How far above its star a query's words stand."""
_SHADES = (0.25, 0.5, 0.75, 1.0)
_LABEL = 24


def query_traces(view: MapView, *, webgl: bool = True) -> list[BaseTraceType]:
    """Lines by similarity, then stars, all above the points."""
    placed = view.placed
    if placed is None or not len(placed):
        return []
    return [*_lines(view, placed, webgl), *_stars(view, placed, webgl)]


def _lines(view: MapView, placed: Placed, webgl: bool) -> list[BaseTraceType]:
    """One trace for each shade, because a WebGL line has one opacity."""
    shown = np.isin(placed.neighbours, view.points())
    similarities = placed.similarities
    if not shown.any():
        return []
    low, high = float(similarities[shown].min()), float(similarities[shown].max())
    strength = (similarities - low) / (high - low) if high > low else np.ones_like(similarities)
    shades = np.minimum((strength * len(_SHADES)).astype(int), len(_SHADES) - 1)
    traces = []
    for step, opacity in enumerate(_SHADES):
        queries, ranks = np.nonzero(shown & (shades == step))
        if len(queries):
            neighbours = view.positions()[placed.neighbours[queries, ranks]]
            traces.append(
                scatter(
                    segments(view.places()[queries], neighbours),
                    webgl=webgl,
                    mode="lines",
                    legendgroup="neighbours",
                    hoverinfo="skip",
                    line={"color": rgba(pick(ACTION, view.dark), opacity), "width": 2},
                )
            )
    return traces


def _stars(view: MapView, placed: Placed, webgl: bool) -> list[BaseTraceType]:
    traces = []
    sure = placed.trust >= UNCERTAIN_BELOW
    flat = view.map.settings.dimensions == 2
    for chosen, group, shape in (
        (sure, "query", "star" if flat else "x"),
        (~sure, "unsure", "star-open" if flat else "cross"),
    ):
        if chosen.any():
            traces.append(
                scatter(
                    view.places()[chosen],
                    webgl=webgl,
                    mode="markers",
                    legendgroup=group,
                    text=[_hover(placed, query) for query in np.flatnonzero(chosen).tolist()],
                    hovertemplate="%{text}<extra></extra>",
                    marker={
                        "symbol": shape,
                        "size": 18 if flat else 10,
                        "color": pick(ACTION, view.dark),
                        "line": {"width": 1.5, "color": pick(PAGE if shape == "star" else ACTION, view.dark)},
                    },
                )
            )
    return traces


def _hover(placed: Placed, query: int) -> str:
    near = round(float(placed.trust[query]) * placed.neighbours.shape[1])
    of = placed.neighbours.shape[1]
    return f"{escape(label(placed, query), quote=False)}<br>{near} of its {of} true neighbours are near it on the map"


def label(placed: Placed, query: int) -> str:
    """What a query is called on the map: the sign of its modality and its words."""
    modality = placed.modalities[query]
    words = placed.labels[query]
    words = words if len(words) <= _LABEL else words[: _LABEL - 1].rstrip() + "…"
    return words if modality is None else f"{MODALITY_GLYPHS[modality]} {words}"


def query_labels(view: MapView, pixels_per_unit: float) -> list[Label]:
    """Room that the words of each star and the star itself take on a flat map."""
    if view.placed is None:
        return []
    up = np.array([0.0, LABEL_SHIFT_PX / pixels_per_unit], dtype=np.float32)
    return [
        Label(text, place + shift, 0)
        for query, place in enumerate(view.places())
        for text, shift in ((label(view.placed, query), up), ("★", 0 * up))
    ]


def query_annotations(view: MapView) -> list[dict[str, Any]]:
    """The words beside each star."""
    placed = view.placed
    if placed is None:
        return []
    return [
        annotation(
            f"<b>{escape(label(placed, query), quote=False)}</b>",
            view.places()[query],
            dark=view.dark,
            yshift=LABEL_SHIFT_PX,
        )
        for query in range(len(placed))
    ]
