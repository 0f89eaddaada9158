"""One writer at a time for each workspace, across threads and processes."""

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from mmdemo.errors import WorkspaceError
from mmdemo.store.files import disk_errors

_POLL_S = 0.02


class WriterLock:
    """An `flock` on one file: the kernel drops it when its holder dies, so it never goes stale.

    The same thread may hold it several times over (an indexing run holds it while it writes its version).

    Args:
        path: The lock file; it stays after use, and while held says who holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._within_process = threading.RLock()
        self._depth = 0

    @contextmanager
    def hold(self, purpose: str, *, wait_s: float) -> Iterator[None]:
        """Hold the lock for the block.

        Args:
            purpose: What for, told to whoever has to wait.
            wait_s: How long to wait for another holder, in seconds; 0: do not wait.

        Raises:
            WorkspaceError: Another still holds it after `wait_s`; the message says who and since when.
        """
        deadline = time.monotonic() + wait_s
        if not self._within_process.acquire(timeout=wait_s):
            raise self._held()
        try:
            if self._depth:
                with self._nested():
                    yield
            else:
                with disk_errors(self._path, "lock the workspace for writing"):
                    stream = self._path.open("a+b")
                with stream:
                    self._acquire(stream, purpose, deadline)
                    with self._nested():
                        yield
        finally:
            self._within_process.release()

    @contextmanager
    def _nested(self) -> Iterator[None]:
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _acquire(self, stream: BinaryIO, purpose: str, deadline: float) -> None:
        while True:
            with disk_errors(self._path, "lock the workspace for writing"):
                try:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    stream.truncate(0)
                    stream.write(_about_me(purpose))
                    stream.flush()
                    return
                except BlockingIOError:
                    pass
            if time.monotonic() >= deadline:
                raise self._held()
            time.sleep(_POLL_S)

    def _held(self) -> WorkspaceError:
        try:
            about = json.loads(self._path.read_bytes())
            holder = f"process {about['pid']} on {about['host']} ({about['purpose']}, since {about['since']})"
        except (OSError, ValueError, KeyError, TypeError):  # it may be let go, or taken anew, while we read
            holder = "another process"
        return WorkspaceError(
            f"workspace {self._path.parent} is being written by {holder}",
            expected="one writer at a time is possible",
            remedy="wait until it has finished, or stop it, and run this again",
        )


def _about_me(purpose: str) -> bytes:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"pid": os.getpid(), "host": os.uname().nodename, "purpose": purpose, "since": since}).encode()
