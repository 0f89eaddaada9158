"""Long measurements of pages in the background; what they found stays as long as the server runs."""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st

from mmdemo.ui import job_panel, problems, resources
from mmdemo.ui.jobs import Job, JobState, Work
from mmdemo.ui.text import _, markdown_literal

Kind = Literal["scores", "stress", "truth", "leaderboard"]
Subject = tuple[Any, ...]
"""What is measured; anything hashable that tells two measurements of a kind apart."""
_KEPT = 60


def start(kind: Kind, subject: Subject, title: str, work: Work) -> None:
    """Start a measurement, unless just this one is under way."""
    known = job(kind, subject)
    if known is not None and not known.finished:
        return
    jobs = _jobs()
    jobs.pop(_key(kind, subject), None)
    jobs[_key(kind, subject)] = resources.job_queue().submit(title, work)
    for old in [key for key, other in jobs.items() if other.finished][: max(0, len(jobs) - _KEPT)]:
        del jobs[old]


def job(kind: Kind, subject: Subject) -> Job | None:
    """The last measurement of just this."""
    return _jobs().get(_key(kind, subject))


def result(kind: Kind, subject: Subject) -> Any | None:
    """What the last measurement of just this found; None where there is none."""
    known = job(kind, subject)
    return known.result if known is not None and known.state is JobState.DONE else None


def running(kind: Kind) -> Job | None:
    """A measurement of this kind that is queued or running, whatever it measures."""
    own = [other for key, other in _jobs().items() if key[:2] == _key(kind, ())[:2] and not other.finished]
    return own[0] if own else None


def draw(kind: Kind, subject: Subject) -> None:
    """Draw the measurement of this kind that runs, or else why the last one of just this found nothing."""
    shown = running(kind) or job(kind, subject)
    if shown is None:
        return
    if shown.state is JobState.CANCELLED:
        st.info(_("{job}: cancelled. What was measured before is kept.").format(job=markdown_literal(shown.title)))
    elif shown.error is not None:
        problems.show(shown.error)
    else:
        job_panel.draw(shown)


def _key(kind: Kind, subject: Subject) -> tuple[str, str, Subject]:
    return str(resources.workspace_path().resolve()), kind, subject


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[tuple[str, str, Subject], Job]:
    """The last measurement of each subject."""
    return {}
