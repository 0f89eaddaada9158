"""Making a map in a process of its own: UMAP stays out of this one, and can be stopped at any moment.

Input and answer go through files that have no name, so that whatever ends first, nothing is left behind.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import IO

from mmdemo.errors import MapError
from mmdemo.progress import Progress, silent
from mmdemo.projection.fit import FitInput
from mmdemo.projection.map import Map
from mmdemo.projection.storage import map_from_content
from mmdemo.projection.worker import pack_input
from mmdemo.store.derived import unpack

STEPS = 1000
"""Total of the progress that is reported."""
_TICK_S = 0.25
"""How often `progress` is called while nothing new is known, so that it can cancel."""


def fit_in_process(given: FitInput, *, progress: Progress = silent) -> Map:
    """Make a map.

    Args:
        given: See there.
        progress: Called at least four times a second; what it raises ends the process at once and is raised here.

    Raises:
        MapError: The process failed, ran out of memory or was killed.
        CancelledError: From `progress`.
    """
    with tempfile.TemporaryFile() as request, tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as log:
        _write_request(request, pack_input(given))
        process = _start(request, answer, log)
        try:
            _follow(process, progress)
            status = process.wait()
        finally:
            _end(process)
        if status:
            raise _failure(status, log)
        answer.seek(0)
        content = unpack(answer.read())
    if content is None:
        raise _failure(0, None)
    return map_from_content(*content)


def _write_request(request: IO[bytes], data: bytes) -> None:
    try:
        request.write(data)
        request.flush()
        request.seek(0)
    except OSError as error:
        raise MapError(
            f"{len(data) / 1e6:.0f} MB for the map could not be written ({error.strerror})",
            expected="as much room in the folder for temporary files is needed",
            remedy="free some disk space, or set TMPDIR to another folder",
        ) from error


def _start(request: IO[bytes], answer: IO[bytes], log: IO[bytes]) -> subprocess.Popen[bytes]:
    files = (request.fileno(), answer.fileno())
    search_path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "mmdemo.projection.worker", *map(str, files)],
        stdin=subprocess.PIPE,  # never written to: its end tells the process that this one has ended
        stdout=subprocess.PIPE,
        stderr=log,
        pass_fds=files,
        env={**os.environ, "PYTHONPATH": search_path},
    )


def _follow(process: subprocess.Popen[bytes], progress: Progress) -> None:
    """Pass on what the process reports until it closes its output."""
    assert process.stdout is not None
    done, message, rest = 0, "starting", b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            progress(done, STEPS, message)
            if not selector.select(_TICK_S):
                continue
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                said = json.loads(line)
                if "error" in said:
                    given, expected, remedy = said["error"]
                    raise MapError(given, expected=expected, remedy=remedy)
                done, message = round(said["share"] * STEPS), said["message"]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.wait()


def _failure(status: int, log: IO[bytes] | None) -> MapError:
    """The typed error for a process that ended without a map."""
    last = ""
    if log is not None:
        log.seek(0)
        last = (log.read().decode(errors="replace").strip().splitlines() or [""])[-1][:200]
    if status == -signal.SIGKILL or "MemoryError" in last:
        return MapError(
            "the process that makes the map was killed, most likely because memory ran out",
            expected="about 16 bytes for each number of the vectors are needed",
            remedy="close other programs, or make a map of fewer items",
        )
    return MapError(
        f"the process that makes the map failed (exit status {status}){': ' if last else ''}{last}",
        expected="a finished map",
        remedy="try other settings, or make a PCA map; `mmdemo doctor` checks the installation",
    )
