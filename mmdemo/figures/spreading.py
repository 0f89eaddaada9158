"""Moving boxes apart until none covers another."""

from __future__ import annotations

import numpy as np

from mmdemo.types import FloatArray

_ROUNDS = 600
_GAP_PX = 10.0


def spread(centres: FloatArray, sizes: FloatArray, *, width_px: float = np.inf) -> FloatArray:
    """Move overlapping boxes apart, each as little as their neighbours allow.

    Every round pushes each overlapping pair apart along the axis on which they overlap less, half each.

    Args:
        centres: (n, 2) float32 where the boxes want to be, in pixels.
        sizes: (n, 2) float32 widths and heights.
        width_px: Boxes stay between 0 and this across; up and down they go as far as they must.

    Returns:
        (n, 2) float32 centres; boxes at the same place leave it in the order of their indices.
    """
    places = centres.astype(np.float64)
    needed = (sizes[:, None] + sizes[None, :]) / 2 + _GAP_PX
    itself = np.eye(len(places), dtype=bool)
    order = np.sign(np.subtract.outer(np.arange(len(places)), np.arange(len(places))))
    for _ in range(_ROUNDS):
        apart = places[:, None] - places[None, :]
        overlap = needed - np.abs(apart)
        touching = np.asarray((overlap > 1e-3).all(axis=2)) & ~itself
        if not touching.any():
            break
        along = overlap.argmin(axis=2)
        amount = np.take_along_axis(overlap, along[:, :, None], axis=2)[:, :, 0]
        direction = np.sign(np.take_along_axis(apart, along[:, :, None], axis=2)[:, :, 0])
        push = np.where(touching, amount * np.where(direction == 0, order, direction) / 2, 0.0)
        for axis in (0, 1):
            places[:, axis] += 0.6 * np.where(along == axis, push, 0.0).sum(axis=1)
        if np.isfinite(width_px):
            places[:, 0] = np.clip(
                places[:, 0], sizes[:, 0] / 2, np.maximum(width_px - sizes[:, 0] / 2, sizes[:, 0] / 2)
            )
    return places.astype(np.float32)
