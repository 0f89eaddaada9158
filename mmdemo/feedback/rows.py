"""Events and votes to rows of the tables and back; a row that nobody can have stored is damage."""

import json
import math
from typing import Any

from sqlalchemy import Row

from mmdemo.errors import FeedbackError
from mmdemo.feedback.events import Event, Vote, checked_kind, checked_list
from mmdemo.feedback.failures import damaged
from mmdemo.feedback.location import Location


def event_of(row: Row[Any], location: Location) -> Event:
    """The event of a row of `EVENTS`.

    Raises:
        FeedbackError: The row is damaged.
    """
    event = Event(*row)
    texts = (event.event_id, event.person, event.kind, event.item_id, event.catalog)
    try:
        _sound(event.number, texts, event.at)
        checked_kind(event.kind)
    except (TypeError, FeedbackError) as error:
        raise damaged(location, f"event {event.number} holds what nobody stored") from error
    return event


def vote_of(row: Row[Any], location: Location) -> Vote:
    """The vote of a row of `VOTES`.

    Raises:
        FeedbackError: The row is damaged.
    """
    try:
        lists = [tuple(json.loads(getattr(row, column))) for column in ("shown", "teams", "chosen")]
        shown, teams, chosen = checked_list(*lists)
        texts = (row.vote_id, row.person, row.first, row.second, row.catalog)
        _sound(row.number, texts, row.at)
    except (TypeError, ValueError, FeedbackError) as error:
        raise damaged(location, f"vote {row.number} holds what nobody stored") from error
    return Vote(row.number, row.vote_id, row.person, row.first, row.second, shown, teams, chosen, row.catalog, row.at)


def _sound(number: object, texts: tuple[object, ...], at: object) -> None:
    if not isinstance(number, int) or not all(isinstance(text, str) for text in texts):
        raise TypeError("a number or a text is none")
    if not isinstance(at, float) or not math.isfinite(at):
        raise TypeError("a time is none")
