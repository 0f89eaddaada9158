"""Reading events and votes; a connection of None stands for a database in which nothing was ever stored."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from mmdemo.feedback.events import KINDS, Event, Vote
from mmdemo.feedback.failures import damaged
from mmdemo.feedback.location import Location
from mmdemo.feedback.rows import event_of, vote_of
from mmdemo.feedback.tables import BY_PERSON, EVENTS, VOTES

_AT_ONCE = 2000


def events(
    connection: Connection | None, location: Location, person: str | None, *, by_person: bool = False
) -> Iterator[Event]:
    """Events of a person, None: of everybody, in the order of storing; `by_person`: one person after another.

    Raises:
        FeedbackError: One of them is damaged.
    """
    if connection is None:
        return
    query = select(EVENTS).order_by(*([EVENTS.c.person] if by_person else []), EVENTS.c.number)
    if person is not None:
        query = query.where(EVENTS.c.person == person)
    for row in connection.execute(query, execution_options={"yield_per": _AT_ONCE}):
        yield event_of(row, location)


def votes(connection: Connection | None, location: Location, person: str | None) -> Iterator[Vote]:
    """Votes, likewise.

    Raises:
        FeedbackError: One of them is damaged.
    """
    if connection is None:
        return
    query = select(VOTES).order_by(VOTES.c.number)
    if person is not None:
        query = query.where(VOTES.c.person == person)
    for row in connection.execute(query, execution_options={"yield_per": _AT_ONCE}):
        yield vote_of(row, location)


def persons(connection: Connection | None) -> tuple[str, ...]:
    """Everybody with an event or a vote, sorted."""
    if connection is None:
        return ()
    found = {
        str(name) for table in BY_PERSON for name in connection.execute(select(table.c.person).distinct()).scalars()
    }
    return tuple(sorted(found))


def counts(connection: Connection | None, location: Location) -> dict[str, int]:
    """How many events there are of each kind.

    Raises:
        FeedbackError: There are events of another kind.
    """
    found: dict[str, int] = dict.fromkeys(KINDS, 0)
    if connection is not None:
        query = select(EVENTS.c.kind, func.count()).group_by(EVENTS.c.kind)
        for kind, number in connection.execute(query):
            found[kind] = number
    if len(found) > len(KINDS):
        raise damaged(location, "it counts events of unknown kinds")
    return found
