"""What all sessions of the server share: the warm engine of the current version, and the queue of jobs.

Nothing heavy is imported here: a first draw reads the manifest only.
"""

import os
from pathlib import Path

import streamlit as st

from mmdemo.engine import Summary, read_summary
from mmdemo.ui.draft import Draft
from mmdemo.ui.jobs import JobQueue
from mmdemo.ui.warm import WarmEngine

DEFAULT_WORKSPACE = "workspace"


def workspace_path() -> Path:
    """The workspace of this server: $MMDEMO_WORKSPACE, else ./workspace."""
    return Path(os.environ.get("MMDEMO_WORKSPACE") or DEFAULT_WORKSPACE)


def summary() -> Summary | None:
    """The current version in short, read from its manifest; None where nothing is indexed yet."""
    return read_summary(workspace_path())


def warm_engine(version: str, workspace: Path | None = None) -> WarmEngine:
    """The engine of `version`, not started by this call; a new version gets a new one, the oldest is let go.

    Args:
        version: A version's id.
        workspace: Whose version it is; by default that of the workspace in use.
    """
    return _warm_engine(str(workspace or workspace_path()), version)


def forget_engines() -> None:
    """Open the workspace afresh at the next draw, after what kept it from opening was mended."""
    _warm_engine.clear()


@st.cache_resource(max_entries=3, show_spinner=False)
def _warm_engine(path: str, version: str) -> WarmEngine:
    return WarmEngine(Path(path), version)


@st.cache_resource(show_spinner=False)
def job_queue() -> JobQueue:
    """The one queue of this process."""
    return JobQueue()


def draft() -> Draft:
    """The query this session is composing; kept in the session only, so uploads are never seen by another."""
    if "draft" not in st.session_state:
        st.session_state["draft"] = Draft()
    return st.session_state["draft"]
