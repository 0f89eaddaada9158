"""What the lists of each model are like, beside how often they are right."""

from __future__ import annotations

import math

import streamlit as st

from mmdemo.figures.trade_off import Side, Traded, trade_off_chart
from mmdemo.ui import charts, compare_words, theme
from mmdemo.ui import leaderboard_words as words
from mmdemo.ui.leaderboard_shown import Shown
from mmdemo.ui.text import _, markdown_literal

_GROUPS = ("niche", "middle", "mainstream")


def draw(shown: Shown) -> None:
    """Draw all figures, and what is traded for accuracy."""
    _table(shown)
    compare_words.explain(words.beyond_words(), key="leaderboard:about-beyond")
    _trade(shown)


def _sides(shown: Shown) -> dict[str, Side]:
    """What may lie along the axis, by the name of the figure; only what was measured of every model."""
    k = shown.cutoff
    sides = {
        f"coverage@{k}": Side(_("coverage"), _("share of the catalogue in somebody's list")),
        f"diversity@{k}": Side(_("diversity"), _("mean cosine distance within a list")),
        f"novelty@{k}": Side(_("novelty"), _("bits, of the items of a list"), digits=2),
        f"gini@{k}": Side(_("unevenness"), _("Gini coefficient, 0 all items alike"), less_is_better=True),
    }
    return {
        name: side
        for name, side in sides.items()
        if all(math.isfinite(row.report.beyond.get(name, math.nan)) for row in shown.rows)
    }


def _trade(shown: Shown) -> None:
    sides = _sides(shown)
    titles = {"coverage": _("Coverage"), "diversity": _("Diversity"), "novelty": _("Novelty"), "gini": _("Gini")}
    kinds = {name.partition("@")[0]: name for name in sides}
    kind = st.segmented_control(
        _("What does accuracy cost in"),
        list(kinds),
        default=next(iter(kinds)),
        required=True,
        format_func=lambda name: titles[name],
        key="leaderboard-beyond",
    )
    name = kinds[kind or next(iter(kinds))]
    measure = words.measure(shown.measure)
    traded = [
        Traded(
            words.model(row.model),
            row.scores[shown.measure].value,
            row.report.beyond[name],
            shown.standing(row.model),
        )
        for row in shown.rows
    ]
    up = Side(measure, _("{measure}, from 0 to 1").format(measure=measure))
    chart = trade_off_chart(traded, up=up, along=sides[name], dark=theme.is_dark())
    charts.draw(chart, key="leaderboard:trade", file_name="accuracy-and-" + name.partition("@")[0])


def _table(shown: Shown) -> None:
    k = shown.cutoff
    rows = []
    for row in shown.rows:
        found, errors = row.report.beyond, row.report.beyond_errors

        def cell(name: str, digits: int) -> str:
            return words.with_error(found.get(name, math.nan), errors.get(name, math.nan), digits)  # noqa: B023

        rows.append(
            {
                _("Model"): markdown_literal(words.model(row.model)),
                _("Coverage@{k}").format(k=k): cell(f"coverage@{k}", 3),
                _("Diversity"): cell(f"diversity@{k}", 3),
                _("Novelty, bits"): cell(f"novelty@{k}", 2),
                _("Gini"): cell(f"gini@{k}", 3),
            }
            | {
                title: _lift(found.get(f"{group}.lift@{k}"), errors.get(f"{group}.lift@{k}", math.nan))
                for group, title in _lifts().items()
            }
        )
    st.table(rows, hide_index=True, border="horizontal", alt=_("What the lists of each model are like"))


def _lifts() -> dict[str, str]:
    return {
        "niche": _("Lift, rare taste"),
        "middle": _("Lift, middle"),
        "mainstream": _("Lift, common taste"),
    }


def _lift(value: float | None, error: float) -> str:
    """By how much lists are more popular than histories: "+35% ± 4"."""
    if value is None or not math.isfinite(value):
        return "–"
    said = f"{value:+.0%}".replace("-", "−")
    return said if not math.isfinite(error) else f"{said}{words.PLUS_MINUS}{100 * error:.0f}"
