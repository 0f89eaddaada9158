"""Which model recommends; fitted in the background the first time, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.errors import InteractionsError
from mmdemo.progress import Progress
from mmdemo.recommend.behaviour.table import BEHAVIOUR
from mmdemo.ui import job_panel, loading, problems
from mmdemo.ui.jobs import Job, JobQueue, JobState
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, markdown_literal

if TYPE_CHECKING:
    from mmdemo.engine.persons import Persons

Key = tuple[str, str, str | None, str]
"""Workspace, version, imported choices, model."""
_AT_ONCE_S = 3.0
"""So long the page waits for a fit before it shows how far it is; closed forms take less."""
_LIKELY = ("instant", "ease", "popularity")
"""What recommends where nobody has chosen a model, the first that is possible."""


def draw(persons: Persons) -> str:
    """Draw the choice of a model; returns its name.

    Raises:
        InteractionsError: No model can learn from the choices in use.
    """
    reasons = persons.models()
    possible = [name for name, reason in reasons.items() if not reason]
    if not possible:
        raise InteractionsError(
            "choices that no model can learn from",
            expected="at least one choice of one item is needed",
            remedy="import choices with `mmdemo interactions import`",
        )
    chosen = st.selectbox(
        _("Recommended by"),
        possible,
        index=possible.index(default(persons, possible)),
        format_func=lambda name: BEHAVIOUR[name].title,
        key="by",
        bind="query-params",
        persist_state="session",
        help=_("The Leaderboard measures which of them is right most often."),
    )
    name = chosen if chosen in possible else possible[0]
    muted(markdown_literal(BEHAVIOUR[name].summary))
    return name


def default(persons: Persons, possible: list[str]) -> str:
    """The model that was chosen on the Leaderboard, else a likely one."""
    from mmdemo.engine.behaviour_choice import model_in_use

    chosen = model_in_use(persons.engine.workspace.path)
    return next((name for name in (chosen, *_LIKELY) if name in possible), possible[0])


def ready(persons: Persons, name: str) -> bool:
    """Whether a model is there; else it is being fitted, and how far it is has been drawn."""
    if persons.known(name) is not None:
        return True
    job = _job(persons, name)
    if job is None:
        job = _start(persons, name)
    if not job.finished:
        slot = st.empty()
        with slot.container():
            loading.skeletons(_("Fitting “{model}”; only the first time").format(model=_title(name)))
        job.wait(_AT_ONCE_S)
        slot.empty()
    if job.state is JobState.DONE:
        return True
    if not job.finished:
        job_panel.draw(job)
        return False
    if job.error is not None:
        problems.show(job.error)
    else:
        st.info(_("Fitting “{model}” was cancelled.").format(model=_title(name)), icon=":material/cancel:")
    st.button(
        _("Try again"), icon=":material/refresh:", key=f"person-fit:{name}", on_click=_forget, args=(persons, name)
    )
    return False


def _title(name: str) -> str:
    return markdown_literal(BEHAVIOUR[name].title)


def _start(persons: Persons, name: str) -> Job:
    def work(progress: Progress) -> object:
        return persons.fit(name, progress=progress)

    job = _queue().submit(_("Fitting “{model}”").format(model=BEHAVIOUR[name].title), work)
    _jobs()[_key(persons, name)] = job
    return job


def _forget(persons: Persons, name: str) -> None:
    """The next draw begins anew."""
    _jobs().pop(_key(persons, name), None)


def _job(persons: Persons, name: str) -> Job | None:
    return _jobs().get(_key(persons, name))


def _key(persons: Persons, name: str) -> Key:
    engine = persons.engine
    return str(engine.workspace.path.resolve()), engine.summary.version, engine.workspace.interactions.current(), name


@st.cache_resource(show_spinner=False)
def _queue() -> JobQueue:
    """A queue of its own: whoever looks at a person does not wait for somebody's training."""
    return JobQueue()


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[Key, Job]:
    """The last fit of each model."""
    return {}
