"""What a database refuses, in plain words and with what to do about it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from mmdemo.errors import FeedbackError
from mmdemo.feedback.location import Location

_WAIT = "wait until the other program has finished, and try again"
_SPACE = "free some disk space and try again"
_PERMISSION = "change the permissions, or choose another database with --database"
_SERVER = "check that the server runs, and the host, database, user and password of its URL, and try again"
_TABLES = "let the user of the URL make tables in the database, or choose another database"
_DAMAGED = (
    "restore the file from a backup, or move it and those beside it that begin with its name away: a new one is made"
)

_SQLITE = {
    sqlite3.SQLITE_PERM: _PERMISSION,
    sqlite3.SQLITE_BUSY: _WAIT,
    sqlite3.SQLITE_LOCKED: _WAIT,
    sqlite3.SQLITE_READONLY: _PERMISSION,
    sqlite3.SQLITE_IOERR: _SPACE,
    sqlite3.SQLITE_FULL: _SPACE,
    sqlite3.SQLITE_CANTOPEN: _PERMISSION,
    sqlite3.SQLITE_PROTOCOL: _WAIT,
}
"""Remedies by primary result code; whatever else comes is damage."""

_POSTGRESQL = {
    "25": _PERMISSION,
    "3F": _TABLES,
    "42": _TABLES,
    "40": "try again",
    "53": "free some disk space or connections of the server, and try again",
    "55": _WAIT,
    "57": _SERVER,
    "58": _SERVER,
    "08": _SERVER,
    "XX": "have the database repaired, or restore it from a backup",
}
"""Remedies by class of SQLSTATE; a connection that was not to be had comes without one."""


@contextmanager
def database_errors(location: Location, action: str) -> Iterator[None]:
    """Turn every error of the database in the block into a `FeedbackError`.

    Args:
        location: Which database.
        action: What was being done, as in "store feedback".
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        reason, remedy = _explained(error)
        raise FeedbackError(
            f"could not {action} in {location}: {reason}",
            expected="a sound database that answers and can be written is needed",
            remedy=remedy,
        ) from error


def damaged(location: Location, what: str) -> FeedbackError:
    """The error for a database that answers, but with what nobody has stored.

    Args:
        location: Which database.
        what: What is wrong.
    """
    return FeedbackError(f"{location} is damaged: {what}", expected="a sound database is needed", remedy=_DAMAGED)


def is_busy(error: Exception) -> bool:
    """Whether SQLite refused because another connection was in the way."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)


def _explained(error: Exception) -> tuple[str, str]:
    """Reason in one line, and the remedy."""
    if isinstance(error, NoConnectionError):
        return "all connections are in use", _WAIT
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    reason = (str(original).strip().splitlines() or [type(original).__name__])[0]
    if isinstance(original, sqlite3.Error):
        code = getattr(original, "sqlite_errorcode", None)
        return reason, _DAMAGED if code is None else _SQLITE.get(code & 0xFF, _DAMAGED)
    state = getattr(original, "sqlstate", None)
    return reason, _SERVER if state is None else _POSTGRESQL.get(state[:2], _SERVER)
