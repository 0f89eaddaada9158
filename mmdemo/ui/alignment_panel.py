"""How well the space is aligned: what is in use, what it achieves, and whether another alignment does better."""

from __future__ import annotations

import streamlit as st

from mmdemo.align import find
from mmdemo.engine import alignments
from mmdemo.engine.alignments import InUse
from mmdemo.ui import alignment_compare, alignment_jobs, alignment_measures, loading, problems, resources
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, markdown_literal


def draw() -> None:
    """Draw the panel for the version in use; on a workspace without one, nothing."""
    with problems.shown():
        summary = resources.summary()
        if summary is not None:
            _panel(summary.version)


def _panel(version: str) -> None:
    now = alignments.in_use(resources.workspace_path())
    _say_what_is_in_use(now)
    alignment_jobs.draw()
    if now.measured is None:
        _not_measured(now)
    else:
        alignment_measures.draw(now.measured, loading.opened(resources.warm_engine(version)))
    st.subheader(_("Try other alignments"), anchor=False)
    alignment_compare.draw(now)


def _say_what_is_in_use(now: InUse) -> None:
    method = find(now.method)
    st.markdown(
        _("In use: **{title}**: {summary}.").format(
            title=markdown_literal(method.title), summary=markdown_literal(method.summary.rstrip("."))
        )
    )


def _not_measured(now: InUse) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(
            _(
                "**Not measured yet.** Here you will see how often a text finds its picture, a picture its sound, and "
                "so on; how far apart the kinds of media lie; and which items fail."
            )
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            muted(_("Measured on items that the alignment has not seen; kept, so it is done once."), width="stretch")
            st.button(
                _("Measure it"),
                type="primary",
                icon=":material/straighten:",
                key="alignment:measure-this",
                disabled=alignment_jobs.busy(),
                on_click=alignment_jobs.measure,
                args=([now.method],),
            )
