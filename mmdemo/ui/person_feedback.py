"""What this browser's person likes, dislikes and skipped: stored at once, and read again at every draw."""

from __future__ import annotations

import tempfile
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.errors import FeedbackError
from mmdemo.ui import person_identity, resources

if TYPE_CHECKING:
    from mmdemo.feedback import FeedbackStore

_PROBLEM = "person:problem"


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ids of the items that a person rated, each in the order in which that was said."""

    likes: tuple[str, ...] = ()
    dislikes: tuple[str, ...] = ()
    skips: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.likes) + len(self.dislikes) + len(self.skips)


def store() -> FeedbackStore:
    """The database of the workspace in use, or the one that $MMDEMO_DATABASE names."""
    from mmdemo.feedback import database_of

    return _store(str(database_of(resources.workspace_path())))


def ratings(known: Container[str]) -> Ratings:
    """What the person thinks of items now.

    Args:
        known: Ids of the items there are; others, of an earlier catalogue, are passed over.

    Raises:
        FeedbackError: The database cannot be read.
    """
    from mmdemo.feedback.positives import standing

    stands = standing(store().of(person_identity.current())).values()
    return Ratings(
        *(
            tuple(event.item_id for event in stands if event.kind == kind and event.item_id in known)
            for kind in ("like", "dislike", "skip")
        )
    )


def rate(item_id: str, kind: str, *, catalog: str) -> bool:
    """Store an event; False, and a problem to show, where that fails. For callbacks."""
    try:
        store().add(person_identity.current(), kind, item_id, workspace_catalog=catalog)
    except FeedbackError as error:
        st.session_state[_PROBLEM] = error
        return False
    return True


def problem() -> FeedbackError | None:
    """What went wrong with the last rating; told once."""
    return st.session_state.pop(_PROBLEM, None)


def exported(suffix: str) -> bytes:
    """Everything that is kept of the person, as a file.

    Args:
        suffix: ".csv" or ".jsonl".

    Raises:
        FeedbackError: The database cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"feedback{suffix}"
        store().export(person_identity.current(), path)
        return path.read_bytes()


def erase() -> int:
    """Remove everything that is kept of the person; returns how much that was.

    Raises:
        FeedbackError: The database cannot be changed.
    """
    return store().erase(person_identity.current())


@st.cache_resource(max_entries=4, show_spinner=False)
def _store(database: str) -> FeedbackStore:
    from mmdemo.feedback import FeedbackStore

    return FeedbackStore(database)
