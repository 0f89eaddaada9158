"""Loaded encoders: one of each for the whole process."""

import os
import threading

from mmdemo.encoders.base import Encoder, LoadSettings
from mmdemo.encoders.finding import find
from mmdemo.progress import Progress, silent

_loaded: dict[tuple[str, str | None], Encoder] = {}
_locks: dict[tuple[str, str | None], threading.Lock] = {}
_locks_guard = threading.Lock()


def load(name: str, *, device: str | None = None, progress: Progress = silent) -> Encoder:
    """The encoder of that name, made at the first call and kept for the process.

    Args:
        name: As `find` takes it.
        device: Torch device; None for the GPU where there is one, else the processor.
        progress: Told about weights that must be fetched first.

    Raises:
        EncoderError: As `find`, or the source holds no such encoder.
        WeightError: Its weights are neither cached nor within reach.
    """
    spec = find(name)
    # Torch's threads spin while they wait for each other; where the cores are busy, a text query took twenty times as
    # long for it. OpenMP reads this when torch is first imported; a setting of the user's stands.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with _locks_guard:
        lock = _locks.setdefault((spec.name, device), threading.Lock())
    with lock:  # a lock an encoder: loading one does not hold up a query that needs another
        if (spec.name, device) not in _loaded:
            _loaded[spec.name, device] = spec.load(LoadSettings(device=device, progress=progress))
    return _loaded[spec.name, device]


def loaded() -> tuple[Encoder, ...]:
    """The encoders that this process holds, in the order they were asked for."""
    return tuple(_loaded.values())
