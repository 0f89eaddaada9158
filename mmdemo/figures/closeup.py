"""A few points of a map close up, as pictures and words that do not cover each other."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmdemo.errors import QueryError
from mmdemo.figures.chart import Chart
from mmdemo.figures.map_labels import width_px
from mmdemo.figures.map_view import MapView, check_points
from mmdemo.figures.palette import (
    CARD,
    MODALITY_GLYPHS,
    MODALITY_WORDS,
    MUTED,
    TEXT,
    modality_colour,
    pick,
    rgba,
    symbol,
)
from mmdemo.figures.spreading import spread
from mmdemo.figures.template import GRID_PX, head
from mmdemo.projection import MAP_MODALITIES
from mmdemo.types import FloatArray, Modality

LARGEST = 60
FRAME_PX = (400, 480)
"""The room the points are laid out in, as wide as a phone; moved tiles may need more height."""
_LABEL, _LABEL_PX = 20, 26
_TILE_PX = (48, 96)
_PICTURES_SHARE = 0.4
_LOWEST_PX = 400


def closeup(view: MapView, indices: NDArray[np.integer], thumbnails: Mapping[int, str]) -> Chart:
    """Draw some points with their pictures or, where there is none, their first words.

    Tiles that would cover each other move apart; a thin line then leads to where the point is.

    Args:
        view: The map; the first line of its hover words names a point without a picture.
        indices: 1 to 60 point indices.
        thumbnails: Point index to the data URI of its picture.

    Raises:
        QueryError: No or too many points, or points of another map.
    """
    from plotly.graph_objects import Figure, Scatter

    points = np.unique(indices)
    if not 1 <= len(points) <= LARGEST:
        raise QueryError(
            f"a close-up of {len(points):,} points",
            expected=f"1 to {LARGEST} can be shown as pictures",
            remedy="select fewer points",
        )
    check_points(points, len(view.map), what="close-up points")
    names = [_name(view, int(point)) for point in points]
    pictured = np.array([int(point) in thumbnails for point in points])
    sizes = _sizes(names, pictured)
    true = _frame(view.positions()[points])
    places = spread(true, sizes, width_px=FRAME_PX[0])
    figure = Figure()
    codes = view.map.modalities[points]
    for code in np.unique(codes):
        figure.add_trace(_dots(view, MAP_MODALITIES[code], points[codes == code], true[codes == code]))
    figure.add_trace(
        Scatter(
            x=places[:, 0],
            y=places[:, 1],
            mode="markers",
            marker={"size": sizes.min(axis=1).astype(np.float32), "color": "rgba(0, 0, 0, 0)", "line": {"width": 0}},
            customdata=points.astype(np.int32),
            text=[escape(name, quote=False) for name in names],
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    )
    tiles = list(zip(points.tolist(), names, places, sizes, strict=True))
    figure.update_layout(
        images=[_image(thumbnails[point], place, size) for point, _, place, size in tiles if point in thumbnails],
        shapes=[
            *(_lead(view, start, place) for start, place in zip(true, places, strict=True)),
            *(_card(view, point, place, size) for point, _, place, size in tiles if point in thumbnails),
        ],
        annotations=[_words(view, point, name, place) for point, name, place, _ in tiles if point not in thumbnails],
    )
    _layout(figure, view, places, sizes)
    shown = f"{len(points)} points close up, {int(pictured.sum())} of them as pictures"
    listed = ", ".join(f"“{name}”" for name in names[:5]) + (" and others" if len(names) > 5 else "")
    return Chart(figure, f"{view.title.rstrip('.?!')}: {shown}: {listed}. Near means alike.", scroll_zoom=True)


def _name(view: MapView, point: int) -> str:
    modality = MAP_MODALITIES[view.map.modalities[point]]
    lines = view.hover[point].splitlines() if view.hover is not None else []
    return lines[0] if lines else f"{MODALITY_WORDS[modality]} {point}"


def _sizes(names: list[str], pictured: NDArray[np.bool_]) -> FloatArray:
    """(n, 2) width and height of each tile in pixels; pictures share two fifths of the frame."""
    area = FRAME_PX[0] * FRAME_PX[1] * _PICTURES_SHARE
    side = float(np.clip(np.sqrt(area / max(1, len(names))), *_TILE_PX))
    return np.array(
        [
            (side, side) if picture else (1.1 * width_px("● " + _short(name)), _LABEL_PX)
            for name, picture in zip(names, pictured, strict=True)
        ],
        dtype=np.float32,
    )


def _short(name: str) -> str:
    return name if len(name) <= _LABEL else name[: _LABEL - 1].rstrip() + "…"


def _frame(positions: FloatArray) -> FloatArray:
    """(n, 2) positions in pixels of the frame, one scale for both axes; of a 3-D map its two widest directions."""
    centred = positions - positions.mean(axis=0)
    if positions.shape[1] == 3:
        _, _, directions = np.linalg.svd(centred, full_matrices=False)
        centred = centred @ directions[:2].T if len(directions) > 1 else centred[:, :2]
    extent = np.maximum(np.ptp(centred, axis=0), 1e-9)
    scale = min(FRAME_PX[0] / extent[0], FRAME_PX[1] / extent[1]) if len(positions) > 1 else 1.0
    return ((centred - centred.min(axis=0)) * scale).astype(np.float32)


def _lead(view: MapView, true: FloatArray, place: FloatArray) -> dict[str, Any]:
    """The line from a tile to where its point is; under everything else."""
    ends = {"x0": float(true[0]), "y0": float(true[1]), "x1": float(place[0]), "y1": float(place[1])}
    return {"type": "line", **ends, "line": {"color": rgba(pick(MUTED, view.dark), 0.6), "width": 1}, "layer": "below"}


def _dots(view: MapView, modality: Modality, points: NDArray[np.integer], true: FloatArray) -> Any:
    from plotly.graph_objects import Scatter

    return Scatter(
        x=true[:, 0],
        y=true[:, 1],
        mode="markers",
        name=f"{MODALITY_WORDS[modality]} ({len(points)})",
        marker={"symbol": symbol(modality), "size": 8, "color": modality_colour(modality, dark=view.dark)},
        hoverinfo="skip",
        showlegend=True,
    )


def _image(source: str, place: FloatArray, size: FloatArray) -> dict[str, Any]:
    return {
        "source": source,
        "xref": "x",
        "yref": "y",
        "x": float(place[0]),
        "y": float(place[1]),
        "sizex": float(size[0]),
        "sizey": float(size[1]),
        "xanchor": "center",
        "yanchor": "middle",
        "sizing": "contain",
        "layer": "above",
    }


def _card(view: MapView, point: int, place: FloatArray, size: FloatArray) -> dict[str, Any]:
    """A card under the picture with an edge in the colour of the point's modality."""
    low, high = place - size / 2 - 2, place + size / 2 + 2
    modality = MAP_MODALITIES[view.map.modalities[point]]
    return {
        "type": "rect",
        "x0": float(low[0]),
        "x1": float(high[0]),
        "y0": float(low[1]),
        "y1": float(high[1]),
        "fillcolor": "#FFFFFF",
        "line": {"color": modality_colour(modality, dark=view.dark), "width": 2},
        "layer": "below",
    }


