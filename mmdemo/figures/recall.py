"""How well one modality finds another: the matrix of one alignment, and several alignments side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mmdemo.align.report import AlignmentReport, Pair
from mmdemo.errors import QueryError
from mmdemo.figures.chart import Chart
from mmdemo.figures.palette import ACTION, MODALITY_PLURALS, MODALITY_WORDS, MUTED, PAGE, TEXT, pick, sequential
from mmdemo.figures.template import GRID_PX, head
from mmdemo.types import Modality

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_DARKEST = 0.5
"""Where the scale of cells ends, so that their text stays readable."""
_ROW_PX = 6 * GRID_PX
_TEXT_TO_IMAGE: Pair = (Modality.TEXT, Modality.IMAGE)


def recall_matrix(report: AlignmentReport, k: int = 10, *, dark: bool = False) -> Chart:
    """Draw Recall@k of every ordered pair: value and 95% interval in the cell, chance under the pointer.

    Args:
        report: What was measured of one alignment.
        k: One of the report's cut-offs.
        dark: Whether the page is dark.

    Raises:
        QueryError: Nothing was measured, or not at this k.
    """
    from plotly.graph_objects import Figure, Heatmap

    _require_recall([report], k)
    kinds = report.modalities
    shape = (len(kinds), len(kinds))
    values = np.full(shape, np.nan, dtype=np.float32)
    cells = np.full(shape, "", dtype=object)
    hover = np.full(shape, "", dtype=object)
    for (query, found), scores in report.pairs.items():
        at = kinds.index(query), kinds.index(found)
        low, high = scores.intervals[k]
        values[at] = scores.recall[k]
        cells[at] = f"<b>{scores.recall[k]:.0%}</b><br>{low * 100:.0f} to {high:.0%}"
        hover[at] = (
            f"{MODALITY_PLURALS[found]} by {MODALITY_WORDS[query]}: Recall@{k} {scores.recall[k]:.1%}"
            f"<br>95% interval {low:.1%} to {high:.1%}<br>by chance {scores.chance[k]:.1%}"
            f"<br>median rank {scores.median_rank:,.0f} of {scores.candidates:,}; {scores.pairs:,} queries"
        )
    words = [MODALITY_WORDS[kind] for kind in kinds]
    shade = Heatmap(
        x=words,
        y=words,
        z=values,
        text=cells,
        texttemplate="%{text}",
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
        colorscale=sequential(dark=dark, stop=_DARKEST),
        textfont={"color": pick(TEXT, dark), "size": 14},
        zmin=0.0,
        zmax=1.0,
        showscale=False,
        xgap=2,
        ygap=2,
    )
    figure = Figure(shade)
    best = max(report.pairs, key=lambda pair: report.pairs[pair].recall[k])
    worst = min(report.pairs, key=lambda pair: report.pairs[pair].recall[k])
    title = f"{_asked(best).capitalize()}: right among the first {k} in {report.pairs[best].recall[k]:.0%} of cases"
    subtitle = f"Recall@{k} of {report.items:,} items in {report.folds} folds; small: 95% interval."
    top = head(figure, title, dark=dark, subtitle=subtitle)
    figure.update_layout(
        height=top + 9 * GRID_PX * len(kinds) + 8 * GRID_PX,
        xaxis={"title": "looked for", "showgrid": False, "fixedrange": True},
        yaxis={"title": "asked with", "showgrid": False, "autorange": "reversed", "fixedrange": True},
    )
    alt = f"{title}, the best pair. The worst: {_asked(worst)}, {report.pairs[worst].recall[k]:.0%}."
    return Chart(figure, f"{alt} By chance {report.pairs[worst].chance[k]:.1%}. Alignment: {report.method}.")


def method_comparison(
    reports: Sequence[AlignmentReport],
    *,
    dark: bool = False,
    pair: Pair = _TEXT_TO_IMAGE,
    cutoffs: tuple[int, int] = (10, 1),
    names: Mapping[str, str] | None = None,
) -> Chart:
    """Draw Recall@10 and Recall@1 of several alignments with their intervals, best first.

    Args:
        reports: One an alignment; those that did not measure the pair are left out.
        dark: Whether the page is dark.
        pair: (asked with, looked for).
        cutoffs: The two k, the one that orders the rows first.
        names: Method to what it is called; None: as the reports call it.

    Raises:
        QueryError: No report measured the pair at both k.
    """
    from plotly.graph_objects import Figure, Scatter

    measured = [report for report in reports if pair in report.pairs]
    for k in cutoffs:
        _require_recall(measured, k)
    ordered = sorted(measured, key=lambda report: report.pairs[pair].recall[cutoffs[0]], reverse=True)
    labels = [(names or {}).get(report.method, report.method) for report in ordered]
    figure = Figure()
    looks = (("circle", ACTION, 13), ("diamond-open", MUTED, 11))
    for k, (shape, colour, size) in zip(cutoffs, looks, strict=True):
        scores = [report.pairs[pair] for report in ordered]
        shares = np.array([score.recall[k] for score in scores], dtype=np.float32)
        bounds = np.array([score.intervals[k] for score in scores], dtype=np.float32)
        figure.add_trace(
            Scatter(
                x=shares,
                y=labels,
                mode="markers+text",
                name=f"Recall@{k}",
                text=[f"{share:.0%}" for share in shares],
                textposition="top center",
                textfont={"size": 13, "color": pick(colour, dark)},
                cliponaxis=False,
                marker={
                    "symbol": shape,
                    "size": size,
                    "color": pick(colour, dark),
                    "line": {"width": 2, "color": pick(colour, dark)},
                },
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": np.maximum(bounds[:, 1] - shares, 0),
                    "arrayminus": np.maximum(shares - bounds[:, 0], 0),
                    "color": pick(colour, dark),
                    "thickness": 1.5,
                    "width": 4,
                },
                hovertemplate="%{y}: " + f"Recall@{k} " + "%{x:.1%}<extra></extra>",
            )
        )
    _comparison_layout(figure, ordered, pair, cutoffs[0], dark=dark)
    best, last = ordered[0].pairs[pair].recall[cutoffs[0]], ordered[-1].pairs[pair].recall[cutoffs[0]]
    chance = ordered[0].pairs[pair].chance[cutoffs[0]]
    worst = f" Last: {labels[-1]}, {last:.0%}." if len(labels) > 1 else ""
    alt = f"{_asked(pair).capitalize()}, Recall@{cutoffs[0]}: {labels[0]} is best with {best:.0%}.{worst}"
    title = f"{labels[0]} is best: {best:.0%} of {_asked(pair)}"
    subtitle = f"Right among the first {cutoffs[0]}; lines: 95% intervals; dotted: chance."
    top = head(figure, title, dark=dark, subtitle=subtitle, below_px=4 * GRID_PX)
    figure.update_layout(height=top + _ROW_PX * len(labels) + 7 * GRID_PX)
    return Chart(figure, f"{alt} Chance reaches {chance:.1%}.")


def _comparison_layout(figure: Figure, ordered: Sequence[AlignmentReport], pair: Pair, k: int, *, dark: bool) -> None:
    figure.add_vline(
        x=ordered[0].pairs[pair].chance[k], line={"dash": "dot", "width": 1, "color": pick(MUTED, dark)}, layer="below"
    )
    figure.update_layout(
        xaxis={"title": "share of queries with a right answer", "tickformat": ".0%", "range": [0, 1.02]},
        yaxis={"autorange": "reversed", "showgrid": True, "type": "category"},
        legend={"y": 1, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False},
        plot_bgcolor=pick(PAGE, dark),
    )


def _asked(pair: Pair) -> str:
    return f"{MODALITY_PLURALS[pair[1]]} by {MODALITY_WORDS[pair[0]]}"


def _require_recall(reports: Sequence[AlignmentReport], k: int) -> None:
    if not reports or any(not report.pairs for report in reports):
        raise QueryError(
            "a figure of recall without measured pairs",
            expected="a catalogue whose items have several modalities is needed",
            remedy="measure an alignment on one first",
        )
    if any(k not in scores.recall for report in reports for scores in report.pairs.values()):
        raise QueryError(f"Recall@{k}", expected="only measured cut-offs can be drawn", remedy="choose 1, 5 or 10")
