"""The Compare page put together: the choice of models, and what there is to ask of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import streamlit as st

from mmdemo.engine import Summary, runs
from mmdemo.ui import (
    compare_choice,
    compare_results,
    compare_scores,
    compare_stress,
    compare_truth,
    compare_weights,
    compare_words,
    problems,
    resources,
)
from mmdemo.ui.text import _

View = Callable[[], None]


def draw(summary: Summary) -> None:
    """Draw the page for the version in use."""
    import_module("pandas")  # Plotly looks into it even while another thread, the warm-up, is still importing it
    listed = runs.list_runs(resources.workspace_path())
    ready = compare_choice.comparable(listed)
    others = [run for run in listed if run not in ready]
    if len(ready) < 2:
        compare_choice.too_few(ready, others)
        st.subheader(_("Does the weight follow the signal?"), anchor=False)
        compare_truth.draw()
        return
    chosen = compare_choice.draw(ready, others)
    called = compare_words.labels(chosen)
    warm = resources.warm_engine(summary.version)
    views: dict[str, View] = {
        _("Scores"): lambda: compare_scores.draw(chosen, called),
        _("Same query"): lambda: compare_results.draw(chosen, called, warm),
        _("What each used"): lambda: compare_weights.draw(chosen, called),
        _("Stress"): lambda: compare_stress.draw(chosen, called),
    }
    if len(chosen) < 2:
        views = dict.fromkeys(views, _choose_more)
    views[_("Weight and signal")] = compare_truth.draw
    tabs = st.tabs(list(views), key="show", bind="query-params")
    for tab, view in zip(tabs, views.values(), strict=True):
        with tab, problems.shown():
            if tab.open:
                view()


def _choose_more() -> None:
    st.info(_("**Choose at least two models** above to compare them."), icon=":material/compare_arrows:")
