"""How models do where little is known: items and people without a choice to learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.ui import compare_words
from mmdemo.ui import leaderboard_words as words
from mmdemo.ui.layout import muted
from mmdemo.ui.leaderboard_shown import Shown
from mmdemo.ui.text import _, _n, markdown_literal

if TYPE_CHECKING:
    from mmdemo.recommend.judging.report import BehaviourReport, Part


def draw(shown: Shown) -> None:
    """Draw the measure for each part of the people and items."""
    first = shown.rows[0].report
    titles = {"warm": _("Warm"), "cold_items": _("Cold items"), "cold_users": _("Cold people")}
    there = {name: title for name, title in titles.items() if _part(first, name) is not None}
    measure = words.measure(shown.measure)
    st.markdown(
        _("**{measure}** where a model has something to learn from, and where it has not.").format(measure=measure)
    )
    rows = [
        {_("Model"): markdown_literal(words.model(row.model))}
        | {title: _cell(_part(row.report, name), shown.measure) for name, title in there.items()}
        for row in shown.rows
    ]
    st.table(rows, hide_index=True, border="horizontal", alt=_("{measure} for warm and cold").format(measure=measure))
    counts = [
        f"{title}: {_n('{count} person', '{count} people', part.users)}"
        for name, title in there.items()
        if (part := _part(first, name)) is not None
    ]
    muted(" · ".join(counts))
    if "cold_items" not in there:
        muted(_("No cold items: somebody chose every held-out item in the part to learn from."))
    if "cold_users" not in there:
        muted(_("No cold people: everyone judged by has a choice to learn from."))
    compare_words.explain(words.cold_words(), key="leaderboard:about-cold")


def _part(report: BehaviourReport, name: str) -> Part | None:
    return {"warm": report.warm, "cold_items": report.cold_items, "cold_users": report.cold_users}[name]


def _cell(part: Part | None, measure: str) -> str:
    return "–" if part is None else words.with_error(part.measures[measure], part.errors[measure])
