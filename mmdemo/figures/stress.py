"""What is left of a model's score when a modality goes missing or becomes noise: one line a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Literal

from mmdemo.errors import QueryError
from mmdemo.figures.chart import Chart
from mmdemo.figures.palette import MODALITY_PLURALS, pick, rgba
from mmdemo.figures.palette import TEXT as INK
from mmdemo.figures.run_looks import run_look
from mmdemo.figures.template import GRID_PX, head
from mmdemo.types import Modality

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Kind = Literal["missing", "noise"]
_PLOT_PX = 40 * GRID_PX
_LABEL_PX, _LABEL_CHARACTERS = 124, 14
_LEAST_APART = 0.075
"""Between two labels at the right, as a share of the height of the plot; a label has up to two lines."""


@dataclass(frozen=True, slots=True)
class StressCurve:
    """One run under growing stress.

    Args:
        label: What the run is called.
        number: Its place among the runs that are compared, from 0 on; decides its colour.
        levels: Shares of the modality that are missing or noise, ascending, 0 to 1.
        values: Recall@10 at each, or another measure from 0 to 1 of which more is better.
        intervals: Its 95% interval at each; none where it has not got one.
    """

    label: str
    number: int
    levels: tuple[float, ...]
    values: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...] = ()

    @property
    def lost(self) -> float:
        """What is lost from the first level to the last."""
        return self.values[0] - self.values[-1]


def stress_chart(
    curves: Sequence[StressCurve],
    *,
    kind: Kind,
    modality: Modality,
    measure: str = "Recall@10",
    dark: bool = False,
) -> Chart:
    """Draw a measure against the share of a modality that is missing or noise, with 95% bands where they are known.

    Args:
        curves: One a run.
        kind: What is done to the modality.
        modality: Which one.
        measure: Of what the values are.
        dark: Whether the page is dark.

    Raises:
        QueryError: There is no curve.
    """
    from plotly.graph_objects import Figure

    if not curves:
        raise QueryError(
            "a figure of stress without a run", expected="at least one run under stress", remedy="measure it first"
        )
    figure = Figure()
    for curve in curves:
        if curve.intervals:
            _band(figure, curve, dark=dark)
    for curve in curves:
        _line(figure, curve, dark=dark)
    steadiest, weakest = min(curves, key=lambda curve: curve.lost), max(curves, key=lambda curve: curve.lost)
    what = MODALITY_PLURALS[modality]
    how = "missing" if kind == "missing" else "noise"
    asked = "queries" if measure == "Recall@10" else "test items"
    across = f"share of {asked} without their {what}" if kind == "missing" else f"share of noise in the {what}"
    lost = f"{max(100 * steadiest.lost, 0.0):.0f} points"
    title = (
        f"{steadiest.label} loses least when {what} are {how}: {lost}"
        if len(curves) > 1
        else f"{steadiest.label} loses {lost} when {what} are {how}"
    )
    bands = "; bands: 95% intervals" if any(curve.intervals for curve in curves) else ""
    top = head(figure, title, dark=dark, subtitle=f"{measure[:1].upper()}{measure[1:]} on the same {asked}{bands}.")
    shown = [value for curve in curves for value in (*curve.values, *(b for bounds in curve.intervals for b in bounds))]
    high, low = max(shown), min(shown)
    room = 0.06 * max(high - low, 0.02)
    bounds = (max(0.0, low - room), min(1.0, high + room))
    figure.update_layout(
        height=top + _PLOT_PX + 7 * GRID_PX,
        margin_r=_LABEL_PX,
        xaxis={"title": across, "tickformat": ".0%", "fixedrange": True},
        yaxis={
            "title": f"{measure}, share of {asked}" if asked == "queries" else measure,
            "tickformat": ".0%",
            "range": bounds,
            "fixedrange": True,
        },
        showlegend=False,
        hovermode="x unified",
    )
    _labels(figure, curves, bounds, dark=dark)
    listed = "; ".join(f"{curve.label} {curve.values[0]:.0%} to {curve.values[-1]:.0%}" for curve in curves)
    return Chart(figure, f"{title}. The weakest is {weakest.label}. From none to all: {listed}.")


def _band(figure: Figure, curve: StressCurve, *, dark: bool) -> None:
    from plotly.graph_objects import Scatter

    lows, highs = ([bounds[side] for bounds in curve.intervals] for side in (0, 1))
    figure.add_trace(
        Scatter(
            x=[*curve.levels, *reversed(curve.levels)],
            y=[*highs, *reversed(lows)],
            fill="toself",
            fillcolor=rgba(run_look(curve.number, dark=dark).colour, 0.1),
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
        )
    )


def _line(figure: Figure, curve: StressCurve, *, dark: bool) -> None:
    from plotly.graph_objects import Scatter

    look = run_look(curve.number, dark=dark)
    figure.add_trace(
        Scatter(
            x=curve.levels,
            y=curve.values,
            mode="lines+markers",
            name=escape(curve.label),
            line={"color": look.colour, "width": 2.5, "dash": look.dash},
            marker={"symbol": look.symbol, "size": 9, "color": look.colour},
            customdata=[f" ({low:.1%} to {high:.1%})" for low, high in curve.intervals] or [""] * len(curve.values),
            hovertemplate="%{y:.1%}%{customdata}",
        )
    )


def _labels(figure: Figure, curves: Sequence[StressCurve], bounds: tuple[float, float], *, dark: bool) -> None:
    """Write each name at the right end of its line, none over another."""
    low, high = bounds
    apart = _LEAST_APART * (high - low) * 2
    ordered = sorted(curves, key=lambda curve: curve.values[-1])
    for curve, place in zip(ordered, spread([curve.values[-1] for curve in ordered], apart, high), strict=True):
        lines = wrap(curve.label, _LABEL_CHARACTERS)
        shown = lines[:2] if len(lines) <= 2 else [lines[0], lines[1][: _LABEL_CHARACTERS - 1] + "…"]
        glyph = f'<span style="color: {run_look(curve.number, dark=dark).colour}">━</span> '
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="left",
            xshift=GRID_PX,
            y=place,
            text=glyph + "<br>".join(escape(line) for line in shown),
            align="left",
            showarrow=False,
            font={"size": 13, "color": pick(INK, dark)},
        )


def spread(places: Sequence[float], apart: float, high: float) -> list[float]:
    """Ascending places moved as little as it takes to lie `apart`; from the top down where they would pass `high`."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + apart) if moved else place)
    limit = high
    for at in reversed(range(len(moved))):
        moved[at] = min(moved[at], limit)
        limit = moved[at] - apart
    return moved
