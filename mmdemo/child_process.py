"""Work in a process of its own: its memory is its own, what it imports stays out of this one, and it can be stopped.

Request and answer go through files that have no name, so that whatever ends first, nothing is left behind. On its
standard output the child says one JSON object a line; {"error": [given, expected, remedy]} ends its work. Its standard
input holds nothing: when it ends, so has whoever asked, and the child ends too.
"""

import json
import os
import selectors
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any

from mmdemo.errors import MmdemoError

TICK_S = 0.25
"""How often whoever asks is called while the child says nothing new."""

Message = Mapping[str, Any]


class ChildFailedError(Exception):
    """The child ended without an answer.

    Args:
        status: Its exit status; negative for the signal that ended it.
        last: The last line that it wrote to standard error.
    """

    def __init__(self, status: int, last: str) -> None:
        super().__init__(f"(exit status {status}){': ' if last else ''}{last}")
        self.status = status
        self.last = last


class NoRoomError(Exception):
    """There is no room for the request; its words say how large it is, and why."""


def ask(
    module: str,
    request: bytes,
    *,
    error: type[MmdemoError],
    hear: Callable[[Message], None],
    tick: Callable[[], bool],
) -> bytes | None:
    """Let a module that calls `answer` work in a child.

    Args:
        module: Its full name.
        request: What `answer` hands to the work.
        error: What the child's own errors become.
        hear: Told what the child says.
        tick: Called at least every `TICK_S`. Where it gives False, or raises, the child is stopped at once.

    Returns:
        The child's answer; None where `tick` ended it.

    Raises:
        MmdemoError: `error`, as the child said it.
        ChildFailedError: It crashed or was killed.
        NoRoomError: The request could not be written.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as answered, tempfile.TemporaryFile() as log:
        _write(given, request)
        with _started(module, given, answered, log) as process:
            if not _follow(process, error, hear, tick):
                return None
            status = process.wait()
        if status:
            raise ChildFailedError(status, _last_line(log))
        answered.seek(0)
        return answered.read()


def answer(work: Callable[[bytes, Callable[[Message], None]], bytes]) -> None:
    """The child's side: do the work that is asked for, and end.

    Args:
        work: Request, and what says a message, to the answer. A `MmdemoError` of it is told to whoever asked.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries that print would otherwise print between the messages
    request, answered = map(int, sys.argv[1:3])

    def say(message: Message) -> None:
        messages.write(json.dumps(message) + "\n")
        messages.flush()

    try:
        with open(request, "rb") as stream:
            found = work(stream.read(), say)
        with open(answered, "wb") as stream:
            stream.write(found)
    except MmdemoError as error:
        say({"error": [error.given, error.expected, error.remedy]})


def _write(stream: IO[bytes], data: bytes) -> None:
    try:
        stream.write(data)
        stream.flush()
        stream.seek(0)
    except OSError as error:
        raise NoRoomError(f"{len(data) / 1e6:.0f} MB could not be written ({error.strerror})") from error


@contextmanager
def _started(module: str, given: IO[bytes], answered: IO[bytes], log: IO[bytes]) -> Iterator["subprocess.Popen[bytes]"]:
    """The process; killed at the end where it has not ended itself."""
    files = (given.fileno(), answered.fileno())
    search_path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", module, *map(str, files)],
        stdin=subprocess.PIPE,  # never written to, see the top of this file
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


def _follow(
    process: "subprocess.Popen[bytes]",
    error: type[MmdemoError],
    hear: Callable[[Message], None],
    tick: Callable[[], bool],
) -> bool:
    """Pass on what the child says until it closes its output; False where `tick` wants it stopped."""
    assert process.stdout is not None
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while tick():
            if not selector.select(TICK_S):
                continue
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                return True
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                message = json.loads(line)
                if "error" in message:
                    given, expected, remedy = message["error"]
                    raise error(given, expected=expected, remedy=remedy)
                hear(message)
    return False


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    return (log.read().decode(errors="replace").strip().splitlines() or [""])[-1][:200]


def _end_with_parent() -> None:
    """End at once, in the middle of whatever is going on, when standard input ends."""
    while os.read(0, 1):
        continue
    os._exit(1)
