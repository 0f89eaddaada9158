"""What can be done with a run: use, go on, cancel, look closer, delete."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from mmdemo.engine import runs
from mmdemo.engine.runs import Run
from mmdemo.errors import MmdemoError
from mmdemo.fusion import FUSIONS
from mmdemo.ui import problems, resources, train_jobs
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, markdown_literal

_OPEN, _PROBLEM = "train:open", "train:failed"


def is_open(run_id: str) -> bool:
    """Whether the details of a run are shown; of one run at a time."""
    return st.session_state.get(_OPEN) == run_id


def draw(run: Run, *, is_live: bool) -> None:
    """Draw the buttons that fit the state of the run, and what was wrong with the last one."""
    failed = st.session_state.pop(_PROBLEM, None) if st.session_state.get(_PROBLEM, ("",))[0] == run.run_id else None
    if failed is not None:
        problems.show(failed[1])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if is_live:
            _cancel(run)
            return
        if run.state == "done":
            _use(run)
        elif run.resumable:
            _resume(run)
        st.button(
            _("Close details") if is_open(run.run_id) else _("Details"),
            key=f"train:details:{run.run_id}",
            type="tertiary",
            icon=":material/unfold_less:" if is_open(run.run_id) else ":material/unfold_more:",
            on_click=_toggle,
            args=(run.run_id,),
        )
        _delete(run)


def _cancel(run: Run) -> None:
    job = train_jobs.job(run.run_id)
    if job is None or job.finished:
        muted(_("Stop it where it was started."))
        return
    st.button(
        _("Stopping") if job.cancel_asked else _("Cancel"),
        icon=":material/close:",
        key=f"train:cancel:{run.run_id}",
        disabled=job.cancel_asked,
        help=_("What was trained so far is kept, and it can go on from there."),
        on_click=train_jobs.cancel,
        args=(run.run_id,),
    )


def _use(run: Run) -> None:
    if run.in_use and run.usable:
        st.page_link("pages/recommend.py", label=_("Open Recommend"), icon=":material/search:")
        _button(
            run,
            _("Stop using it"),
            "undo",
            lambda: runs.use_run(resources.workspace_path(), None),
            help=_("The Recommend page ranks by calibrated evidence again."),
        )
        return
    _button(
        run,
        _("Use on the Recommend page"),
        "use",
        lambda: runs.use_run(resources.workspace_path(), run.run_id),
        icon=":material/leaderboard:",
        disabled=not run.usable,
        help=_("It ranks from the next search on; one click brings the ranking by evidence back.")
        if run.usable
        else _("The version in use has other vectors than it was trained on; train a new run."),
    )


def _resume(run: Run) -> None:
    spec = FUSIONS.get(run.settings.fusion)
    title = run.settings.fusion if spec is None else spec.title
    _button(
        run,
        {"queued": _("Start"), "failed": _("Try again")}.get(run.state, _("Go on")),
        "resume",
        lambda: train_jobs.start(run.run_id, title),
        icon=":material/play_arrow:",
        disabled=not run.usable,
        help=_("It goes on after the last finished epoch.")
        if run.usable
        else _("It was begun on another version than the one in use; train a new run."),
    )


def _delete(run: Run) -> None:
    with st.popover(_("Delete"), icon=":material/delete:", type="tertiary", key=f"train:delete:{run.run_id}"):
        st.markdown(_("Delete **{title}** for good?").format(title=markdown_literal(run.title)))
        if run.in_use:
            muted(_("The Recommend page then ranks by calibrated evidence again."))
        _button(run, _("Delete it"), "delete-now", lambda: runs.delete_run(resources.workspace_path(), run.run_id))


def _button(run: Run, label: str, key: str, act: Callable[[], None], **options: object) -> None:
    """Draw a button whose action may fail; the page is drawn again either way."""
    st.button(label, key=f"train:{key}:{run.run_id}", on_click=_try, args=(run.run_id, act), **options)  # pyright: ignore[reportArgumentType]


def _try(run_id: str, act: Callable[[], None]) -> None:
    try:
        act()
    except MmdemoError as error:
        st.session_state[_PROBLEM] = (run_id, error)


def _toggle(run_id: str) -> None:
    st.session_state[_OPEN] = None if is_open(run_id) else run_id
