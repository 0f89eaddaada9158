"""The shape of an aligned space: how far apart its modalities lie, and whether a few items are found by all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mmdemo.align.report import AlignmentReport, Pair
from mmdemo.errors import QueryError
from mmdemo.figures.chart import Chart
from mmdemo.figures.palette import ACTION, MODALITY_PLURALS, MODALITY_WORDS, MUTED, pick
from mmdemo.figures.template import GRID_PX, head

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ROW_PX = 7 * GRID_PX


def gap_bars(report: AlignmentReport, *, dark: bool = False) -> Chart:
    """Draw the modality gap of every pair before and after the alignment.

    The gap is the distance between the centres of two modalities (Liang et al. 2022).

    Args:
        report: What was measured of one alignment.
        dark: Whether the page is dark.

    Raises:
        QueryError: No gap was measured before and after.
    """
    from plotly.graph_objects import Bar, Figure

    pairs = [pair for pair in report.gap_before if pair in report.gap_after]
    _require_pairs(pairs, "modality gap")
    rows = [_between(pair) for pair in pairs]
    figure = Figure()
    for name, gaps, filled in (("before", report.gap_before, False), ("after", report.gap_after, True)):
        values = np.array([gaps[pair] for pair in pairs], dtype=np.float32)
        colour = pick(ACTION if filled else MUTED, dark)
        figure.add_trace(
            Bar(
                x=values,
                y=rows,
                name=name,
                orientation="h",
                text=[f"{value:.2f}" for value in values],
                textposition="outside",
                cliponaxis=False,
                marker={"color": colour if filled else "rgba(0, 0, 0, 0)", "line": {"color": colour, "width": 1.5}},
                hovertemplate="%{y}, " + name + ": %{x:.3f}<extra></extra>",
            )
        )
    before = float(np.mean([report.gap_before[pair] for pair in pairs]))
    after = float(np.mean([report.gap_after[pair] for pair in pairs]))
    change = "narrows" if after < before - 0.005 else "widens" if after > before + 0.005 else "keeps"
    title = f"Alignment {change} the modality gap: {before:.2f} before, {after:.2f} after"
    subtitle = "Distance between the centres of two kinds; 0: none."
    top = head(figure, title, dark=dark, subtitle=subtitle, below_px=4 * GRID_PX)
    highest = max(*report.gap_before.values(), *report.gap_after.values(), 0.1)
    _bar_layout(figure, len(rows), top=top, title="distance of centres, 0 to 2", bounds=(0.0, 1.15 * highest))
    listed = "; ".join(f"{_between(p)} {report.gap_before[p]:.2f} to {report.gap_after[p]:.2f}" for p in pairs)
    return Chart(figure, f"{title}, the mean over pairs. {listed}.")


def hubness_bars(report: AlignmentReport, *, dark: bool = False) -> Chart:
    """Draw the skewness of how often each item is among the ten nearest (Radovanović et al. 2010).

    Args:
        report: What was measured of one alignment.
        dark: Whether the page is dark.

    Raises:
        QueryError: No hubness was measured.
    """
    from plotly.graph_objects import Bar, Figure

    pairs = sorted(report.hubness, key=lambda pair: -report.hubness[pair])
    _require_pairs(pairs, "hubness")
    values = np.array([report.hubness[pair] for pair in pairs], dtype=np.float32)
    rows = [_asked(pair) for pair in pairs]
    colour = pick(ACTION, dark)
    figure = Figure(
        Bar(
            x=values,
            y=rows,
            orientation="h",
            text=[f"{value:.1f}" for value in values],
            textposition="outside",
            cliponaxis=False,
            marker={"color": colour, "line": {"width": 0}},
            hovertemplate="%{y}: skewness %{x:.2f}<extra></extra>",
        )
    )
    title = f"Are some found by every query? Most of all {rows[0]} ({values[0]:.1f})"
    top = head(figure, title, dark=dark, subtitle="Skewness of how often each is among the ten nearest; 0: all alike.")
    low, high = min(0.0, float(values.min())), max(0.5, float(values.max()))
    room = 0.15 * (high - low)
    bounds = (low - room if low < 0 else 0.0, high + room)
    _bar_layout(figure, len(rows), top=top, title="skewness", bounds=bounds)
    return Chart(
        figure,
        f"Hubness of {report.method}: "
        + "; ".join(f"{row} {value:.1f}" for row, value in zip(rows, values, strict=True))
        + ". 0 means that all are found equally often.",
    )


def _bar_layout(figure: Figure, rows: int, *, top: int, title: str, bounds: tuple[float, float]) -> None:
    figure.update_layout(
        height=top + _ROW_PX * rows + 7 * GRID_PX,
        bargap=0.35,
        bargroupgap=0.12,
        xaxis={"title": title, "range": list(bounds), "fixedrange": True},
        yaxis={"autorange": "reversed", "showgrid": False, "fixedrange": True},
        legend={"y": 1, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False},
    )


def _between(pair: Pair) -> str:
    return f"{MODALITY_WORDS[pair[0]]} and {MODALITY_WORDS[pair[1]]}"


def _asked(pair: Pair) -> str:
    return f"{MODALITY_PLURALS[pair[1]]} by {MODALITY_WORDS[pair[0]]}"


def _require_pairs(pairs: list[Pair], what: str) -> None:
    if not pairs:
        raise QueryError(
            f"a figure of {what} without measured pairs",
            expected="a catalogue whose items have several modalities is needed",
            remedy="measure an alignment on one first",
        )
