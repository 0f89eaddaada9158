"""Points counted on a grid of fixed size: what density figures are drawn from, however many points there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmdemo.types import FloatArray

CELLS = 96
"""Cells along the longer side."""
_MARGIN = 0.06
_SIGMA_CELLS = 1.8


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Square cells that cover a map.

    Args:
        x: (X + 1,) cell borders.
        y: (Y + 1,) cell borders.
    """

    x: FloatArray
    y: FloatArray

    @classmethod
    def over(cls, positions: FloatArray) -> Grid:
        """The grid over (P, 2) positions, with a margin for the smoothing."""
        low, high = positions.min(axis=0), positions.max(axis=0)
        side = float(max((high - low).max(), 1e-6)) * (1 + 2 * _MARGIN) / CELLS
        counts = np.ceil((high - low) / side + 2 * _MARGIN * CELLS).astype(int)
        starts = (low + high) / 2 - side * counts / 2
        borders = [
            (start + side * np.arange(count + 1)).astype(np.float32)
            for start, count in zip(starts, counts, strict=True)
        ]
        return cls(*borders)

    def centres(self) -> tuple[FloatArray, FloatArray]:
        """(X,) and (Y,) middles of the cells."""
        x, y = ((borders[1:] + borders[:-1]) / 2 for borders in (self.x, self.y))
        return x.astype(np.float32), y.astype(np.float32)

    def counts(self, positions: FloatArray) -> FloatArray:
        """(Y, X) points in each cell."""
        counts, _, _ = np.histogram2d(positions[:, 1], positions[:, 0], bins=(self.y, self.x))
        return counts.astype(np.float32)

    def density(self, positions: FloatArray) -> FloatArray:
        """(Y, X) points a cell, smoothed by a Gaussian; the sum stays the number of points."""
        from scipy.ndimage import gaussian_filter

        smoothed = gaussian_filter(self.counts(positions), _SIGMA_CELLS, mode="constant", truncate=3.0)
        return np.asarray(smoothed, dtype=np.float32)


def enclosed_percent(density: FloatArray) -> NDArray[np.uint8]:
    """For each cell the percentage of all points that lie in cells at least as dense (0 to 100).

    A contour at 50 encloses the densest half of the points (highest-density region, Hyndman 1996).
    """
    flat = density.ravel()
    order = np.argsort(-flat, kind="stable")
    total = float(flat.sum())
    percent = np.full(len(flat), 100.0)
    if total > 0:
        percent[order] = 100.0 * np.cumsum(flat[order], dtype=np.float64) / total
    return np.round(percent).astype(np.uint8).reshape(density.shape)
