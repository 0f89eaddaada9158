"""Do learned weights follow the signal? Weight against truth of one fusion, and all fusions by how well they follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mmdemo.errors import QueryError
from mmdemo.figures.chart import Chart
from mmdemo.figures.palette import ACTION, MODALITY_WORDS, MUTED, PAGE, TEXT, modality_colour, pick, symbol
from mmdemo.figures.template import GRID_PX, hang_legend, head
from mmdemo.types import Modality

if TYPE_CHECKING:
    from mmdemo.fusion.truth_report import TruthPoint, TruthReport

ENOUGH = 0.9
"""From this rank correlation on, weights are said to follow the signal."""
_PLOT_PX = 40 * GRID_PX
_ROW_PX = 5 * GRID_PX


def truth_chart(
    report: TruthReport, fusion: str | None = None, *, dark: bool = False, names: Mapping[str, str] | None = None
) -> Chart:
    """Draw the weight that a fusion learned for each modality of each world against the share of bits it carries.

    Args:
        report: What was measured.
        fusion: Which fusion; None for the one that follows the truth best.
        dark: Whether the page is dark.
        names: Fusion to what it is called; None: as the report calls it.

    Raises:
        QueryError: That fusion was not measured.
    """
    from plotly.graph_objects import Figure, Scatter

    chosen = _chosen(report, fusion)
    points = [point for point in report.points if point.fusion == chosen]
    figure = Figure()
    low = min(0.0, *(point.weight for point in points))
    high = max(*(point.weight for point in points), *(point.bits_share for point in points))
    for modality in Modality:
        mine = [point for point in points if point.modality is modality]
        if mine:
            figure.add_trace(_dots(mine, modality, dark=dark))
    ends = [0.0, high]
    figure.add_trace(
        Scatter(
            x=ends,
            y=ends,
            mode="lines",
            name="exactly its share",
            line={"dash": "dot", "width": 1.5, "color": pick(MUTED, dark)},
            hoverinfo="skip",
        )
    )
    found = report.spearman[chosen]
    called = (names or {}).get(chosen, chosen)
    title = f"{called}: weights {_verdict(found)} the signal"
    subtitle = f"One point a modality of {_worlds(len(report.worlds))}. Rank correlation {found:.2f}; 1 is perfect."
    top = head(figure, title, dark=dark, subtitle=subtitle, below_px=4 * GRID_PX)
    room = 0.06 * (high - low)
    figure.update_layout(
        height=top + _PLOT_PX + 7 * GRID_PX,
        xaxis={"title": "share of the information it carries", "tickformat": ".0%", "range": [-room, high + room]},
        yaxis={"title": "weight it was given", "tickformat": ".0%", "range": [low - room, high + room]},
        plot_bgcolor=pick(PAGE, dark),
        legend={"itemclick": False, "itemdoubleclick": False},
    )
    hang_legend(figure, top - 4 * GRID_PX)
    most = max(points, key=lambda point: point.bits_share)
    least = min(points, key=lambda point: point.bits_share)
    alt = (
        f"{title}, rank correlation {found:.2f} over {len(points)} points. "
        f"{_point_words(most)} {_point_words(least)} It names {report.accuracy[chosen]:.0%} of the factors right."
    )
    return Chart(figure, alt)


def truth_ranking(report: TruthReport, *, dark: bool = False, names: Mapping[str, str] | None = None) -> Chart:
    """Draw how well each fusion's weights follow the signal, best first.

    Args:
        report: What was measured.
        dark: Whether the page is dark.
        names: Fusion to what it is called; None: as the report calls it.

    Raises:
        QueryError: Nothing was measured.
    """
    from plotly.graph_objects import Figure, Scatter

    best = _chosen(report, None)
    labels = [(names or {}).get(fusion, fusion) for fusion in report.spearman]
    values = list(report.spearman.values())
    accuracies = [report.accuracy[fusion] for fusion in report.spearman]
    figure = Figure(
        Scatter(
            x=values,
            y=labels,
            mode="markers+text",
            text=[f"{value:.2f}" for value in values],
            textposition="top center",
            textfont={"size": 13, "color": pick(TEXT, dark)},
            cliponaxis=False,
            customdata=accuracies,
            marker={"size": 13, "color": pick(ACTION, dark)},
            hovertemplate="%{y}: rank correlation %{x:.3f}<br>%{customdata:.0%} of the factors named right"
            "<extra></extra>",
        )
    )
    enough = sum(value >= ENOUGH for value in values)
    title = f"{(names or {}).get(best, best)} recovers the signal best"
    subtitle = f"Rank correlation of weight and share of information; dotted: {ENOUGH:.1f}."
    top = head(figure, title, dark=dark, subtitle=subtitle)
    figure.add_vline(x=ENOUGH, line={"dash": "dot", "width": 1, "color": pick(MUTED, dark)}, layer="below")
    figure.update_layout(
        height=top + _ROW_PX * len(labels) + 7 * GRID_PX,
        xaxis={"title": "rank correlation (Spearman)", "range": [min(-0.05, *values) - 0.05, 1.05]},
        yaxis={"autorange": "reversed", "showgrid": True, "type": "category"},
        plot_bgcolor=pick(PAGE, dark),
        showlegend=False,
    )
    listed = "; ".join(f"{label} {value:.2f}" for label, value in zip(labels, values, strict=True))
    alt = f"{title}: {listed}. {enough} of {len(values)} reach {ENOUGH:.1f}, over {_worlds(len(report.worlds))}."
    return Chart(figure, alt)


def _dots(points: list[TruthPoint], modality: Modality, *, dark: bool):
    from plotly.graph_objects import Scatter

    return Scatter(
        x=[point.bits_share for point in points],
        y=[point.weight for point in points],
        mode="markers",
        name=MODALITY_WORDS[modality],
        marker={
            "symbol": symbol(modality),
            "size": 11,
            "color": modality_colour(modality, dark=dark),
            "line": {"width": 1, "color": pick(PAGE, dark)},
        },
        customdata=[point.world for point in points],
        hovertemplate=f"{MODALITY_WORDS[modality]} of %{{customdata}}<br>carries %{{x:.0%}}, weighs %{{y:.0%}}"
        "<extra></extra>",
    )


def _chosen(report: TruthReport, fusion: str | None) -> str:
    if not report.runs or (fusion is not None and fusion not in report.spearman):
        raise QueryError(
            f"weights of {'any fusion' if fusion is None else repr(fusion)}",
            expected="only what was measured can be drawn",
            remedy="measure it first",
        )
    return report.best if fusion is None else fusion


def _verdict(correlation: float) -> str:
    if correlation >= ENOUGH:
        return "follow"
    return "roughly follow" if correlation >= ENOUGH / 2 else "hardly follow"


def _worlds(count: int) -> str:
    return "one world" if count == 1 else f"{count} worlds"


def _point_words(point: TruthPoint) -> str:
    return f"A {MODALITY_WORDS[point.modality]} that carries {point.bits_share:.0%} weighs {point.weight:.0%}."
