"""Training runs in the background, one after another for all sessions of the server."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import streamlit as st

from mmdemo.engine import runs
from mmdemo.fusion import find
from mmdemo.fusion.settings import TrainSettings
from mmdemo.progress import Progress
from mmdemo.ui import resources
from mmdemo.ui.jobs import Job
from mmdemo.ui.text import _


def queue(settings: Iterable[TrainSettings], *, interactions: Path | None = None) -> list[str]:
    """Make a run of each and queue them in this order; their ids.

    Args:
        settings: One a run.
        interactions: CSV file of who chose what, of which each run keeps a copy.

    Raises:
        MmdemoError: The settings do not fit, or the workspace cannot be written.
    """
    made = []
    for each in settings:
        run_id = runs.create_run(resources.workspace_path(), each, interactions=interactions)
        start(run_id, find(each.fusion).title)
        made.append(run_id)
    return made


def start(run_id: str, title: str) -> None:
    """Queue a run that was made before, unless it is queued already; it goes on where it stopped."""
    if active(run_id):
        return
    path = resources.workspace_path()

    def work(progress: Progress) -> object:
        from mmdemo.engine.run_training import train_run

        return train_run(path, run_id, progress=progress)

    _jobs()[_key(run_id)] = resources.job_queue().submit(_("Training {fusion}").format(fusion=title), work)


def job(run_id: str) -> Job | None:
    """The job that trains a run or was the last to do so; None where this server has not."""
    return _jobs().get(_key(run_id))


def active(run_id: str) -> bool:
    """Whether this server is training a run or will; not where it was told to stop while it waited."""
    found = job(run_id)
    return found is not None and not found.finished and not (found.cancel_asked and found.is_waiting)


def cancel(run_id: str) -> None:
    """Stop a run at its next report of progress; one that waits never begins."""
    found = job(run_id)
    if found is not None:
        found.cancel()


def ahead(run_id: str) -> int:
    """How many jobs come before a run that waits."""
    found = job(run_id)
    if found is None:
        return 0
    return sum(other.job_id < found.job_id and not other.cancel_asked for other in resources.job_queue().active())


def _key(run_id: str) -> tuple[str, str]:
    return str(resources.workspace_path().resolve()), run_id


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[tuple[str, str], Job]:
    """The last job of each run."""
    return {}
