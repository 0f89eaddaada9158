"""Processes that write feedback until they are killed: run as a program, it imports once and forks each of them.

Arguments: the database. Commands on standard input, one a line:

    write RUN        a process that stores events RUN-0, RUN-1, ... for ever, and says each number it was given
    erase PERSON     a process that erases a person, and says "erased"
    many RUN N       a process that stores N events, every second one of an id that every such process uses

It answers with the process id at once. What the process says comes as lines of its own, "PID WORD WORD".
"""

import os
import signal
import sys
from collections.abc import Iterator

from mmdemo.feedback import FeedbackStore
from mmdemo.feedback import asking as _asking  # noqa: F401 - imported before the forks
from mmdemo.feedback import database as _database  # noqa: F401
from mmdemo.feedback import erasing as _erasing  # noqa: F401
from mmdemo.feedback import recording as _recording  # noqa: F401

PERSON = "session-" + "0" * 32


def say(*words: object) -> None:
    os.write(1, " ".join(map(str, (os.getpid(), *words))).encode() + b"\n")  # one write: lines stay whole


def act(store: FeedbackStore, command: str, *arguments: str) -> None:
    if command == "erase":
        store.erase(arguments[0])
        say("erased")
        return
    for event_id in _ids(*arguments):
        number = store.add(PERSON, "like", f"item of {event_id}", workspace_catalog="c", event_id=event_id)
        say(event_id, number)
    say("done")


def _ids(run: str, count: str = "1000000") -> Iterator[str]:
    for number in range(int(count)):
        yield f"{number}" if count != "1000000" and number % 2 else f"{run}-{number}"


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                act(FeedbackStore(sys.argv[1]), *line.split())
            except BaseException as error:
                say("failed", repr(error))
                raise
            finally:
                os._exit(0)
        os.write(1, f"started {child}\n".encode())
