"""Encoder outputs kept by content, so that nothing is encoded twice: not by a second run, nor after a crash."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import weakref
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mmdemo.errors import WorkspaceError

if TYPE_CHECKING:
    from mmdemo.types import FloatArray

_BUSY_S = 60.0
_FORMAT = 1
_SCHEMA = f"""
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS encoders (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
    CREATE TABLE IF NOT EXISTS vectors (
        encoder INTEGER NOT NULL REFERENCES encoders (id),
        content TEXT NOT NULL,
        crc32 INTEGER NOT NULL,
        vector BLOB NOT NULL,
        PRIMARY KEY (encoder, content)
    );
    PRAGMA user_version = {_FORMAT};
    COMMIT;
"""


class VectorCache:
    """Vectors by encoder and content in one SQLite file, shared by any number of threads and processes.

    The file is in WAL mode: a killed process loses at most the `put` it was in, and that as a whole. The connection
    stays open between calls, because opening and closing it costs more than a query's encoder may.

    Args:
        path: The file; made by the first `put`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._open: _Opened | None = None

    def get(self, encoder_key: str, content_keys: Iterable[str]) -> dict[str, FloatArray]:
        """The vectors known for `content_keys`; keys without one are absent.

        Args:
            encoder_key: `Encoder.key`.
            content_keys: What was encoded: SHA-256 of the file or of the text.

        Returns:
            (D,) float32 vectors by content key, writable copies.

        Raises:
            WorkspaceError: The file is damaged or cannot be read.
        """
        import numpy as np

        if not self._path.exists():
            return {}
        with self._connection("read") as connection:
            rows = connection.execute(
                "SELECT content, crc32, vector FROM vectors WHERE encoder = (SELECT id FROM encoders WHERE key = ?)"
                " AND content IN (SELECT value FROM json_each(?))",
                (encoder_key, json.dumps(list(content_keys))),
            ).fetchall()
        # A row damaged on disk counts as unknown: encoding again costs less than a wrong vector.
        return {
            content: np.frombuffer(blob, dtype="<f4").astype(np.float32)
            for content, crc32, blob in rows
            if zlib.crc32(blob) == crc32
        }

    def count(self, encoder_key: str, content_keys: Iterable[str]) -> int:
        """How many of `content_keys` have a vector; reads none of them.

        Raises:
            WorkspaceError: The file is damaged or cannot be read.
        """
        if not self._path.exists():
            return 0
        with self._connection("read") as connection:
            (found,) = connection.execute(
                "SELECT count(*) FROM vectors WHERE encoder = (SELECT id FROM encoders WHERE key = ?)"
                " AND content IN (SELECT value FROM json_each(?))",
                (encoder_key, json.dumps(list(content_keys))),
            ).fetchone()
        return found

    def put(self, encoder_key: str, vectors: Mapping[str, FloatArray]) -> None:
        """Remember `vectors` in one transaction: all of them or, after a crash, none.

        Args:
            encoder_key: `Encoder.key`.
            vectors: (D,) float32 vectors by content key.

        Raises:
            WorkspaceError: A vector is not (D,) float32, or the file is damaged, the disk full or read-only.
        """
        if not vectors:
            return
        rows = [(key, _to_blob(key, vector)) for key, vector in vectors.items()]
        with self._connection("write") as connection, _transaction(connection):
            connection.execute("INSERT OR IGNORE INTO encoders (key) VALUES (?)", (encoder_key,))
            (encoder,) = connection.execute("SELECT id FROM encoders WHERE key = ?", (encoder_key,)).fetchone()
            connection.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)",
                ((encoder, key, zlib.crc32(blob), blob) for key, blob in rows),
            )

    def close(self) -> None:
        """Close the file until it is used again; everything is then in that one file, ready to be copied."""
        with self._lock:
            self._open = None

    @contextmanager
    def _connection(self, action: str) -> Iterator[sqlite3.Connection]:
        """The connection to the file as it is now, for one thread at a time."""
        try:
            with self._lock:
                if self._open is None or not self._open.still_good():
                    self._open = _Opened(self._path)
                yield self._open.connection
        except sqlite3.Error as error:
            raise WorkspaceError(
                f"could not {action} the vector cache {self._path}: {error}",
                expected="a sound SQLite file in a folder with free space is needed",
                remedy=_remedy(error),
            ) from error


class _Opened:
    """A connection, with what tells whether it may still be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process = os.getpid()
        self._writable = os.access(path.parent, os.W_OK)
        self.connection = _connect(path, writable=self._writable)
        self._inode = _inode(path)
        weakref.finalize(self, _close, self.connection, self._process)

    def still_good(self) -> bool:
        """False after a fork, after somebody deleted the file, and always where a writer could not be noticed."""
        return self._writable and self._process == os.getpid() and self._inode == _inode(self._path)


_inherited: list[sqlite3.Connection] = []
"""Connections of the process this one was forked from: closing them here would harm it."""


def _close(connection: sqlite3.Connection, process: int) -> None:
    if process == os.getpid():
        connection.close()
    else:
        _inherited.append(connection)


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    # SQLite shares a WAL through files beside it. Where neither they nor the right to make them are there, nobody
    # is writing, and it may be told so.
    followed = path.with_name(f"{path.name}-wal").exists()
    mode = "rwc" if writable else "ro" if followed else "ro&immutable=1"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0 and writable:
            _make(connection)
        elif version != _FORMAT:
            raise WorkspaceError(
                f"{path} has format {version}",
                expected=f"format {_FORMAT} is needed",
                remedy="delete that file (its vectors are computed again), or use the mmdemo that wrote it",
            )
        connection.execute("PRAGMA synchronous = NORMAL")  # in WAL mode enough for the crash of a process
    except BaseException:
        connection.close()
        raise
    return connection


def _make(connection: sqlite3.Connection) -> None:
    """Make the tables in a new file, which another process may be doing too."""
    deadline = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:  # at this one statement SQLite does not wait by itself
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    connection.executescript(_SCHEMA)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _remedy(error: sqlite3.Error) -> str:
    match getattr(error, "sqlite_errorname", "").split("_")[:2]:
        case ["SQLITE", "FULL" | "IOERR"]:
            return "free some disk space and run this again"
        case ["SQLITE", "READONLY" | "CANTOPEN" | "PERM"]:
            return "make the folder writable, or choose another with --workspace"
        case ["SQLITE", "BUSY" | "LOCKED"]:
            return "wait until the other process has finished, and run this again"
        case _:
            return "delete that file (and those beside it that begin with its name); its vectors are computed again"


def _to_blob(key: str, vector: FloatArray) -> bytes:
    if vector.ndim != 1 or vector.dtype != "float32":
        raise WorkspaceError(
            f"vector of {key} is {vector.dtype} {vector.shape}",
            expected="float32 of shape (D,) is needed",
            remedy="report this as a bug of the encoder",
        )
    return vector.astype("<f4", copy=False).tobytes()
