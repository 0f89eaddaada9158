"""What the columns of a table of interactions mean, by plain rules on their names.

A name counts without regard to case, spaces, hyphens, underscores and what follows a colon ("user_id:token"). For each
role the first name below that the table has is taken.

    user    user, user id, uid, person, customer, reviewer, visitor, session        each also with "id" behind it
    item    item, item id, iid, movie, product, video, track, song, book, article   each also with "id" behind it; asin
    rating  rating, score, stars, overall
    time    time, timestamp, date, datetime, unix review time, at
    part    x label, split, part   (only in files that hold several parts)
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mmdemo.errors import InteractionsError

_USERS = ("user", "u", "person", "customer", "reviewer", "visitor", "session")
_ITEMS = ("item", "i", "movie", "product", "video", "track", "song", "book", "article")
_NAMES = {
    "user": tuple(name for each in _USERS for name in (each, f"{each}id") if name != "u"),
    "item": (*(name for each in _ITEMS for name in (each, f"{each}id") if name != "i"), "asin"),
    "rating": ("rating", "score", "stars", "overall"),
    "time": ("time", "timestamp", "date", "datetime", "unixreviewtime", "at"),
    "part": ("xlabel", "split", "part"),
}


@dataclass(frozen=True, slots=True)
class Roles:
    """Which column plays which role; `None` where the table has none for it."""

    user: str
    item: str
    rating: str | None
    time: str | None
    part: str | None


def roles(names: Iterable[str], source: str) -> Roles:
    """Assign roles to the columns of a table.

    Args:
        names: Of the columns.
        source: Name of the file, for the message.

    Raises:
        InteractionsError: No column names the users, or none the items.

    Example:
        >>> roles(["userId", "movieId", "stars"], "ratings.csv").item
        'movieId'
    """
    listed = list(names)
    by_plain_name: dict[str, str] = {}
    for name in listed:
        by_plain_name.setdefault(re.sub(r"[\s_-]+", "", name.partition(":")[0]).casefold(), name)

    def first(role: str) -> str | None:
        return next((by_plain_name[name] for name in _NAMES[role] if name in by_plain_name), None)

    user, item = first("user"), first("item")
    if user is None or item is None:
        shown = ", ".join(name[:40] for name in listed[:10]) or "of nothing"
        raise InteractionsError(
            f"{source} has the columns {shown}",
            expected="a first line with the columns user and item is needed",
            remedy="rename the columns; rating and time may be there too",
        )
    return Roles(user, item, first("rating"), first("time"), first("part"))
