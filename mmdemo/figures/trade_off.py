"""What one measure of recommenders costs in another: which of them give up nothing without need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from typing import Any

import numpy as np

from mmdemo.errors import QueryError
from mmdemo.figures.chart import Chart
from mmdemo.figures.palette import MUTED, TEXT, pick
from mmdemo.figures.point_labels import label_sides
from mmdemo.figures.standing import Standing, standing_marker
from mmdemo.figures.template import GRID_PX, head

_PLOT_PX = 34 * GRID_PX
_WIDTH_PX = 300.0
"""Of the plot on a phone: names that keep apart there do so everywhere."""
_LEAST = 1e-3
"""Smaller values stand here on a logarithmic axis."""


@dataclass(frozen=True, slots=True)
class Side:
    """What is along an axis.

    Args:
        name: In a sentence: "coverage", "time to fit".
        axis: Title of the axis, with its unit or range.
        digits: After the decimal point.
        less_is_better: As of time; else more is.
        logarithmic: Whether a step is ten times more.
    """

    name: str
    axis: str
    digits: int = 3
    less_is_better: bool = False
    logarithmic: bool = False


@dataclass(frozen=True, slots=True)
class Traded:
    """One model.

    Args:
        label: What it is called.
        up: Its value on the upright axis.
        along: On the other.
        standing: Against the best by the upright one.
    """

    label: str
    up: float
    along: float
    standing: Standing


def trade_off_chart(models: Sequence[Traded], *, up: Side, along: Side, dark: bool = False) -> Chart:
    """Draw one measure against another, and a line through the models that no other beats in both.

    Args:
        models: One or more.
        up: What is upright; more is better.
        along: What is along.
        dark: Whether the page is dark.

    Raises:
        QueryError: There is no model.
    """
    from plotly.graph_objects import Figure

    if not models:
        raise QueryError(
            "a comparison without models",
            expected="at least one that is measured is needed",
            remedy="measure one first",
        )
    front = unbeaten(models, less_is_better=along.less_is_better)
    ordered = sorted(models, key=lambda model: (model not in front, -model.up))
    highest = 1.15 * max(model.up for model in models) or 1.0
    left, right = _range(models, along)
    places = [
        (_WIDTH_PX * (_at(model, along) - left) / (right - left), _PLOT_PX * model.up / highest) for model in ordered
    ]
    sides = label_sides(np.array(places, np.float32), [model.label for model in ordered], width=_WIDTH_PX)
    figure = Figure(_line(front, along, dark=dark))
    for model, side in zip(ordered, sides, strict=True):
        figure.add_trace(_point(model, side, up, along, dark=dark))
    title = _finding(models, up, along)
    side = "left" if along.less_is_better else "right"
    subtitle = f"Best is above and to the {side}. Dotted: models that no other beats in both."
    top = head(figure, title, dark=dark, subtitle=subtitle)
    figure.update_layout(height=top + _PLOT_PX + 6 * GRID_PX)
    figure.update_yaxes(title=up.axis, range=[0, highest], fixedrange=True, nticks=6)
    figure.update_xaxes(title=along.axis, range=[left, right], fixedrange=True, nticks=6)
    if along.logarithmic:
        figure.update_xaxes(type="log", dtick=1)
    listed = "; ".join(
        f"{model.label}: {up.name} {model.up:.{up.digits}f}, {along.name} {model.along:.{along.digits}f}"
        for model in sorted(models, key=lambda model: -model.up)
    )
    return Chart(figure, f"{title}. {listed}.")


def unbeaten(models: Sequence[Traded], *, less_is_better: bool) -> list[Traded]:
    """Those that no other is better than in one of the two and at least as good in the other (the Pareto front)."""
    sign = -1 if less_is_better else 1

    def beats(one: Traded, other: Traded) -> bool:
        first, second = (one.up, sign * one.along), (other.up, sign * other.along)
        return first != second and first[0] >= second[0] and first[1] >= second[1]

    return [model for model in models if not any(beats(other, model) for other in models)]


def _finding(models: Sequence[Traded], up: Side, along: Side) -> str:
    highest = max(models, key=lambda model: model.up)
    other = (min if along.less_is_better else max)(models, key=lambda model: model.along)
    if other is highest:
        return f"{highest.label} leads in both {up.name} and {along.name}"
    return f"{highest.label} leads in {up.name}, {other.label} in {along.name}"


def _line(front: Sequence[Traded], along: Side, *, dark: bool) -> Any:
    from plotly.graph_objects import Scatter

    ordered = sorted(front, key=lambda model: model.along)
    return Scatter(
        x=[_shown(model, along) for model in ordered],
        y=[model.up for model in ordered],
        mode="lines",
        line={"dash": "dot", "width": 1.5, "color": pick(MUTED, dark)},
        showlegend=False,
        hoverinfo="skip",
    )


def _shown(model: Traded, along: Side) -> float:
    return max(model.along, _LEAST) if along.logarithmic else model.along


def _at(model: Traded, along: Side) -> float:
    """Where a model stands along the axis, as Plotly counts it."""
    return log10(_shown(model, along)) if along.logarithmic else model.along


def _range(models: Sequence[Traded], along: Side) -> tuple[float, float]:
    """From and to of the axis, with room beside the outermost."""
    places = [_at(model, along) for model in models]
    room = 0.12 * (max(places) - min(places)) or 0.5
    return min(places) - room, max(places) + room


def _point(model: Traded, side: str, up: Side, along: Side, *, dark: bool) -> Any:
    from plotly.graph_objects import Scatter

    said = f"{up.name} {model.up:.{up.digits}f}<br>{along.name} {model.along:.{along.digits}f}"
    return Scatter(
        x=[_shown(model, along)],
        y=[model.up],
        mode="markers+text" if side else "markers",
        text=[escape(model.label)],
        textposition=side or None,
        textfont={"size": 13, "color": pick(TEXT, dark)},
        cliponaxis=False,
        showlegend=False,
        marker=standing_marker(model.standing, dark=dark),
        hovertemplate=f"{escape(model.label)}<br>{said}<extra></extra>",
    )
