"""Encoders: decoded media to feature vectors, one file an encoder, and the table of them.

Reading the table loads nothing heavy; `load` does, once a process.

Example:
    >>> ENCODERS["minilm"].dim
    384
"""

import threading
from collections.abc import Mapping

from mmdemo.encoders.base import Encoder, EncoderSpec
from mmdemo.errors import EncoderError
from mmdemo.progress import Progress, silent
from mmdemo.types import Modality
from mmdemo.weights import WEIGHTS, fetch

__all__ = ["DEFAULTS", "ENCODERS", "Encoder", "EncoderSpec", "load"]


def _minilm(*, device: str | None, progress: Progress) -> Encoder:
    from mmdemo.encoders.minilm import MiniLM

    folder = fetch("minilm", progress=progress)
    return MiniLM(folder, weights_sha256=WEIGHTS["minilm"].files[0].sha256, device=device)


def _efficientnet_lite0(*, device: str | None, progress: Progress) -> Encoder:
    from mmdemo.encoders.efficientnet_lite import EfficientNetLite

    file = WEIGHTS["efficientnet-lite0"].files[0]
    folder = fetch("efficientnet-lite0", progress=progress)
    return EfficientNetLite(folder / file.name, weights_sha256=file.sha256, device=device)


ENCODERS: Mapping[str, EncoderSpec] = {
    spec.name: spec
    for spec in (
        EncoderSpec(
            name="minilm",
            modality=Modality.TEXT,
            dim=384,
            summary="MiniLM-L6: sentence vectors; best in English.",
            licence=WEIGHTS["minilm"].licence,
            weights=("minilm",),
            load=_minilm,
        ),
        EncoderSpec(
            name="efficientnet-lite0",
            modality=Modality.IMAGE,
            dim=1280,
            summary="EfficientNet-Lite0: picture features and the 1000 ImageNet classes.",
            licence=WEIGHTS["efficientnet-lite0"].licence,
            weights=("efficientnet-lite0",),
            load=_efficientnet_lite0,
        ),
    )
}

DEFAULTS: Mapping[Modality, str] = {
    Modality.TEXT: "minilm",
    Modality.IMAGE: "efficientnet-lite0",
}

_loaded: dict[tuple[str, str | None], Encoder] = {}
_locks: dict[tuple[str, str | None], threading.Lock] = {}
_locks_guard = threading.Lock()


def load(name: str, *, device: str | None = None, progress: Progress = silent) -> Encoder:
    """The encoder of that name, made at the first call and kept for the process.

    Args:
        name: Key in `ENCODERS`.
        device: Torch device; None for the GPU where there is one, else the processor.
        progress: Told about weights that must be fetched first.

    Raises:
        EncoderError: Unknown name.
        WeightError: Its weights are neither cached nor within reach.
    """
    if name not in ENCODERS:
        raise EncoderError(
            f"no encoder is named '{name}'", expected=f"one of {', '.join(ENCODERS)}", remedy="choose one of these"
        )
    with _locks_guard:
        lock = _locks.setdefault((name, device), threading.Lock())
    with lock:  # a lock an encoder: loading one does not hold up a query that needs another
        if (name, device) not in _loaded:
            _loaded[name, device] = ENCODERS[name].load(device=device, progress=progress)
    return _loaded[name, device]
