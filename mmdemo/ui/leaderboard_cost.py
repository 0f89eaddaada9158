"""What each model costs, and whether it is worth it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from mmdemo.figures.trade_off import Side, Traded, trade_off_chart
from mmdemo.ui import charts, compare_words, theme
from mmdemo.ui import leaderboard_words as words
from mmdemo.ui.leaderboard_shown import Shown
from mmdemo.ui.text import _, markdown_literal


def draw(shown: Shown) -> None:
    """Draw accuracy against the time to fit, and all costs."""
    measure = words.measure(shown.measure)
    up = Side(measure, _("{measure}, from 0 to 1").format(measure=measure))
    along = Side(_("time to fit"), _("seconds to fit, ten times more a step"), 2, less_is_better=True, logarithmic=True)
    traded = [
        Traded(words.model(row.model), row.scores[shown.measure].value, row.seconds, shown.standing(row.model))
        for row in shown.rows
    ]
    left, right = st.columns([2, 3], gap="medium")
    with left:
        chart = trade_off_chart(traded, up=up, along=along, dark=theme.is_dark())
        charts.draw(chart, key="leaderboard:cost", file_name="accuracy-and-time")
    with right:
        rows = [
            {
                _("Model"): markdown_literal(words.model(row.model)),
                measure: words.number(row.scores[shown.measure].value),
                _("Fitting"): words.seconds(row.seconds),
                _("One person"): words.seconds(row.ms / 1000),
                _("Memory"): words.megabytes(row.memory_mb),
                _("Settings"): _settings(row.options, row.tried),
            }
            for row in shown.rows
        ]
        st.table(rows, hide_index=True, border="horizontal", alt=_("What each model costs"))
        compare_words.explain(words.cost_words(), key="leaderboard:about-cost")


def _settings(options: Mapping[str, object], tried: int) -> str:
    """What was chosen: "k 50, best of 6"."""
    changed = ", ".join(f"{name} {value}" for name, value in options.items())
    if not tried:
        return _("defaults")
    return markdown_literal(_("{settings}; best of {count}").format(settings=changed or _("defaults"), count=tried))
