"""Names of the clusters on a map: as many as fit without touching, the largest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mmdemo.figures.map_view import MapView
from mmdemo.figures.palette import PAGE, TEXT, pick, rgba
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
        members = view.map.positions[points[clusters == cluster]]
        words = view.map.cluster_labels[cluster]
        text = words if len(words) <= _LONGEST else words[: _LONGEST - 1].rstrip() + "…"
        labels.append(Label(text, np.median(members, axis=0).astype(np.float32), len(members)))
    return sorted(labels, key=lambda label: -label.count)


def fitting(labels: list[Label], pixels_per_unit: float) -> list[Label]:
    """The labels that stay clear of every label before them, on a flat map of the given scale."""
    kept: list[Label] = []
    for label in labels:
        if all(_apart(label, other, pixels_per_unit) for other in kept):
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
    """Words at a place of the map on a halo of the page's colour."""
    axes = dict(zip("xyz", (float(value) for value in position), strict=False))
    return {
        **axes,
        "text": text,
        "showarrow": False,
        "font": {"size": FONT_PX, "color": pick(TEXT, dark)},
        "bgcolor": rgba(pick(PAGE, dark), 0.82),
        "borderpad": 3,
        "captureevents": False,
        **settings,
    }
