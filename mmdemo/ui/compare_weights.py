"""What each model used: its mean weight of every kind of media."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from mmdemo.engine.runs import Run
from mmdemo.figures.run_weights import weight_chart
from mmdemo.ui import charts, compare_tables, theme
from mmdemo.ui import compare_words as words
from mmdemo.ui.text import _


def draw(chosen: Sequence[Run], called: Mapping[str, str]) -> None:
    """Draw one bar a run."""
    found = [(called[run.run_id], run.report.weights) for run in chosen if run.report is not None]
    charts.draw(weight_chart(found, dark=theme.is_dark()), key="compare:weights", file_name="weights")
    with st.container(horizontal=True, vertical_alignment="center"):
        words.explain(words.weight_words(), key="compare:about-weights")
        rows = [{"model": label} | {str(kind): value for kind, value in weights.items()} for label, weights in found]
        st.download_button(
            _("Download as CSV"),
            compare_tables.as_csv(rows),
            "weights.csv",
            "text/csv",
            key="compare:weights-csv",
            on_click="ignore",
            icon=":material/download:",
        )
