"""Measuring and training alignments in the background, one at a time for all sessions of the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from mmdemo.align import find
from mmdemo.engine.alignments import measure_alignments, train_alignment
from mmdemo.progress import Progress
from mmdemo.ui import job_panel, resources
from mmdemo.ui.jobs import Job, JobState, Work
from mmdemo.ui.text import _, _n, markdown_literal


@dataclass(frozen=True, slots=True)
class Task:
    """A job and what it is for.

    Args:
        job: The job.
        trains: Name of the alignment that it trains; empty where it measures.
        use: Whether the trained version is put in use.
    """

    job: Job
    trains: str = ""
    use: bool = False


def last() -> Task | None:
    """The task that was started last on the workspace in use."""
    return _tasks().get(_key())


def busy() -> bool:
    """Whether a task is queued or running."""
    task = last()
    return task is not None and not task.job.finished


def measure(methods: Sequence[str]) -> None:
    """Start measuring alignments."""
    path, chosen = resources.workspace_path(), tuple(methods)

    def work(progress: Progress) -> object:
        return list(measure_alignments(path, chosen, progress=progress))

    _start(_n("Measuring {count} alignment", "Measuring {count} alignments", len(chosen)), work)


def train(method: str, *, use: bool) -> None:
    """Start training an alignment into a new version; `use` puts it in use when it is complete."""
    path = resources.workspace_path()

    def work(progress: Progress) -> object:
        return train_alignment(path, method, use=use, progress=progress)

    _start(_("Training {method}").format(method=find(method).title), work, trains=method, use=use)


def forget() -> None:
    """Say no more of the last task: what it said is no longer so."""
    _tasks().pop(_key(), None)


def draw() -> None:
    """Draw the task that runs, or how the last one ended."""
    task = last()
    if task is None:
        return
    if task.trains and task.job.state is JobState.DONE:
        said = (
            _("Version {version} is aligned by {method} and in use.")
            if task.use
            else _("Version {version} is aligned by {method}. The version in use stays as it was.")
        )
        method = markdown_literal(find(task.trains).title)
        st.success(said.format(version=f"`{task.job.result}`", method=method), icon=":material/check_circle:")
        return
    job_panel.draw(task.job)


def _start(title: str, work: Work, *, trains: str = "", use: bool = False) -> None:
    if not busy():
        _tasks()[_key()] = Task(resources.job_queue().submit(title, work), trains, use)


def _key() -> str:
    return str(resources.workspace_path().resolve())


@st.cache_resource(show_spinner=False)
def _tasks() -> dict[str, Task]:
    """The last task of each workspace."""
    return {}
