"""Encoder outputs kept by content, so that nothing is encoded twice: not by a second run, nor after a crash."""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
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

    Each call opens its own connection, so an object may be used from any thread and after a fork. The file is in
    WAL mode: a killed process loses at most the `put` it was in, as a whole.

    Args:
        path: The file; made by the first `put`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

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
        with self._errors("read"), closing(self._connect_to_read()) as connection:
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
        with self._errors("write"), closing(self._connect_to_write()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT OR IGNORE INTO encoders (key) VALUES (?)", (encoder_key,))
            (encoder,) = connection.execute("SELECT id FROM encoders WHERE key = ?", (encoder_key,)).fetchone()
            connection.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)",
                ((encoder, key, zlib.crc32(blob), blob) for key, blob in rows),
            )
            connection.execute("COMMIT")

    def _connect_to_write(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version != _FORMAT:
                self._check_format(version)
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(_SCHEMA)
            connection.execute("PRAGMA synchronous = NORMAL")  # in WAL mode safe against a crash of the process
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_to_read(self) -> sqlite3.Connection:
        # SQLite shares a WAL through a file beside it; where that cannot be made, nobody here can be writing either.
        options = "mode=rw" if os.access(self._path.parent, os.W_OK) else "mode=ro&immutable=1"
        connection = sqlite3.connect(f"{self._path.absolute().as_uri()}?{options}", uri=True, timeout=_BUSY_S)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:  # the first writer is just making it
                connection.executescript(
                    "CREATE TEMP TABLE encoders (id, key);CREATE TEMP TABLE vectors (encoder, content, crc32, vector)"
                )
            elif version != _FORMAT:
                self._check_format(version)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_format(self, version: int) -> None:
        if version not in (0, _FORMAT):
            raise WorkspaceError(
                f"{self._path} has format {version}",
                expected=f"format {_FORMAT} is needed",
                remedy="delete that file (its vectors are computed again), or install the mmdemo that wrote it",
            )

    @contextmanager
    def _errors(self, action: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise WorkspaceError(
                f"could not {action} the vector cache {self._path}: {error}",
                expected="a sound SQLite file in a folder with free space is needed",
                remedy=_remedy(error),
            ) from error


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
