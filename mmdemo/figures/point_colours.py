"""How points are coloured: small arrays and a colour scale, never one string a point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmdemo.figures.map_view import ColourBy
from mmdemo.figures.palette import ACTION, OTHER, Scale, categorical, diverging, pick, sequential

_FAINTEST = 0.3
"""Where the scale of points begins, so that the lowest value is still seen on the page."""
_OUTLIER_RATIO = 1.5
"""Colours end at the 98th percentile where the largest value is this many times that."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One line of the legend of categories: its name, colour and number of points."""

    name: str
    colour: str
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class PointColours:
    """Colours of P points.

    Args:
        values: (P,) uint8 steps or float32 numbers (NaN: no value).
        scale: Plotly colour scale.
        low: Value at the start of the scale.
        high: Value at its end.
        entries: Legend of the categories; empty for numbers.
        note: What the reader must know (where colours end); may be empty.
    """

    values: NDArray
    scale: Scale
    low: float
    high: float
    entries: tuple[Entry, ...] = ()
    note: str = ""

    @property
    def are_numbers(self) -> bool:
        """Whether the values are numbers on a scale rather than steps of categories."""
        return self.values.dtype == np.float32


def point_colours(colour: ColourBy, *, dark: bool) -> PointColours | None:
    """The colours of every point; None where each modality has its own."""
    if colour.kind == "modality" or colour.values is None:
        return None
    if colour.kind == "category":
        return _categories(colour.values, colour.names, dark=dark)
    return _numbers(np.asarray(colour.values, dtype=np.float32), dark=dark)


def _categories(codes: NDArray, names: tuple[str, ...], *, dark: bool) -> PointColours:
    """Step 0 is grey; the most frequent categories take the steps 1, 2, ... of the palette."""
    palette = categorical(dark=dark)
    counts = np.bincount(codes[codes >= 0].astype(np.intp), minlength=len(names))
    ranked = [int(code) for code in np.argsort(-counts, kind="stable") if counts[code]]
    kept, rest = ranked[: len(palette)], ranked[len(palette) :]
    steps = np.zeros(len(names) + 1, dtype=np.uint8)  # the last one is what -1 picks
    steps[kept] = np.arange(1, len(kept) + 1, dtype=np.uint8)
    colours = [pick(OTHER, dark), *palette]
    entries = [Entry(names[code], colours[step], int(counts[code])) for step, code in enumerate(kept, start=1)]
    if rest:
        entries.append(Entry(f"other ({len(rest)} more)", colours[0], int(counts[rest].sum())))
    without = int(np.count_nonzero(codes < 0))
    if without:
        entries.append(Entry("none", colours[0], without))
    scale = [(edge / len(colours), shade) for step, shade in enumerate(colours) for edge in (step, step + 1)]
    return PointColours(steps[codes], scale, -0.5, len(colours) - 0.5, tuple(entries))


def _numbers(values: NDArray[np.float32], *, dark: bool) -> PointColours:
    present = values[np.isfinite(values)]
    values = np.where(np.isfinite(values), values, np.float32(np.nan))
    if not len(present):
        return PointColours(values, sequential(dark=dark), 0.0, 1.0, note="No point has a value.")
    low, high = float(present.min()), float(present.max())
    if low < 0 < high:
        bound = max(-low, high)
        return PointColours(values, diverging(dark=dark), -bound, bound)
    edge = float(np.percentile(present, 98))
    note = ""
    if edge > low and high - low > _OUTLIER_RATIO * (edge - low):
        note = f"Strongest colour: {edge:,.4g} and more (largest {high:,.4g})."
        high = edge
    scale = sequential(ACTION, dark=dark, start=_FAINTEST)
    return PointColours(values, scale, low, high if high > low else low + 1.0, note=note)
