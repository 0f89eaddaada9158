"""Which model foretells best, and is its lead real?"""

from __future__ import annotations

import streamlit as st

from mmdemo.figures.leaderboard import Placed, leaderboard_chart
from mmdemo.ui import charts, compare_words, theme
from mmdemo.ui import leaderboard_words as words
from mmdemo.ui.layout import muted
from mmdemo.ui.leaderboard_shown import Shown
from mmdemo.ui.text import _, _n, markdown_literal


def draw(shown: Shown) -> None:
    """Draw the order of the models, the test against the best, and all other measures."""
    placed = [
        Placed(words.model(row.model), score.value, (score.low, score.high), shown.standing(row.model))
        for row in shown.rows
        for score in (row.scores[shown.measure],)
    ]
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart = leaderboard_chart(placed, measure=words.measure(shown.measure), dark=theme.is_dark())
        charts.draw(chart, key="leaderboard:scores", file_name=f"leaderboard-{shown.measure.replace('@', '-')}")
    with right:
        _verdicts(shown)
        compare_words.explain(words.accuracy_words(), key="leaderboard:about-accuracy")
    _all_measures(shown)


def _verdicts(shown: Shown) -> None:
    against = shown.against
    head = _("Against {best}").format(best=markdown_literal(words.model(against.best)))
    rows = []
    for row in shown.rows:
        verdict, difference, p = f":green[:material/trophy:] {_('highest')}", "", ""
        if row.model != against.best:
            pair, corrected = against.pairs[row.model], against.p[row.model]
            verdict = f"**{words.verdict(pair, corrected)}**"
            difference, p = words.difference(pair), compare_words.p_value(corrected)
        rows.append(
            {
                _("Model"): markdown_literal(words.model(row.model)),
                head: verdict,
                _("Difference (95% interval)"): difference,
                "p": p,
            }
        )
    measure = words.measure(shown.measure)
    st.table(
        rows,
        hide_index=True,
        border="horizontal",
        alt=_("Models against the best by {measure}").format(measure=measure),
    )


def _all_measures(shown: Shown) -> None:
    """Every measure at the cut-off with its standard error."""
    names = [f"{kind}@{shown.cutoff}" for kind in words.MEASURES]
    known = [name for name in (*names, "auc") if name in shown.rows[0].scores]
    rows = [
        {_("Model"): markdown_literal(words.model(row.model))}
        | {
            words.measure(name): words.with_error(score.value, score.error)
            for name in known
            for score in (row.scores[name],)
        }
        for row in shown.rows
    ]
    st.markdown(f"**{_('All measures, ± standard error')}**")
    st.table(rows, hide_index=True, border="horizontal", alt=_("All measures of each model with their standard errors"))
    report = shown.rows[0].report
    people = _n("Judged by {count} person", "Judged by {count} people", report.users)
    choices = _n("with {count} held-out choice.", "with {count} held-out choices.", report.targets)
    muted(" ".join([people, choices, *(markdown_literal(notice) for notice in report.notices)]))
