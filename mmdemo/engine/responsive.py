"""Long steps that cannot be interrupted, made so that a cancel is answered at once."""

import threading
from collections.abc import Callable
from typing import TypeVar

from mmdemo.errors import CancelledError
from mmdemo.progress import Progress

_Result = TypeVar("_Result")
_LOOK_S = 0.2


def responsive(work: Callable[[Progress], _Result], progress: Progress) -> _Result:
    """Do `work` in a thread of its own, and look every fifth of a second whether the user has cancelled.

    On a cancel this returns at once. The work ends at its next own report, and what it makes is dropped, so it must not
    change anything that another attempt would not write just the same.

    Args:
        work: Given what to report its progress to.
        progress: Called from the calling thread only; may cancel.

    Raises:
        CancelledError: `progress` cancelled.
    """
    running = _Running(work)
    thread = threading.Thread(target=running.run, name="responsive", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            progress(*running.told)
            thread.join(_LOOK_S)
        if running.error is None:
            progress(*running.told)  # work that is done between two looks is told of too
    except BaseException:
        running.cancelled.set()
        raise
    if running.error is not None:
        raise running.error
    return running.results[0]


class _Running:
    def __init__(self, work: Callable[[Progress], _Result]) -> None:
        self.work = work
        self.told = (0, 0, "preparing data")
        self.cancelled = threading.Event()
        self.results: list = []
        self.error: BaseException | None = None

    def run(self) -> None:
        """The body of the thread; what it raises is raised to the caller."""
        try:
            self.results.append(self.work(self.report))
        except BaseException as error:  # raised again in the calling thread
            self.error = error

    def report(self, done: int, total: int, message: str) -> None:
        """See `Progress`."""
        self.told = (done, total, message)
        if self.cancelled.is_set():
            raise CancelledError(message)
