"""The database of feedback: what is acknowledged is stored, and what is erased is gone."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mmdemo.errors import FeedbackError
from mmdemo.feedback.events import Event, Vote, checked_kind, checked_list, checked_text, checked_time, new_id
from mmdemo.feedback.location import locate
from mmdemo.feedback.persons import checked_person

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mmdemo.feedback.database import Database
    from mmdemo.interactions import Interactions


class FeedbackStore:
    """Likes, plays and votes in a SQLite file or a PostgreSQL database, shared by any number of threads and processes.

    Making this object touches nothing; the first use makes the tables. Where there is no file yet, reading finds
    nothing and makes none.

    Args:
        database: A URL, or the path of a SQLite file; see `mmdemo.feedback.database_of`.
        wait_s: How long to wait for another writer, in seconds.

    Example:
        >>> import tempfile
        >>> from mmdemo.feedback import session_person
        >>> store = FeedbackStore(Path(tempfile.mkdtemp()) / "feedback.sqlite")
        >>> me = session_person()
        >>> store.add(me, "like", "drum", workspace_catalog="things")
        1
        >>> store.state(me)
        (('drum',), ())
        >>> store.erase(me)
        1
    """

    def __init__(self, database: str | Path, *, wait_s: float = 20.0) -> None:
        self._location = locate(database)
        self._wait_s = wait_s
        self._opened: Database | None = None
        self._opening = threading.Lock()
        self._finished_erasing = False

    def __str__(self) -> str:
        """Where it is, without a password."""
        return str(self._location)

    # Storing ------------------------------------------------------------------------------------------------------

    def add(
        self,
        person: str,
        kind: str,
        item_id: str,
        *,
        workspace_catalog: str,
        at: float | None = None,
        event_id: str | None = None,
    ) -> int:
        """Store an event; once this returns, it survives the death of this process and of the machine.

        Args:
            person: From `session_person` or `signed_in_person`.
            kind: One of `KINDS`.
            item_id: With which item.
            workspace_catalog: Id of the catalogue that it was shown from.
            at: When, in seconds since 1970; None: now.
            event_id: Storing the same id again stores nothing, so that what was not acknowledged can be sent again.

        Returns:
            Its number.

        Raises:
            FeedbackError: It cannot be stored as given, the id is that of another event, or the database fails.
        """
        from mmdemo.feedback.recording import insert
        from mmdemo.feedback.tables import EVENTS

        values = {
            "event_id": checked_text(new_id() if event_id is None else event_id, "an event id"),
            "person": checked_person(person),
            "kind": checked_kind(kind),
            "item_id": checked_text(item_id, "an item id"),
            "catalog": checked_text(workspace_catalog, "a catalogue id"),
            "at": checked_time(time.time() if at is None else at),
        }
        return insert(self._to_write(), EVENTS, values, key="event_id", same=("person", "kind", "item_id", "catalog"))

    def add_vote(
        self,
        person: str,
        first: str,
        second: str,
        *,
        shown: Sequence[str],
        teams: Sequence[int],
        chosen: Sequence[str],
        workspace_catalog: str,
        at: float | None = None,
        vote_id: str | None = None,
    ) -> int:
        """Store what a person chose from an interleaved list, as `add` does; a vote for nothing counts as a tie.

        Args:
            person: As for `add`.
            first: Name of the first model.
            second: Name of the second, another one.
            shown: Item ids from the top of the list on.
            teams: Which model put each item there, 0 or 1.
            chosen: Those of `shown` that were chosen.
            workspace_catalog: As for `add`.
            at: As for `add`.
            vote_id: As `event_id` of `add`.

        Raises:
            FeedbackError: As for `add`.
        """
        from mmdemo.feedback.recording import insert
        from mmdemo.feedback.tables import VOTES

        if first == second:
            raise FeedbackError(
                f"a vote between {first!r} and itself", expected="two models are needed", remedy="choose another one"
            )
        lists = checked_list(tuple(shown), tuple(map(int, teams)), tuple(chosen))
        values = {
            "vote_id": checked_text(new_id() if vote_id is None else vote_id, "a vote id"),
            "person": checked_person(person),
            "first": checked_text(first, "a model"),
            "second": checked_text(second, "a model"),
            "catalog": checked_text(workspace_catalog, "a catalogue id"),
            "at": checked_time(time.time() if at is None else at),
            **dict(zip(("shown", "teams", "chosen"), map(json.dumps, lists), strict=True)),
        }
        return insert(
            self._database(), VOTES, values, key="vote_id", same=("person", "first", "second", "shown", "chosen")
        )

    def erase(self, person: str | None) -> int:
        """Remove all events and votes of a person, None: of everybody, from the tables and from the files' bytes.

        Returns:
            How many there were.

        Raises:
            FeedbackError: As `mmdemo.feedback.erasing.erase`.
        """
        from mmdemo.feedback.erasing import erase

        if person is not None:
            checked_person(person)
        return erase(self._to_write(), person) if self._database().exists() else 0

    # Asking -------------------------------------------------------------------------------------------------------

    def of(self, person: str) -> tuple[Event, ...]:
        """Everything a person did, in the order of storing.

        Raises:
            FeedbackError: The database cannot be read.
        """
        from mmdemo.feedback.asking import events

        checked_person(person)
        with self._reading() as connection:
            return tuple(events(connection, self._location, person))

    def state(self, person: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Ids of the items that a person likes and dislikes now, each in the order in which that was said.

        Raises:
            FeedbackError: The database cannot be read.
        """
        from mmdemo.feedback.positives import standing

        stands = standing(self.of(person)).values()
        likes, dislikes = (
            tuple(event.item_id for event in stands if event.kind == kind) for kind in ("like", "dislike")
        )
        return likes, dislikes

    def persons(self) -> tuple[str, ...]:
        """Everybody of whom something is kept, sorted.

        Raises:
            FeedbackError: The database cannot be read.
        """
        from mmdemo.feedback.asking import persons

        with self._reading() as connection:
            return persons(connection)

    def counts(self) -> dict[str, int]:
        """How many events there are of each of `KINDS`.

        Raises:
            FeedbackError: The database cannot be read.
        """
        from mmdemo.feedback.asking import counts

        with self._reading() as connection:
            return counts(connection, self._location)

    def votes(self, person: str | None = None) -> tuple[Vote, ...]:
        """All votes, or those of a person, in the order of storing.

        Raises:
            FeedbackError: The database cannot be read.
        """
        from mmdemo.feedback.asking import votes

        with self._reading() as connection:
            return tuple(votes(connection, self._location, person))

    def interactions(self, item_ids: Sequence[str]) -> "Interactions":
        """What people like or last played, as choices among `item_ids` to learn from.

        Returns:
            As `mmdemo.feedback.positives.positives`.

        Raises:
            FeedbackError: The database cannot be read.
        """
        from mmdemo.feedback.asking import events
        from mmdemo.feedback.positives import positives

        with self._reading() as connection:
            return positives(events(connection, self._location, None, by_person=True), item_ids)

    def export(self, person: str | None, path: Path) -> int:
        """Write all that is kept of a person, or of everybody, as it is at one moment.

        Args:
            person: Whose; None: everybody's.
            path: `.csv` or `.jsonl`.

        Returns:
            How many events and votes were written.

        Raises:
            FeedbackError: The database cannot be read, or the file not be written.
        """
        from itertools import chain

        from mmdemo.feedback.asking import events, votes
        from mmdemo.feedback.exporting import export

        if person is not None:
            checked_person(person)
        with self._reading() as connection:
            of_both = (ask(connection, self._location, person) for ask in (events, votes))
            return export(chain.from_iterable(of_both), path)

    # The database -------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Give back the connections to a server; the next use opens new ones."""
        if self._opened is not None:
            self._opened.close()

    @contextmanager
    def _reading(self) -> "Iterator[Connection | None]":
        """A transaction to read in; None where nothing was ever stored."""
        database = self._database()
        if not database.exists():
            yield None
            return
        with database.reading() as connection:
            yield connection

    def _to_write(self) -> "Database":
        """The database, in which nothing is left that an eraser was killed over."""
        from mmdemo.feedback.erasing import finish

        database = self._database()
        if not self._finished_erasing and database.exists():
            finish(database)
            self._finished_erasing = True
        return database

    def _database(self) -> "Database":
        from mmdemo.feedback.database import Database

        with self._opening:
            if self._opened is None:
                self._opened = Database(self._location, wait_s=self._wait_s)
            return self._opened
