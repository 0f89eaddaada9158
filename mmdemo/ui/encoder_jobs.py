"""Changing, measuring and training encoders in the background; the last task of each kind is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import streamlit as st

from mmdemo.engine.library import encoders_in_use
from mmdemo.progress import Progress
from mmdemo.store import Workspace
from mmdemo.types import Modality
from mmdemo.ui import encoder_words, job_panel, layout, problems, resources
from mmdemo.ui.jobs import Job, JobState, Work
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _


class Kind(StrEnum):
    """What a task does."""

    CHANGE = "change"
    MEASURE = "measure"
    TRAIN = "train"


@dataclass(frozen=True, slots=True)
class Task:
    """A job and what there was before it.

    Args:
        job: The job.
        version: Id of the version that was in use when it was started; None where there was none.
        encoders: Names of that version's encoders.
    """

    job: Job
    version: str | None
    encoders: dict[Modality, str] = field(default_factory=dict)


def last(kind: Kind) -> Task | None:
    """The task of a kind that was started last on the workspace in use."""
    return _tasks().get((_workspace(), kind))


def busy() -> bool:
    """Whether a task of any kind is queued or running."""
    return any(task is not None and not task.job.finished for task in map(last, Kind))


def change(encoders: Mapping[Modality, str], title: str) -> None:
    """Start indexing with other encoders, and switch to the new version when it is complete."""
    path, chosen = resources.workspace_path(), dict(encoders)

    def work(progress: Progress) -> object:
        from mmdemo.engine.encoders import change_encoders

        return change_encoders(path, chosen, progress=progress)

    start(Kind.CHANGE, title, work)


def start(kind: Kind, title: str, work: Work) -> None:
    """Queue a task, unless one runs already."""
    if not busy():
        workspace = Workspace(resources.workspace_path())
        job = resources.job_queue().submit(title, work)
        _tasks()[_workspace(), kind] = Task(job, workspace.current_version_id(), encoders_in_use(workspace))


def forget(kind: Kind) -> None:
    """Say no more of the last task of a kind."""
    _tasks().pop((_workspace(), kind), None)


def draw_change() -> None:
    """Draw the change that runs, or how the last one ended and how to go back."""
    task = last(Kind.CHANGE)
    if task is None:
        return
    if not task.job.finished:
        job_panel.draw(task.job)
        if task.version is not None:
            muted(_("Until it is done, version {version} goes on serving.").format(version=f"`{task.version}`"))
    elif task.job.state is JobState.DONE:
        _done(task, str(task.job.result))
    else:
        _not_done(task)


def _done(task: Task, version: str) -> None:
    workspace = Workspace(resources.workspace_path())
    if workspace.current_version_id() != version:
        return  # somebody has switched since; the list of versions says what is in use
    said = [_("**Version {version} is in use.**").format(version=f"`{version}`")]
    said += encoder_words.changes(task.encoders, encoders_in_use(workspace))
    with st.container(key="encoders-changed"):
        st.success("  \n".join(said), icon=":material/check_circle:")
        if task.version in workspace.versions():
            back = _("Switch back to version {version}").format(version=task.version)
            if st.button(back, icon=":material/undo:", key="encoders:back", help=_("At once; nothing is lost.")):
                workspace.use_version(str(task.version))
                forget(Kind.CHANGE)
                layout.rerun()


def _not_done(task: Task) -> None:
    stays = (
        _("Version {version} goes on serving.").format(version=f"`{task.version}`") + " " if task.version else ""
    ) + _("What was encoded is kept, so the next attempt is shorter.")
    if task.job.error is not None:
        problems.show(task.job.error)
        muted(stays)
    else:
        st.info(f"**{_('Cancelled.')}** {stays}", icon=":material/block:")


def _workspace() -> str:
    return str(resources.workspace_path().resolve())


@st.cache_resource(show_spinner=False)
def _tasks() -> dict[tuple[str, Kind], Task]:
    """The last task of each workspace and kind."""
    return {}
