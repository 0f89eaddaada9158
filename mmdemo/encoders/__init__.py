"""Encoders: decoded media to feature vectors, one file an encoder, and the table of them.

Reading the table loads nothing heavy; `load` does, once a process. To add an encoder, write its file and an entry here.

Example:
    >>> ENCODERS["minilm"].dim
    384
    >>> find("minilm+minilm").dim
    768
"""

import os
import threading
from collections.abc import Mapping

from mmdemo.encoders.base import Encoder, EncoderSpec
from mmdemo.errors import EncoderError
from mmdemo.progress import Progress, silent
from mmdemo.types import Modality
from mmdemo.weights import WEIGHTS, fetch

__all__ = ["DEFAULTS", "ENCODERS", "Encoder", "EncoderSpec", "find", "load"]


def _minilm(*, device: str | None, progress: Progress) -> Encoder:
    from mmdemo.encoders.minilm import MiniLM

    return MiniLM(fetch("minilm", progress=progress), weights_sha256=_digest("minilm"), device=device)


def _efficientnet_lite0(*, device: str | None, progress: Progress) -> Encoder:
    from mmdemo.encoders.efficientnet_lite import EfficientNetLite

    folder = fetch("efficientnet-lite0", progress=progress)
    return EfficientNetLite(folder, weights_sha256=_digest("efficientnet-lite0"), device=device)


def _aisfx(*, device: str | None, progress: Progress) -> Encoder:
    from mmdemo.encoders.aisfx import AiSFX

    return AiSFX(fetch("aisfx", progress=progress), weights_sha256=_digest("aisfx"), device=device)


def _musicnn(*, device: str | None, progress: Progress) -> Encoder:
    from mmdemo.encoders.musicnn import Musicnn

    return Musicnn(fetch("musicnn", progress=progress), weights_sha256=_digest("musicnn"), device=device)


def _video_frames(*, device: str | None, progress: Progress) -> Encoder:
    from mmdemo.encoders.video_frames import VideoFrames

    return VideoFrames(load("efficientnet-lite0", device=device, progress=progress))


def _digest(weight: str) -> str:
    """SHA-256 of the file that holds a weight's numbers, by convention its first."""
    return WEIGHTS[weight].files[0].sha256


def _joined(*specs: EncoderSpec) -> EncoderSpec:
    """The entry of "a+b": the features of several encoders side by side."""
    name = "+".join(spec.name for spec in specs)

    def load_joined(*, device: str | None, progress: Progress) -> Encoder:
        from mmdemo.encoders.joined import JoinedEncoder

        return JoinedEncoder([load(spec.name, device=device, progress=progress) for spec in specs])

    modalities = sorted({spec.modality for spec in specs})
    if len(modalities) > 1:
        raise EncoderError(
            f"'{name}' joins encoders of {' and '.join(modalities)}",
            expected="joined encoders must take the same modality",
            remedy="join encoders of one modality",
        )
    return EncoderSpec(
        name=name,
        modality=specs[0].modality,
        dim=sum(spec.dim for spec in specs),
        summary=" ".join(spec.summary for spec in specs),
        licence=" AND ".join(dict.fromkeys(spec.licence for spec in specs)),
        weights=tuple(dict.fromkeys(weight for spec in specs for weight in spec.weights)),
        load=load_joined,
    )


_MINILM = EncoderSpec(
    name="minilm",
    modality=Modality.TEXT,
    dim=384,
    summary="MiniLM-L6: sentence vectors; best in English.",
    licence=WEIGHTS["minilm"].licence,
    weights=("minilm",),
    load=_minilm,
)
_EFFICIENTNET_LITE0 = EncoderSpec(
    name="efficientnet-lite0",
    modality=Modality.IMAGE,
    dim=1280,
    summary="EfficientNet-Lite0: picture features and the 1000 ImageNet classes.",
    licence=WEIGHTS["efficientnet-lite0"].licence,
    weights=("efficientnet-lite0",),
    load=_efficientnet_lite0,
)
_AISFX = EncoderSpec(
    name="aisfx",
    modality=Modality.AUDIO,
    dim=512,
    summary="aiSFX: features of sound effects; it has no words for what it hears.",
    licence=WEIGHTS["aisfx"].licence,
    weights=("aisfx",),
    load=_aisfx,
)
_MUSICNN = EncoderSpec(
    name="musicnn",
    modality=Modality.AUDIO,
    dim=200,
    summary="musicnn: features of music and 50 music tags.",
    licence=WEIGHTS["musicnn"].licence,
    weights=("musicnn",),
    load=_musicnn,
)
_VIDEO_FRAMES = EncoderSpec(
    name="video-frames",
    modality=Modality.VIDEO,
    dim=1280,
    summary="The mean of EfficientNet-Lite0 over a clip's frames; sound and motion are not looked at.",
    licence=WEIGHTS["efficientnet-lite0"].licence,
    weights=("efficientnet-lite0",),
    load=_video_frames,
)

ENCODERS: Mapping[str, EncoderSpec] = {
    spec.name: spec
    for spec in (_MINILM, _EFFICIENTNET_LITE0, _AISFX, _MUSICNN, _joined(_AISFX, _MUSICNN), _VIDEO_FRAMES)
}

DEFAULTS: Mapping[Modality, str] = {
    Modality.TEXT: "minilm",
    Modality.IMAGE: "efficientnet-lite0",
    Modality.AUDIO: "aisfx+musicnn",
    Modality.VIDEO: "video-frames",
}

_loaded: dict[tuple[str, str | None], Encoder] = {}
_locks: dict[tuple[str, str | None], threading.Lock] = {}
_locks_guard = threading.Lock()


def find(name: str) -> EncoderSpec:
    """The entry of that name; "a+b" joins any two or more entries of one modality.

    Raises:
        EncoderError: Unknown name, or entries of several modalities.
    """
    if name in ENCODERS:
        return ENCODERS[name]
    parts = name.split("+")
    if len(parts) > 1 and all(part in ENCODERS for part in parts):
        return _joined(*(ENCODERS[part] for part in parts))
    raise EncoderError(
        f"no encoder is named '{name}'",
        expected=f"one of {', '.join(ENCODERS)} is needed, or several joined by '+'",
        remedy="choose one of these",
    )


def load(name: str, *, device: str | None = None, progress: Progress = silent) -> Encoder:
    """The encoder of that name, made at the first call and kept for the process.

    Args:
        name: As `find` takes it.
        device: Torch device; None for the GPU where there is one, else the processor.
        progress: Told about weights that must be fetched first.

    Raises:
        EncoderError: As `find`.
        WeightError: Its weights are neither cached nor within reach.
    """
    spec = find(name)
    # Torch's threads spin while they wait for each other; where the cores are busy, a text query took twenty times as
    # long for it. OpenMP reads this when torch is first imported; a setting of the user's stands.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with _locks_guard:
        lock = _locks.setdefault((name, device), threading.Lock())
    with lock:  # a lock an encoder: loading one does not hold up a query that needs another
        if (name, device) not in _loaded:
            _loaded[name, device] = spec.load(device=device, progress=progress)
    return _loaded[name, device]
