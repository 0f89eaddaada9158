"""How long work reports how far it is, and how it learns that it was cancelled."""

from collections.abc import Callable
from typing import Protocol

from mmdemo.errors import CancelledError


class Progress(Protocol):
    """Called by long work as it goes on; raising `CancelledError` from it stops the work cleanly."""

    def __call__(self, done: int, total: int, message: str) -> None:
        """Report `done` of `total` steps (`total` 0: unknown) and what is being done now."""
        ...


def silent(done: int, total: int, message: str) -> None:
    """A `Progress` that shows nothing."""


def cancellable(progress: Progress, is_cancelled: Callable[[], bool]) -> Progress:
    """Wrap `progress` so that the next report after a cancel raises `CancelledError`."""

    def report(done: int, total: int, message: str) -> None:
        if is_cancelled():
            raise CancelledError(message)
        progress(done, total, message)

    return report
