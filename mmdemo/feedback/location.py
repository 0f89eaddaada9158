"""Where feedback is kept: a file in the workspace, unless told otherwise."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mmdemo.errors import FeedbackError

if TYPE_CHECKING:
    from sqlalchemy import URL

DATABASE_VARIABLE = "MMDEMO_DATABASE"
DATABASE_FILE = "feedback.sqlite"


@dataclass(frozen=True, slots=True)
class Location:
    """A SQLite file or a PostgreSQL database: one of the two is None.

    Args:
        file: The SQLite file.
        server: URL of the PostgreSQL database, with its password.
    """

    file: Path | None
    server: "URL | None"

    def __str__(self) -> str:
        """For messages: without the password."""
        return str(self.file) if self.server is None else self.server.render_as_string(hide_password=True)


def database_of(workspace: Path, chosen: str | None = None) -> str | Path:
    """What to give `FeedbackStore`: the chosen database, else $MMDEMO_DATABASE, else the workspace's own file.

    Args:
        workspace: Folder of the workspace.
        chosen: A URL or a path.
    """
    return chosen or os.environ.get(DATABASE_VARIABLE) or workspace / DATABASE_FILE


def locate(database: str | Path) -> Location:
    """The place that a URL or the path of a SQLite file names.

    Args:
        database: As `sqlite:///folder/file`, `postgresql://user@host/name`, or a path.

    Raises:
        FeedbackError: The URL is malformed, of another kind of database, or of one that is kept in memory only.
    """
    if isinstance(database, Path) or "://" not in database:
        return Location(Path(database), None)
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(database)
    except (ArgumentError, ValueError):  # the URL itself stays out of the message: it may hold a password
        raise _unusable("a database URL that cannot be read") from None
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return Location(None, url.set(drivername="postgresql+psycopg"))
    if url.get_backend_name() != "sqlite":
        raise _unusable(f"a database of the kind '{url.drivername}'")
    if not url.database or url.database == ":memory:" or url.query:
        raise _unusable("a SQLite URL without a file, or with options")
    return Location(Path(url.database), None)


def _unusable(given: str) -> FeedbackError:
    return FeedbackError(
        given,
        expected="postgresql://USER:PASSWORD@HOST/NAME or sqlite:///FILE is needed",
        remedy=f"correct --database or {DATABASE_VARIABLE}",
    )
