"""Lines of a map: between the points of one item, and from a query to its true neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mmdemo.figures.map_points import scatter
from mmdemo.figures.map_view import MapView
from mmdemo.figures.palette import MUTED, pick, rgba
from mmdemo.projection import MAP_MODALITIES
from mmdemo.types import FloatArray, Modality

if TYPE_CHECKING:
    from plotly.basedatatypes import BaseTraceType

LINK_LIMIT = 5_000
"""With more lines than this nothing can be followed; then only those of emphasised items are drawn."""
_CHAIN = (Modality.IMAGE, Modality.TEXT, Modality.AUDIO)
"""The order along an item's line: through its text, which most items have."""


def link_traces(view: MapView) -> tuple[list[BaseTraceType], str]:
    """One trace with a line for each item of several points, and a note where lines are left out."""
    pairs = link_pairs(view)
    emphasised = view.emphasised()
    if len(emphasised):
        rows = np.unique(view.map.item_rows[emphasised])
        pairs = pairs[np.isin(view.map.item_rows[pairs[:, 0]], rows)]
    if not len(pairs):
        return [], ""
    if len(pairs) > LINK_LIMIT:
        return [], f"Lines between one item's points are drawn for at most {LINK_LIMIT:,}: search or select first."
    opacity = 0.7 if len(emphasised) else float(np.clip(12 / np.sqrt(len(pairs)), 0.12, 0.6))
    return [
        scatter(
            segments(view.positions()[pairs[:, 0]], view.positions()[pairs[:, 1]]),
            mode="lines",
            legendgroup="links",
            hoverinfo="skip",
            line={"color": rgba(pick(MUTED, view.dark), opacity), "width": 1},
        )
    ], ""


def link_pairs(view: MapView) -> NDArray[np.intp]:
    """(L, 2) neighbouring points along each item's line, shown modalities only."""
    points = view.points()
    place = np.array([_CHAIN.index(modality) for modality in MAP_MODALITIES])[view.map.modalities[points]]
    ordered = points[np.lexsort((place, view.map.item_rows[points]))]
    rows = view.map.item_rows[ordered]
    same = rows[1:] == rows[:-1]
    return np.stack([ordered[:-1][same], ordered[1:][same]], axis=1)


def segments(starts: FloatArray, ends: FloatArray) -> FloatArray:
    """(3 L, 2 or 3): start, end, NaN of L separate lines; Plotly breaks a line at NaN."""
    gap = np.full_like(starts, np.nan)
    return np.stack([starts, ends, gap], axis=1).reshape(-1, starts.shape[1])
