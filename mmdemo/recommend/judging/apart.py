"""Fitting and judging a model in a process of its own: its memory is its own, and it can be stopped at any moment.

Input and answer go through files that have no name, so that whatever ends first, nothing is left behind.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from mmdemo.errors import InteractionsError
from mmdemo.progress import Progress, silent
from mmdemo.recommend.judging.job import Job, Judged, damaged, pack_job
from mmdemo.recommend.judging.worker import FITTING, out_of_memory

_TICK_S = 0.25
"""How often `progress` is called while nothing new is known, so that it can cancel."""


def judge_apart(job: Job, *, time_limit: float | None = None, progress: Progress = silent) -> Judged:
    """Fit and judge a model in a process of its own.

    Args:
        job: What to do.
        time_limit: Seconds one fit may take; it is stopped then, and the answer has a `problem` and no report.
        progress: Called at least four times a second; what it raises ends the process at once and is raised here.

    Raises:
        InteractionsError: The model cannot be fitted or judged, or the process failed.
        CancelledError: From `progress`.
    """
    with tempfile.TemporaryFile() as request, tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as log:
        _write(request, pack_job(job))
        with _started(request, answer, log) as process:
            if not _follow(process, progress, time_limit):
                return Judged(job.model, job.split.name, None, problem=f"stopped after {time_limit:g} s of fitting")
            status = process.wait()
        if status:
            raise _failure(status, log)
        answer.seek(0)
        try:
            return Judged.from_json(json.loads(answer.read()))
        except ValueError as error:
            raise damaged() from error


def _write(request: IO[bytes], data: bytes) -> None:
    try:
        request.write(data)
        request.flush()
        request.seek(0)
    except OSError as error:
        raise InteractionsError(
            f"{len(data) / 1e6:.0f} MB for the evaluation could not be written ({error.strerror})",
            expected="as much room in the folder for temporary files is needed",
            remedy="free some disk space, or set TMPDIR to another folder",
        ) from error


@contextmanager
def _started(request: IO[bytes], answer: IO[bytes], log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The process; killed at the end where it has not ended itself."""
    files = (request.fileno(), answer.fileno())
    search_path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "mmdemo.recommend.judging.worker", *map(str, files)],
        stdin=subprocess.PIPE,  # never written to: its end tells the process that this one has ended
        stdout=subprocess.PIPE,
        stderr=log,
        pass_fds=files,
        env={**os.environ, "PYTHONPATH": search_path},
    )
    try:
        yield process
    finally:
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        process.wait()


def _follow(process: subprocess.Popen[bytes], progress: Progress, time_limit: float | None) -> bool:
    """Pass on what the process reports until it closes its output; False where one fit takes too long."""
    assert process.stdout is not None
    said: dict[str, Any] = {"step": None, "done": 0, "total": 0, "message": "Starting"}
    rest, began = b"", time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            progress(said["done"], said["total"], said["message"])
            is_fitting = said["step"] is not None and said["step"][0] == FITTING
            if is_fitting and time_limit is not None and time.monotonic() - began > time_limit:
                return False
            if not selector.select(_TICK_S):
                continue
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                return True
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                message = json.loads(line)
                if "error" in message:
                    given, expected, remedy = message["error"]
                    raise InteractionsError(given, expected=expected, remedy=remedy)
                if message["step"] != said["step"]:
                    began = time.monotonic()
                said = message


def _failure(status: int, log: IO[bytes]) -> InteractionsError:
    """The typed error for a process that ended without an answer."""
    if status == -signal.SIGKILL:
        return out_of_memory()
    log.seek(0)
    last = (log.read().decode(errors="replace").strip().splitlines() or [""])[-1][:200]
    return InteractionsError(
        f"the process that fits the model failed (exit status {status}){': ' if last else ''}{last}",
        expected="a finished evaluation",
        remedy="try other settings or another model; `mmdemo doctor` checks the installation",
    )
