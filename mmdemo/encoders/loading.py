"""Loaded encoders: one of each for the whole process, kept as long as somebody may need it."""

import gc
import os
import sys
import threading
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from mmdemo.encoders.base import Encoder, LoadSettings
from mmdemo.encoders.choice import split
from mmdemo.encoders.finding import find, made_of
from mmdemo.encoders.table import ENCODERS
from mmdemo.progress import Progress, silent

_loaded: dict[tuple[str, str | None], Encoder] = {}
_locks: dict[tuple[str, str | None], threading.Lock] = {}
_holders: WeakKeyDictionary[object, frozenset[str]] = WeakKeyDictionary()
_guard = threading.RLock()  # a holder may vanish, and its entry with it, while the same thread looks through them


def load(name: str, *, device: str | None = None, progress: Progress = silent) -> Encoder:
    """The encoder of that name, made at the first call and kept until `release` drops it.

    Args:
        name: As `find` takes it.
        device: Torch device; None for the GPU where there is one, else the processor.
        progress: Told about weights that must be fetched first.

    Raises:
        EncoderError: As `find`, or the source holds no such encoder, or an option does not suit it.
        WeightError: Its weights are neither cached nor within reach.
    """
    spec = find(name)
    # Torch's threads spin while they wait for each other; where the cores are busy, a text query took twenty times as
    # long for it. OpenMP reads this when torch is first imported; a setting of the user's stands.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    key = (spec.name, device)
    with _guard:
        lock = _locks.setdefault(key, threading.Lock())
    with lock:  # a lock an encoder: loading one does not hold up a query that needs another
        encoder = _loaded.get(key)
        if encoder is None:
            encoder = spec.load(LoadSettings(device=device, progress=progress))
            _compress(encoder)
            _loaded[key] = encoder
    return encoder


def hold(owner: object, names: Iterable[str]) -> None:
    """Keep encoders from being released as long as `owner` lives, or until it holds others.

    Args:
        owner: Whoever uses them: an engine's query encoder, an indexing run.
        names: As `find` takes them.
    """
    held = frozenset().union(*(made_of(name) for name in names))
    with _guard:
        _holders[owner] = held


def release(keep: Iterable[str] = ()) -> tuple[str, ...]:
    """Let go of loaded encoders that are neither to be kept nor held, and of the memory they took.

    Whoever is using one at the moment goes on with it; it is made anew when it is asked for again.

    Args:
        keep: Names of encoders that stay.

    Returns:
        Names of those that were dropped.
    """
    gc.collect()  # engines hold encoders until they are really gone
    with _guard:
        kept = frozenset().union(*(made_of(name) for name in keep), *_holders.values())
        dropped = [key for key in list(_loaded) if key[0] not in kept]
        for key in dropped:
            _loaded.pop(key, None)
    if dropped:
        gc.collect()
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_initialized():
            torch.cuda.empty_cache()
    return tuple(name for name, _ in dropped)


def loaded() -> tuple[Encoder, ...]:
    """The encoders that are loaded now."""
    return tuple(_loaded.values())


def _compress(encoder: Encoder) -> None:
    """Apply the options of the encoder's name; encoders that are made of others have passed them on."""
    choices = split(encoder.name, families=ENCODERS)
    if len(choices) == 1 and choices[0].options and ENCODERS[choices[0].family].origin != "built":
        from mmdemo.encoders.compression import compress

        compress(encoder, choices[0].options)
