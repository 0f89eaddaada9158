"""Runs the decoders in processes of their own, kept warm between files.

Pillow, libsndfile and libav are large C programs reading whatever strangers upload. Here a crash is an error message,
an endless loop ends at the deadline, and memory is held by the operating system.
"""

import atexit
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict

from mmdemo.errors import MediaError
from mmdemo.media.decoding import Decoded
from mmdemo.media.limits import Limits, took_too_long
from mmdemo.media.refuse import parser_errors
from mmdemo.media.wire import BrokenMessageError, max_reply_bytes, read_message, unpack, write_message
from mmdemo.types import Modality

_START_SECONDS = 15.0  # for the worker to start and load its libraries on a busy machine, on top of the deadline
_FILES_PER_WORKER = 500  # then a fresh one, in case a library leaks


class _Worker:
    """One decoding process; used by one thread at a time."""

    def __init__(self) -> None:
        self.files = 0
        search_path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "mmdemo.media.worker"],  # -P: a file in the working directory shadows nothing
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **one_thread, "PYTHONPATH": search_path},
        )

    def is_usable(self) -> bool:
        return self._process.poll() is None and self.files < _FILES_PER_WORKER

    def decode(self, data: bytes, expect: Modality | None, limits: Limits) -> Decoded:
        """Decode one file; after an exception other than `MediaError` from the file itself the worker is gone."""
        self.files += 1
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        seconds = limits.decode_seconds + _START_SECONDS
        is_late = threading.Event()
        timer = threading.Timer(seconds, lambda: (is_late.set(), self._process.kill()))
        timer.daemon = True
        timer.start()
        try:
            write_message(self._process.stdin, {"expect": expect, "limits": asdict(limits)}, data)
            header, payload = read_message(self._process.stdout, max_payload=max_reply_bytes(limits))
        except (OSError, ValueError, BrokenMessageError) as error:
            self.close()
            if is_late.is_set():
                raise took_too_long(limits.decode_seconds) from error
            raise MediaError(
                f"the file crashed its decoder (exit status {self._process.returncode})",
                expected="a file that its decoder can read is needed",
                remedy="open it in its own program, save it again, and upload that",
            ) from error
        finally:
            timer.cancel()
        with parser_errors("decoder's answer"):
            return unpack(header, payload)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):  # unsent bytes have nowhere to go
                    stream.close()
        self._process.wait()


class Decoders:
    """A few warm workers, started when first needed.

    Args:
        most: Files decoded at once; further threads wait.
    """

    def __init__(self, most: int) -> None:
        self._turns = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []

    def decode(self, data: bytes, *, expect: Modality | None, limits: Limits) -> Decoded:
        """Decode `data` in a worker.

        Raises:
            MediaError: It cannot be used, crashed its decoder, or took too long.
        """
        with self._turns:
            worker = self._take()
            try:
                return worker.decode(data, expect, limits)
            except BaseException as error:
                if not isinstance(error, MediaError):  # interrupted between question and answer
                    worker.close()
                raise
            finally:
                self._give_back(worker)

    def close(self) -> None:
        """End all idle workers."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()

    def _take(self) -> _Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.is_usable():
                    return worker
                worker.close()
        return _Worker()

    def _give_back(self, worker: _Worker) -> None:
        if worker.is_usable():
            with self._lock:
                self._idle.append(worker)
        else:
            worker.close()


DECODERS = Decoders(most=min(4, os.cpu_count() or 1))
atexit.register(DECODERS.close)


def _forget_after_fork() -> None:
    """A forked child must not talk to its parent's workers."""
    global DECODERS  # noqa: PLW0603 - replaced only in a child that has one thread
    DECODERS = Decoders(most=min(4, os.cpu_count() or 1))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