def _words(view: MapView, point: int, name: str, place: FloatArray) -> dict[str, Any]:
    modality = MAP_MODALITIES[view.map.modalities[point]]
    colour = modality_colour(modality, dark=view.dark)
    sign = f'<span style="color: {colour}">{MODALITY_GLYPHS[modality]}</span>'
    return {
        "x": float(place[0]),
        "y": float(place[1]),
        "text": f"{sign} {escape(_short(name), quote=False)}",
        "showarrow": False,
        "font": {"size": 13, "color": pick(TEXT, view.dark)},
        "bgcolor": pick(CARD, view.dark),
        "bordercolor": colour,
        "borderwidth": 1,
        "borderpad": 3,
    }


def _layout(figure: Any, view: MapView, places: FloatArray, sizes: FloatArray) -> None:
    low, high = (places - sizes / 2).min(axis=0) - 16, (places + sizes / 2).max(axis=0) + 16
    top = head(figure, view.title, dark=view.dark, subtitle="Near means alike; lines lead to a tile's true place.")
    hidden: dict[str, Any] = {"visible": False, "showgrid": False}
    figure.update_layout(
        height=max(_LOWEST_PX, round(float(high[1] - low[1])) + top + 6 * GRID_PX),
        dragmode="pan",
        clickmode="event+select",
        xaxis={**hidden, "range": [float(low[0]), float(high[0])]},
        yaxis={**hidden, "range": [float(low[1]), float(high[1])], "scaleanchor": "x"},
        legend={"y": 0, "yanchor": "top"},
    )
