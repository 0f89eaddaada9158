"""Names of the clusters on a map: as many as fit without touching, the largest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mmdemo.figures.map_view import MapView
from mmdemo.figures.palette import PAGE, TEXT, pick
from mmdemo.projection import NO_CLUSTER
from mmdemo.types import FloatArray

FONT_PX = 13
_CHARACTER_PX = 0.58 * FONT_PX
_LINE_PX = FONT_PX + 9
_LONGEST = 28


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """The name of a cluster and where it stands.

    Args:
        text: Its words.
        position: (2 or 3,) float32, the cluster's median.
        count: How many points it has.
    """

    text: str
    position: FloatArray
    count: int


def cluster_labels(view: MapView) -> list[Label]:
    """A label for each cluster with a shown point, most points first."""
    points = view.points()
    clusters = view.map.clusters[points]
    labels = []
    for cluster in np.unique(clusters[clusters != NO_CLUSTER]):
        members = view.positions()[points[clusters == cluster]]
        words = view.map.cluster_labels[cluster]
        text = words if len(words) <= _LONGEST else words[: _LONGEST - 1].rstrip() + "…"
        labels.append(Label(text, np.median(members, axis=0).astype(np.float32), len(members)))
    return sorted(labels, key=lambda label: -label.count)


def fitting(labels: list[Label], pixels_per_unit: float, taken: list[Label]) -> list[Label]:
    """The labels of a flat map that stay clear of what is `taken` and of every label before them."""
    kept: list[Label] = []
    for label in labels:
        if all(_apart(label, other, pixels_per_unit) for other in [*taken, *kept]):
            kept.append(label)
    return kept


def _apart(first: Label, second: Label, pixels_per_unit: float) -> bool:
    across, down = np.abs(first.position[:2] - second.position[:2]) * pixels_per_unit
    room = (width_px(first.text) + width_px(second.text)) / 2
    return bool(across >= room or down >= _LINE_PX)


def width_px(text: str) -> float:
    """About how wide a label is with its background."""
    return _CHARACTER_PX * len(text) + 12


def annotation(text: str, position: FloatArray, *, dark: bool, **settings: Any) -> dict[str, Any]:
    """Words at a place of the map in a halo of the page's colour, which keeps them readable on any points."""
    page = pick(PAGE, dark)
    near = [f"{across}px {down}px 1px {page}" for across in (-1, 0, 1) for down in (-1, 0, 1)]
    axes = dict(zip("xyz", (float(value) for value in position), strict=False))
    return {
        **axes,
        "text": text,
        "showarrow": False,
        "font": {
            "size": FONT_PX,
            "color": pick(TEXT, dark),
            "weight": 600,
            "shadow": ", ".join([*near, f"0px 0px 6px {page}", f"0px 0px 3px {page}"]),
        },
        "captureevents": False,
        **settings,
    }
