"""Which recommender leads by a measure, who is as good as far as anybody can tell, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from mmdemo.errors import QueryError
from mmdemo.figures.chart import Chart
from mmdemo.figures.palette import ACTION, MUTED, PAGE, TEXT, pick
from mmdemo.figures.run_looks import tick_label
from mmdemo.figures.template import GRID_PX, head

Standing = Literal["best", "level", "behind", "unknown"]
"""The best; not really behind it; really behind it; nobody has tested."""
_ROW_PX = 5 * GRID_PX


@dataclass(frozen=True, slots=True)
class Placed:
    """One model by one measure.

    Args:
        label: What the model is called.
        value: Of the measure.
        interval: From and to.
        standing: Against the best.
        seconds: Of fitting it.
    """

    label: str
    value: float
    interval: tuple[float, float]
    standing: Standing
    seconds: float


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
    title, said = _finding(ordered, measure)
    subtitle = "Mean over the people judged by; lines: 95% intervals. Hollow: really behind the first."
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
    return Chart(figure, f"{title}. {said}{listed}.")


def cost_chart(models: Sequence[Placed], *, measure: str, dark: bool = False) -> Chart:
    """Draw a measure against the seconds of fitting.

    Args:
        models: One or more.
        measure: What it is called.
        dark: Whether the page is dark.

    Raises:
        QueryError: There is no model.
    """
    from plotly.graph_objects import Figure

    ordered = _ordered(models)
    front = _front(ordered)
    figure = Figure()
    for model in ordered:
        figure.add_trace(_point(model, model in front, measure, dark=dark))
    quick = min(front, key=lambda model: model.seconds)
    title = f"{ordered[0].label} is worth {_time(ordered[0].seconds)}"
    if len(ordered) > 1 and quick is not ordered[0]:
        title = f"{quick.label} takes {_time(quick.seconds)}, {ordered[0].label} {_time(ordered[0].seconds)}"
    subtitle = "Named: nothing quicker is better. Further up is better, further left is quicker."
    top = head(figure, title, dark=dark, subtitle=subtitle)
    figure.update_layout(height=top + 38 * GRID_PX)
    high = max(model.value for model in ordered) or 1.0
    figure.update_yaxes(title=f"{measure}, from 0 to 1", range=[0, 1.15 * high], fixedrange=True, nticks=6)
    figure.update_xaxes(title="seconds to fit, ten times more a step", type="log", fixedrange=True, dtick=1)
    listed = "; ".join(f"{model.label} {model.value:.3f} in {_time(model.seconds)}" for model in ordered)
    return Chart(figure, f"{title}. {listed}.")


def _ordered(models: Sequence[Placed]) -> list[Placed]:
    if not models:
        raise QueryError(
            "a leaderboard without models",
            expected="at least one that is measured is needed",
            remedy="measure one first",
        )
    return sorted(models, key=lambda model: -model.value)


def _finding(ordered: Sequence[Placed], measure: str) -> tuple[str, str]:
    """The title, and what it leaves out."""
    best, others = ordered[0], ordered[1:]
    level = [model.label for model in others if model.standing == "level"]
    behind = sum(model.standing == "behind" for model in others)
    title = f"{best.label} leads with {measure} {best.value:.3f}"
    if not others:
        return f"{best.label} reaches {measure} {best.value:.3f}", ""
    if level:
        title += f"; {level[0] if len(level) == 1 else f'{len(level)} others'} may be as good"
    return title, f"{behind} of {len(others)} others are really behind. " if behind else ""


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
        marker=_marker(model, dark=dark),
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [max(high - model.value, 0.0)],
            "arrayminus": [max(model.value - low, 0.0)],
            "color": pick(MUTED if model.standing == "behind" else ACTION, dark),
            "thickness": 2,
            "width": 5,
        },
        hovertemplate=f"{escape(model.label)}: {measure} %{{x:.4f}}<br>95%: {low:.4f} to {high:.4f}<extra></extra>",
    )


def _marker(model: Placed, *, dark: bool) -> dict[str, Any]:
    """A star for the best, filled for those as good as far as anybody can tell, hollow for those behind."""
    colour = pick(MUTED if model.standing == "behind" else ACTION, dark)
    fill = pick(PAGE, dark) if model.standing == "behind" else colour
    symbol = "star" if model.standing == "best" else "circle"
    return {"symbol": symbol, "size": 12, "color": fill, "line": {"color": colour, "width": 2}}


def _point(model: Placed, named: bool, measure: str, *, dark: bool) -> Any:
    from plotly.graph_objects import Scatter

    return Scatter(
        x=[max(model.seconds, 1e-3)],
        y=[model.value],
        mode="markers+text" if named else "markers",
        text=[escape(model.label)],
        textposition="top center",
        textfont={"size": 13, "color": pick(TEXT, dark)},
        cliponaxis=False,
        showlegend=False,
        marker=_marker(model, dark=dark),
        hovertemplate=f"{escape(model.label)}: {measure} %{{y:.4f}} in {_time(model.seconds)}<extra></extra>",
    )


def _front(ordered: Sequence[Placed]) -> list[Placed]:
    """Those that are better than all that are quicker (the Pareto front); `ordered` is best first."""
    front: list[Placed] = []
    for model in ordered:
        if all(model.seconds < other.seconds for other in front):
            front.append(model)
    return front


def _time(seconds: float) -> str:
    if seconds < 0.01:
        return "a few ms"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:,.0f} s"
