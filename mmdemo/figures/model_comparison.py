"""Which model finds more, and is the difference real? Scores and paired differences with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.errors import QueryError
from mmdemo.figures.chart import Chart
from mmdemo.figures.palette import MUTED, TEXT, pick
from mmdemo.figures.run_looks import run_look, tick_label
from mmdemo.figures.template import GRID_PX, head

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ROW_PX = 6 * GRID_PX


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of one run with its 95% interval.

    Args:
        label: What the run is called.
        number: Its place among the runs that are compared, from 0 on; decides its colour.
        value: The number: a share, or a difference of two.
        interval: From and to.
        is_real: Of a difference: whether it is called real, all that were tested taken into account.
    """

    label: str
    number: int
    value: float
    interval: tuple[float, float]
    is_real: bool = False


def score_chart(scores: Sequence[Measure], *, chance: float, k: int = 10, dark: bool = False) -> Chart:
    """Draw Recall@k of several runs with 95% intervals, best first, against chance.

    Args:
        scores: One a run.
        chance: What a random order would reach.
        k: How many of the first results count.
        dark: Whether the page is dark.

    Raises:
        QueryError: There is no score.
    """
    ordered = _ordered(scores)
    figure = _dots(ordered, [f"{score.value:.1%}" for score in ordered], f"Recall@{k} %{{x:.1%}}", ".1%", dark=dark)
    best, last = ordered[0], ordered[-1]
    beyond = [score for score in ordered[1:] if score.interval[1] < best.interval[0]]
    title = f"{best.label} is right most often: {best.value:.0%}"
    subtitle = f"Recall@{k}: right among the first {k}. Lines: 95% intervals; dotted: chance."
    high = max(*(score.interval[1] for score in ordered), chance)
    _finish(figure, ordered, title, subtitle, dark=dark)
    figure.add_vline(x=chance, line={"dash": "dot", "width": 1, "color": pick(MUTED, dark)}, layer="below")
    figure.update_xaxes(
        title=f"Recall@{k}, share of queries", tickformat=".0%", range=[0, min(1.02, 1.08 * high)], nticks=6
    )
    worst = f" Last: {last.label}, {last.value:.1%}." if len(ordered) > 1 else ""
    apart = f" {len(beyond)} of {len(ordered) - 1} others lie wholly below its interval." if len(ordered) > 1 else ""
    low, top = best.interval
    alt = f"{title}, 95% interval {low:.1%} to {top:.1%}.{apart}{worst} Chance reaches {chance:.1%}."
    return Chart(figure, alt)


def difference_chart(differences: Sequence[Measure], *, best: str, k: int = 10, dark: bool = False) -> Chart:
    """Draw how far each run lies behind the best on the same queries, with paired 95% intervals.

    Args:
        differences: One a run but the best: its Recall@k minus the best's.
        best: What the best run is called.
        k: How many of the first results count.
        dark: Whether the page is dark.

    Raises:
        QueryError: There is no difference.
    """
    ordered = [_in_points(found) for found in _ordered(differences)]
    figure = _dots(
        ordered, [_signed(found.value) for found in ordered], "difference %{x:+.1f} points", "+.1f", dark=dark
    )
    real = sum(found.is_real for found in ordered)
    if len(ordered) == 1:
        title = f"{ordered[0].label} is {'really' if real else 'not really'} behind {best}"
    elif real:
        title = f"{real} of {len(ordered)} {'is' if real == 1 else 'are'} really behind {best}"
    else:
        title = f"None is really behind {best}"
    subtitle = f"Recall@{k} on the same queries less that of {best}. Lines: 95% intervals."
    _finish(figure, ordered, title, subtitle, dark=dark)
    figure.add_vline(x=0, line={"width": 1.5, "color": pick(TEXT, dark)}, layer="below")
    bounds = np.array([found.interval for found in ordered])
    low, high = min(float(bounds.min()), 0.0), max(float(bounds.max()), 0.0)
    room = 0.12 * max(high - low, 1.0)
    figure.update_xaxes(title=f"difference in Recall@{k}, percentage points", range=[low - room, high + room], nticks=6)
    listed = "; ".join(
        f"{found.label} {_signed(found.value)} points, interval {_signed(found.interval[0])} to "
        f"{_signed(found.interval[1])}"
        for found in ordered
    )
    return Chart(figure, f"{title}. {listed}.")


def _ordered(measures: Sequence[Measure]) -> list[Measure]:
    if not measures:
        raise QueryError(
            "a comparison without measured runs",
            expected="at least one run that is finished and measured is needed",
            remedy="train a model first",
        )
    return sorted(measures, key=lambda measure: -measure.value)


def _in_points(share: Measure) -> Measure:
    """A difference of shares in percentage points."""
    low, high = share.interval
    return replace(share, value=100 * share.value, interval=(100 * low, 100 * high))


def _signed(points: float) -> str:
    rounded = round(points, 1)
    return "0.0" if rounded == 0 else f"{rounded:+.1f}".replace("-", "−")


def _dots(ordered: Sequence[Measure], said: Sequence[str], hover: str, form: str, *, dark: bool) -> Figure:
    """One dot and interval a row; rows are numbered, so that two runs may be called the same."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for row, (measure, words) in enumerate(zip(ordered, said, strict=True)):
        look = run_look(measure.number, dark=dark)
        low, high = measure.interval
        figure.add_trace(
            Scatter(
                x=[measure.value],
                y=[row],
                mode="markers+text",
                text=[words],
                textposition="top center",
                textfont={"size": 13, "color": pick(TEXT, dark)},
                cliponaxis=False,
                showlegend=False,
                marker={"symbol": look.symbol, "size": 12, "color": look.colour},
                error_x=_whiskers(measure.value, low, high, look.colour),
                hovertemplate=f"{escape(measure.label)}: {hover}<br>95%: {low:{form}} to {high:{form}}<extra></extra>",
            )
        )
    return figure


def _whiskers(value: float, low: float, high: float, colour: str) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(high - value, 0.0)],
        "arrayminus": [max(value - low, 0.0)],
        "color": colour,
        "thickness": 2,
        "width": 5,
    }


def _finish(figure: Figure, ordered: Sequence[Measure], title: str, subtitle: str, *, dark: bool) -> None:
    top = head(figure, title, dark=dark, subtitle=subtitle)
    rows = len(ordered)
    figure.update_layout(height=top + _ROW_PX * rows + 8 * GRID_PX)
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(rows)),
        ticktext=[tick_label(measure.label) for measure in ordered],
        tickfont={"color": pick(TEXT, dark)},
        range=[rows - 0.5, -0.75],
        showgrid=True,
        fixedrange=True,
    )
