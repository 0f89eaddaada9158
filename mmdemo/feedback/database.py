"""Transactions in the two kinds of database, durable in both."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from mmdemo.errors import FeedbackError
from mmdemo.feedback import schema
from mmdemo.feedback.failures import database_errors, is_busy
from mmdemo.feedback.location import Location

_POLL_S = 0.01

# A server may be set up to confirm before it has written: then these transactions ask for more.
_DURABLE = """
    SELECT set_config('synchronous_commit', 'on', true)
    WHERE current_setting('synchronous_commit') IN ('off', 'local')
"""


class Database:
    """Opens transactions; the tables are there and up to date in each.

    Args:
        location: Where.
        wait_s: How long to wait for another writer, in seconds.
    """

    def __init__(self, location: Location, *, wait_s: float) -> None:
        self.location = location
        self._wait_s = wait_s
        self._ready: int | None = None
        self._engine = _sqlite(location.file, wait_s) if location.file is not None else _postgresql(location.server)

    def exists(self) -> bool:
        """False where nothing was ever stored in the file."""
        return self.location.file is None or self.location.file.exists()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees the database as it is at one moment.

        Raises:
            FeedbackError: The database cannot be read.
        """
        with database_errors(self.location, "read feedback"):
            self._prepare()
            with self._engine.connect() as connection:
                if self.location.file is not None:
                    connection.exec_driver_sql("BEGIN")
                else:
                    connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction whose end returns only once all of it is on the disk.

        Raises:
            FeedbackError: The database cannot be written; nothing of the block is stored then, unless the connection
                to a server broke just as it confirmed.
        """
        with database_errors(self.location, "store feedback"):
            self._prepare()
            with self._writing() as connection:
                yield connection

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A connection whose statements are transactions of their own, as housekeeping needs."""
        with database_errors(self.location, "erase feedback"), self._engine.connect() as connection:
            if self.location.file is None:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.execute(text("SELECT set_config('lock_timeout', :wait, false)"), {"wait": self._wait_ms})
            yield connection

    def close(self) -> None:
        """Give back the connections to a server; the next use opens new ones."""
        self._engine.dispose()

    @property
    def _wait_ms(self) -> str:
        return str(round(1000 * self._wait_s))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            if self.location.file is not None:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(text(_DURABLE))
                connection.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": self._wait_ms})
            yield connection
            connection.commit()

    def _prepare(self) -> None:
        """Make or upgrade the tables, once for each file."""
        if self._ready is not None and self._ready == self._identity():
            return
        with self._engine.connect() as connection:
            if self.location.file is not None:  # one moment's view: another program may be making the tables just now
                connection.exec_driver_sql("BEGIN")
            is_current = schema.check(connection, self.location)
        if not is_current:
            if self.location.file is not None:
                self._write_ahead()
            with self._writing() as connection:
                schema.upgrade(connection, self.location)
        self._ready = self._identity()

    def _identity(self) -> int | None:
        """Of the file there is now: somebody may delete it, or put another one there, at any time."""
        if self.location.file is None:
            return 0
        try:
            return self.location.file.stat().st_ino
        except OSError:
            return None

    def _write_ahead(self) -> None:
        """Let readers and a writer not wait for each other."""
        deadline = time.monotonic() + self._wait_s
        while True:
            try:
                with self._engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                return
            except OperationalError as error:  # at this one statement SQLite does not always wait
                if not is_busy(error) or time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_S)


def _sqlite(path: Path, wait_s: float) -> Engine:
    # Each transaction opens the file anew: a click can wait those few ms, and nothing is ever written to a file that
    # has been deleted meanwhile.
    return create_engine("sqlite://", creator=_opener(path, wait_s), poolclass=NullPool)


def _opener(path: Path, wait_s: float) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        # SQLite shares its log through files beside the database. Where neither they nor the right to make them are
        # there, nobody is writing, and it may be told so.
        mode = "rwc"
        if path.exists() and not os.access(path.parent, os.W_OK):
            mode = "ro" if path.with_name(f"{path.name}-wal").exists() else "ro&immutable=1"
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False)
        try:
            for setting in ("synchronous = EXTRA", "secure_delete = ON", "trusted_schema = OFF"):
                connection.execute(f"PRAGMA {setting}")
        except BaseException:
            connection.close()
            raise
        return connection

    return connect


def _postgresql(url: URL | None) -> Engine:
    if url is None:
        raise ValueError("neither a file nor a server")
    try:
        return create_engine(
            url, pool_pre_ping=True, isolation_level="READ COMMITTED", connect_args={"connect_timeout": 10}
        )
    except ModuleNotFoundError as error:
        raise FeedbackError(
            "a PostgreSQL database without its driver",
            expected="the package psycopg is needed",
            remedy="install it with `pip install 'mmdemo[postgres]'`",
        ) from error
