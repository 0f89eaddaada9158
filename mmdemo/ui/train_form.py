"""What to train: fusions, an objective, settings, and the button that queues a run of each."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from mmdemo.engine import Summary
from mmdemo.errors import MmdemoError
from mmdemo.fusion import FusionSpec
from mmdemo.fusion.settings import TrainSettings
from mmdemo.ui import layout, problems, train_fusions, train_jobs, train_objectives, train_settings
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, markdown_literal

_FOLD, _PROBLEM, _STARTED, _DONE = "train-form", "train:problem", "train:started", "train:queued"


def draw(summary: Summary) -> None:
    """Draw the form, folded at first, and what was wrong with the last try; it redraws itself alone."""
    problem, done = st.session_state.pop(_PROBLEM, None), st.session_state.pop(_DONE, False)
    if problem is not None:
        problems.show(problem)
    elif done:
        st.session_state[_FOLD] = False  # here, as what the browser last said comes with every run and would win
    st.fragment(_fold)(summary)


def empty() -> None:
    """Draw what will be here, and the one button that makes it so."""
    first = train_fusions.first_choice()
    with st.container(border=True, horizontal_alignment="center", gap="small", key="train-empty"):
        st.subheader(_("No runs yet"), anchor=False, text_alignment="center")
        st.markdown(
            _(
                "Here you will watch a fusion learn how much each kind of media counts, see how often it finds "
                "the right item, and let it rank the Recommend page."
            ),
            text_alignment="center",
        )
        st.button(
            _("Train “{fusion}”").format(fusion=markdown_literal(first.title)),
            type="primary",
            icon=":material/play_arrow:",
            key="train:first",
            on_click=_queue,
            args=([TrainSettings(first.name)],),
        )
        muted(
            _("About a minute, with settings that suit most catalogues; or choose your own below."),
            text_alignment="center",
        )


def _fold(summary: Summary) -> None:
    if st.session_state.pop(_STARTED, False):
        st.session_state[_DONE] = True
        layout.rerun()  # the runs below it have changed
    label = _("Choose fusions and settings")
    fold = st.expander(label, icon=":material/model_training:", key=_FOLD, on_change="rerun")
    if fold.open:  # what can be learned is known only when the catalogue is open, and that need not be waited for
        with fold, problems.shown():
            _form(summary)


def _form(summary: Summary) -> None:
    muted(_("Tick one fusion, or several to train one after another. Encoders and index stay as they are."))
    fusions = train_fusions.draw()
    objective, choices = train_objectives.draw(summary)
    if objective is None:
        return
    chosen = train_settings.draw(fusions, objective)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _label(fusions),
            type="primary",
            icon=":material/play_arrow:",
            key="train:start",
            disabled=not fusions,
            on_click=_start,
            args=([chosen.settings(fusion.name, objective.name) for fusion in fusions], choices),
        )
        muted(_("Runs go on when you leave this page.") if fusions else _("Tick a fusion first."), width="stretch")


def _start(settings: Sequence[TrainSettings], choices: bytes | None) -> None:
    _queue(settings, choices)
    st.session_state[_STARTED] = True


def _label(fusions: Sequence[FusionSpec]) -> str:
    if len(fusions) == 1:
        return _("Train “{fusion}”").format(fusion=markdown_literal(fusions[0].title))
    return _n("Train {count} fusion", "Queue {count} fusions", len(fusions)) if fusions else _("Train")


def _queue(settings: Sequence[TrainSettings], choices: bytes | None = None) -> None:
    """Queue the runs; what keeps them from it is told at the next draw."""
    try:
        if choices is None:
            train_jobs.queue(settings)
            return
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "interactions.csv"
            file.write_bytes(choices)
            train_jobs.queue(settings, interactions=file)
    except MmdemoError as error:
        st.session_state[_PROBLEM] = error
