"""Callers that come at the same time go through a network together.

The first to come runs at once, so a lone caller waits for nobody. Whoever comes while it runs waits; when it is done
the first of them takes all that wait, up to a bound, through the network in one pass, and so on.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from mmdemo.encoders import meter
from mmdemo.encoders.base import Encoder, PreparedMedia
from mmdemo.encoders.torch_encoder import default_device
from mmdemo.types import FloatArray, Modality

P = TypeVar("P")
R = TypeVar("R")

_MOST = 32
_MOST_ON_PROCESSOR = 4
"""Of pictures or sounds, which take a processor as long together as one after the other: all would wait for the last.
A batch of short texts costs little more than one of them, on any device.
"""


class _Waiting(Generic[P, R]):
    """One caller's piece, and what came of it."""

    def __init__(self, piece: P) -> None:
        self.piece = piece
        self.woken = threading.Event()
        self.result: R | None = None
        self.error: BaseException | None = None
        self.is_done = False


class MicroBatch(Generic[P, R]):
    """Joins the pieces of concurrent callers.

    Args:
        run: Gives a result for each of a list of pieces; called by one caller's thread at a time. What it raises goes
            to all whose pieces were in the list, so pieces are checked before they come here.
        most: Most pieces of one list.

    Example:
        >>> double = MicroBatch(lambda numbers: [2 * number for number in numbers], most=8)
        >>> double(21)
        42
    """

    def __init__(self, run: Callable[[list[P]], Sequence[R]], *, most: int) -> None:
        self._run = run
        self._most = most
        self._lock = threading.Lock()
        self._queue: deque[_Waiting[P, R]] = deque()
        self._is_busy = False

    def __call__(self, piece: P) -> R:
        """The result for one piece; waits while other callers' pieces are under way."""
        mine: _Waiting[P, R] = _Waiting(piece)
        with self._lock:
            self._queue.append(mine)
            leads, self._is_busy = not self._is_busy, True
        if not leads:
            mine.woken.wait()
        if not mine.is_done:
            self._lead()
        if mine.error is not None:
            raise mine.error
        return mine.result  # pyright: ignore[reportReturnType] - set, since there was no error

    def _lead(self) -> None:
        """Run the first of the queue, own piece among them, then wake the next to lead."""
        with self._lock:
            batch = [self._queue.popleft() for _ in range(min(self._most, len(self._queue)))]
        try:
            results = self._run([waiting.piece for waiting in batch])
            for waiting, result in zip(batch, results, strict=True):
                waiting.result = result
        except BaseException as error:  # raised again in every caller of the batch
            for waiting in batch:
                waiting.error = error
        for waiting in batch:
            waiting.is_done = True
        with self._lock:
            to_wake = [*batch, self._queue[0]] if self._queue else batch
            self._is_busy = bool(self._queue)  # the one that is woken leads
        for waiting in to_wake:
            waiting.woken.set()


_batches: dict[str, MicroBatch[tuple[Encoder, PreparedMedia], FloatArray]] = {}
_batches_lock = threading.Lock()


def encode_together(encoder: Encoder, prepared: PreparedMedia) -> FloatArray:
    """Features (D,) float32 of one prepared piece, computed along with what other callers want of this encoder now.

    Args:
        encoder: Whose network.
        prepared: What its `prepare` gave; that refuses bad media before they could spoil others' batch.
    """
    with _batches_lock:
        batch = _batches.get(encoder.name)
        if batch is None:
            gains = encoder.modality is Modality.TEXT or default_device() == "cuda"
            batch = _batches[encoder.name] = MicroBatch(_encode, most=_MOST if gains else _MOST_ON_PROCESSOR)
    return batch((encoder, prepared))


def _encode(waiting: list[tuple[Encoder, PreparedMedia]]) -> list[FloatArray]:
    """Features of every piece; each comes with its encoder, so that no queue keeps one from being released."""
    found: list[FloatArray] = [waiting[0][1]] * len(waiting)
    for encoder in {id(encoder): encoder for encoder, _ in waiting}.values():
        places = [place for place, (other, _) in enumerate(waiting) if other is encoder]
        with meter.encoding(encoder.name, len(places)):
            features = encoder.encode_prepared([waiting[place][1] for place in places])
        for place, row in zip(places, features, strict=True):
            found[place] = row
    return found
