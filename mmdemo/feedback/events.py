"""What is kept of a person: what they did with items, and their votes between two models."""

import math
import uuid
from dataclasses import dataclass

from mmdemo.errors import FeedbackError

KINDS = ("like", "dislike", "play", "skip", "clear")
"""What can be done with an item; `clear` takes back whatever was done with it before."""

_LONGEST = 200
_LAST_SECOND = 253_402_300_799.0  # 9999-12-31: what every calendar can print


@dataclass(frozen=True, slots=True)
class Event:
    """Something a person did with an item.

    Args:
        number: Ascending in the order of storing; never given again, even after erasing.
        event_id: What makes storing it twice store it once.
        person: Who, as `mmdemo.feedback.persons` names people.
        kind: One of `KINDS`.
        item_id: With what.
        catalog: Id of the catalogue that the item was shown from.
        at: When, in seconds since 1970.
    """

    number: int
    event_id: str
    person: str
    kind: str
    item_id: str
    catalog: str
    at: float


@dataclass(frozen=True, slots=True)
class Vote:
    """What a person chose from an interleaved list of two models.

    Args:
        number: As in `Event`.
        vote_id: As `Event.event_id`.
        person: Who.
        first: Name of the first model.
        second: Name of the second.
        shown: Item ids from the top of the list on.
        teams: Which model put each item there: 0 the first, 1 the second.
        chosen: Those of `shown` that were chosen.
        catalog: As in `Event`.
        at: When, in seconds since 1970.
    """

    number: int
    vote_id: str
    person: str
    first: str
    second: str
    shown: tuple[str, ...]
    teams: tuple[int, ...]
    chosen: tuple[str, ...]
    catalog: str
    at: float

    @property
    def credits(self) -> tuple[int, int]:
        """How many of the chosen items the first and the second model had put there."""
        second = sum(team for item_id, team in zip(self.shown, self.teams, strict=True) if item_id in self.chosen)
        return len(self.chosen) - second, second


def new_id() -> str:
    """An id for an event or a vote that nobody else has."""
    return uuid.uuid4().hex


def checked_kind(kind: str) -> str:
    """The kind, if there is such a kind.

    Raises:
        FeedbackError: There is none.
    """
    if kind not in KINDS:
        raise FeedbackError(f"feedback '{kind}'", expected=f"one of {', '.join(KINDS)} is needed", remedy="use one")
    return kind


def checked_text(value: str, what: str) -> str:
    """The text, if every database can keep it and give it back unchanged.

    Args:
        value: An id or a name.
        what: What it is, as in "an item id".

    Raises:
        FeedbackError: It is empty, longer than 200 characters, or holds NUL or half a character.
    """
    fit = 0 < len(value) <= _LONGEST and "\0" not in value
    if not fit or any("\ud800" <= character <= "\udfff" for character in value):
        raise FeedbackError(
            f"{what} {value[:40]!r} of {len(value)} characters",
            expected=f"1 to {_LONGEST} characters of text are needed",
            remedy="give it another id",
        )
    return value


def checked_time(at: float) -> float:
    """The time, if it is one.

    Raises:
        FeedbackError: It is not finite, before 1970, or after 9999.
    """
    if not math.isfinite(at) or not 0 <= at <= _LAST_SECOND:
        raise FeedbackError(f"a time of {at} s since 1970", expected="1970 to 9999 is needed", remedy="check the clock")
    return float(at)


def checked_list(
    shown: tuple[str, ...], teams: tuple[int, ...], chosen: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[int, ...], tuple[str, ...]]:
    """The interleaved list and what was chosen from it, if they fit each other.

    Raises:
        FeedbackError: An item is there twice or has no team, or something was chosen that was not shown.
    """
    for item_id in shown:
        checked_text(item_id, "an item id")
    if len(set(shown)) != len(shown) or len(teams) != len(shown) or not set(teams) <= {0, 1}:
        raise FeedbackError(
            f"a list of {len(shown)} items ({len(set(shown))} different ones) with {len(teams)} teams",
            expected="different items, each of team 0 or 1, are needed",
            remedy="interleave the lists again",
        )
    if len(set(chosen)) != len(chosen) or not set(chosen) <= set(shown):
        raise FeedbackError(
            f"{len(chosen)} chosen items, of which {len(set(chosen) & set(shown))} were shown",
            expected="each chosen item once, of those shown, is needed",
            remedy="vote again",
        )
    return shown, teams, chosen
