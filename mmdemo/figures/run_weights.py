"""How much of each modality a model used, on average: one stacked bar a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from mmdemo.errors import QueryError
from mmdemo.figures.chart import Chart
from mmdemo.figures.palette import (
    CARD,
    MODALITY_GLYPHS,
    MODALITY_PLURALS,
    MODALITY_WORDS,
    PAGE,
    TEXT,
    modality_colour,
    pick,
)
from mmdemo.figures.run_looks import tick_label
from mmdemo.figures.template import GRID_PX, head
from mmdemo.types import Modality

_ROW_PX = 6 * GRID_PX
_SMALLEST_SAID = 0.1
"""A narrower piece has no room for its number."""


def weight_chart(weights: Sequence[tuple[str, Mapping[Modality, float]]], *, dark: bool = False) -> Chart:
    """Draw the mean modality weights of several runs; what is below 0 pushes away and lies left of 0.

    Args:
        weights: What each run is called, and its mean weights; they sum to about 1.
        dark: Whether the page is dark.

    Raises:
        QueryError: There are none.
    """
    from plotly.graph_objects import Bar, Figure

    kinds = [kind for kind in Modality if any(kind in found for _, found in weights)]
    if not kinds:
        raise QueryError(
            "a figure of weights without weights", expected="at least one measured run", remedy="train a model first"
        )
    figure = Figure()
    rows = list(range(len(weights)))
    for kind in kinds:
        values = [found.get(kind, 0.0) for _, found in weights]
        figure.add_trace(
            Bar(
                x=values,
                y=rows,
                orientation="h",
                name=f"{MODALITY_GLYPHS[kind]} {MODALITY_WORDS[kind]}",
                text=[_said(kind, value) for value in values],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                textfont={"color": pick(PAGE, dark), "size": 13},
                marker={"color": modality_colour(kind, dark=dark), "line": {"color": pick(CARD, dark), "width": 1}},
                customdata=[escape(label) for label, _ in weights],
                hovertemplate="%{customdata}: " + MODALITY_WORDS[kind] + " %{x:.1%}<extra></extra>",
            )
        )
    title = _finding(weights)
    subtitle = "Mean weight on items with all kinds of media, as a share of the whole."
    top = head(figure, title, dark=dark, subtitle=subtitle, below_px=4 * GRID_PX)
    figure.update_layout(
        height=top + _ROW_PX * len(rows) + 8 * GRID_PX,
        barmode="relative",
        bargap=0.3,
        xaxis={"title": "mean weight, share of the whole", "tickformat": ".0%", "fixedrange": True},
        yaxis={
            "tickmode": "array",
            "tickvals": rows,
            "ticktext": [tick_label(label) for label, _ in weights],
            "tickfont": {"color": pick(TEXT, dark)},
            "range": [len(rows) - 0.5, -0.5],
            "showgrid": False,
            "fixedrange": True,
        },
        legend={"y": 1, "yanchor": "bottom", "traceorder": "normal", "itemclick": False, "itemdoubleclick": False},
    )
    listed = "; ".join(
        f"{label}: " + ", ".join(f"{MODALITY_WORDS[kind]} {found.get(kind, 0.0):.0%}" for kind in kinds)
        for label, found in weights
    )
    return Chart(figure, f"{title}. {listed}.")


def _said(kind: Modality, value: float) -> str:
    return f"{MODALITY_GLYPHS[kind]} {value:.0%}".replace("-", "−") if abs(value) >= _SMALLEST_SAID else ""


def _finding(weights: Sequence[tuple[str, Mapping[Modality, float]]]) -> str:
    most = [max(found, key=lambda kind, found=found: found[kind]) for _, found in weights if found]
    if len(set(most)) == 1 and len(most) > 1:
        return f"All of them lean most on {MODALITY_PLURALS[most[0]]}"
    label, kind, share = max(
        ((label, kind, share) for label, found in weights for kind, share in found.items()), key=lambda row: row[2]
    )
    return f"{label} leans most on one kind: {share:.0%} on {MODALITY_PLURALS[kind]}"
