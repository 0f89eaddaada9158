"""From a choice to a map: found on disk at once, or made by a job that all sessions share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.engine import Summary, read_summary
from mmdemo.errors import WorkspaceError
from mmdemo.progress import Progress
from mmdemo.projection import Map, MapSettings
from mmdemo.store import Workspace
from mmdemo.ui import loading, resources
from mmdemo.ui.jobs import Job, JobState, Work
from mmdemo.ui.space_neighbours import workspace_beside
from mmdemo.ui.space_view import MapChoice, Where
from mmdemo.ui.text import _
from mmdemo.ui.warm import WarmEngine

if TYPE_CHECKING:
    from mmdemo.engine import Engine

_JobKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A map that can be drawn, with the engine that knows its items."""

    choice: MapChoice
    map: Map
    engine: Engine


def warm_engine(where: Where, summary: Summary) -> WarmEngine:
    """The engine of a workspace and version, not started by this call.

    Raises:
        WorkspaceError: There is no such workspace beside this one, or no such version in it.
    """
    if not where.workspace:
        known = [summary.version, *Workspace(resources.workspace_path()).versions()]
        return resources.warm_engine(_known(where.version or summary.version, known))
    path = workspace_beside(resources.workspace_path(), where.workspace)
    there = None if path is None else read_summary(path)
    if path is None or there is None:
        raise WorkspaceError(
            f"a workspace called {where.workspace!r}",
            expected="an indexed workspace in the folder that holds the one in use is needed",
            remedy="choose one of those in the settings",
        )
    known = [there.version, *Workspace(path).versions()]
    return resources.warm_engine(_known(where.version or there.version, known), path)


def find(choice: MapChoice, summary: Summary) -> Drawn | None:
    """The map of a choice, from memory or disk; None where it has to be made first.

    Raises:
        MmdemoError: The workspace or the map cannot be read.
    """
    engine = loading.opened(warm_engine(choice.where, summary))
    found = engine.map(choice.settings)
    return None if found is None else Drawn(choice, found, engine)


def job_for(choice: MapChoice, summary: Summary) -> Job | None:
    """The job that makes the map of a choice, or the last one that tried."""
    return _jobs().get(_key(choice, summary))


def start(choice: MapChoice, summary: Summary) -> Job:
    """Make the map of a choice in the background, once for all sessions."""
    jobs, key = _jobs(), _key(choice, summary)
    known = jobs.get(key)
    if known is None or known.finished:
        engine = warm_engine(choice.where, summary).engine()
        jobs[key] = resources.job_queue().submit(title(choice), _work(engine, choice.settings))
    return jobs[key]


def starts_by_itself(choice: MapChoice, summary: Summary) -> bool:
    """Whether nobody needs to ask for this map: the default one, or its twin before alignment, not tried before."""
    is_default = replace(choice.settings, space="shared") == MapSettings() and choice.where == Where()
    return is_default and job_for(choice, summary) is None


def failed(job: Job | None) -> bool:
    """Whether a job ended without a map."""
    return job is not None and job.finished and job.state is not JobState.DONE


def title(choice: MapChoice) -> str:
    """What the job is called; short enough for the line at the top of every page."""
    settings = choice.settings
    return _("Making a map ({method}, {dimensions}-D)").format(
        method=settings.method.upper(), dimensions=settings.dimensions
    )


def _work(engine: Engine, settings: MapSettings) -> Work:
    def work(progress: Progress) -> object:
        return engine.fit_map(settings, progress)

    return work


def _key(choice: MapChoice, summary: Summary) -> _JobKey:
    version = choice.where.version or ("" if choice.where.workspace else summary.version)
    return choice.where.workspace, version, choice.settings.key()


def _known(version: str, known: list[str]) -> str:
    if version not in known:
        raise WorkspaceError(
            f"version {version!r}",
            expected=f"one of {len(set(known))} versions of this workspace is needed",
            remedy="choose one of those in the settings; older ones may have been removed",
        )
    return version


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[_JobKey, Job]:
    """Every job that ever made a map in this process, by what it makes."""
    return {}
