"""Which recommender leads by a measure, and who is as good as far as anybody can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from mmdemo.errors import QueryError
from mmdemo.figures.chart import Chart
from mmdemo.figures.palette import TEXT, pick
from mmdemo.figures.run_looks import tick_label
from mmdemo.figures.standing import Standing, colour_of, standing_marker
from mmdemo.figures.template import GRID_PX, head

_ROW_PX = 5 * GRID_PX


@dataclass(frozen=True, slots=True)
class Placed:
    """One model by one measure.

    Args:
        label: What the model is called.
        value: Of the measure.
        interval: From and to.
        standing: Against the best.
    """

    label: str
    value: float
    interval: tuple[float, float]
    standing: Standing


def leaderboard_chart(models: Sequence[Placed], *, measure: str, dark: bool = False) -> Chart:
    """Draw a measure of several models with its intervals, best first.

    Args:
        models: One or more; their marker is filled where they are not really behind the best.
        measure: What it is called, "NDCG@10".
        dark: Whether the page is dark.

    Raises:
        QueryError: There is no model.
    """
    from plotly.graph_objects import Figure

    ordered = _ordered(models)
    figure = Figure()
    for row, model in enumerate(ordered):
        figure.add_trace(_row(model, row, measure, dark=dark))
    title = f"{ordered[0].label} {'leads' if len(ordered) > 1 else 'alone'}: {measure} {ordered[0].value:.3f}"
    said = _others(ordered)
    subtitle = f"{said} Mean over the people judged by. Lines: 95% intervals. Hollow: really behind.".strip()
    top = head(figure, title, dark=dark, subtitle=subtitle)
    figure.update_layout(height=top + _ROW_PX * len(ordered) + 7 * GRID_PX)
    high = max(model.interval[1] for model in ordered) or 1.0
    figure.update_xaxes(title=f"{measure}, from 0 to 1", range=[0, min(1.05, 1.1 * high)], nticks=6, fixedrange=True)
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(ordered))),
        ticktext=[tick_label(model.label) for model in ordered],
        tickfont={"color": pick(TEXT, dark)},
        range=[len(ordered) - 0.5, -0.75],
        showgrid=True,
        fixedrange=True,
    )
    listed = "; ".join(
        f"{model.label} {model.value:.3f}, interval {model.interval[0]:.3f} to {model.interval[1]:.3f}"
        for model in ordered
    )
    return Chart(figure, f"{title}. {said} {listed}.")


def _ordered(models: Sequence[Placed]) -> list[Placed]:
    if not models:
        raise QueryError(
            "a leaderboard without models",
            expected="at least one that is measured is needed",
            remedy="measure one first",
        )
    return sorted(models, key=lambda model: -model.value)


def _others(ordered: Sequence[Placed]) -> str:
    """How many others may be as good as the first, as a sentence."""
    level = [model.label for model in ordered[1:] if model.standing == "level"]
    if len(ordered) == 1:
        return ""
    if not level:
        return "All others are really behind." if len(ordered) > 2 else "The other is really behind."
    return f"{level[0] if len(level) == 1 else f'{len(level)} others'} may be as good."


def _row(model: Placed, row: int, measure: str, *, dark: bool) -> Any:
    from plotly.graph_objects import Scatter

    low, high = model.interval
    return Scatter(
        x=[model.value],
        y=[row],
        mode="markers+text",
        text=[f"{model.value:.3f}"],
        textposition="top center",
        textfont={"size": 13, "color": pick(TEXT, dark)},
        cliponaxis=False,
        showlegend=False,
        marker=standing_marker(model.standing, dark=dark),
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [max(high - model.value, 0.0)],
            "arrayminus": [max(model.value - low, 0.0)],
            "color": colour_of(model.standing, dark=dark),
            "thickness": 2,
            "width": 5,
        },
        hovertemplate=f"{escape(model.label)}: {measure} %{{x:.4f}}<br>95%: {low:.4f} to {high:.4f}<extra></extra>",
    )
