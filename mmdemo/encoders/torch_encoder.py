"""What all encoders that run a torch network share: the checks, the lock, the device."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from PIL.Image import Image

from mmdemo.errors import MediaError
from mmdemo.types import FloatArray, Media, Modality, Video, Waveform

_MEDIA_TYPES: dict[Modality, type] = {
    Modality.TEXT: str,
    Modality.IMAGE: Image,
    Modality.AUDIO: Waveform,
    Modality.VIDEO: Video,
}


def default_device() -> str:
    """Name of the torch device to use: "cuda" where there is a GPU, else "cpu"."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def checked(media: Sequence[Media], modality: Modality, *, encoder: str) -> Sequence:
    """The same media, known to be of the modality that the encoder takes.

    Raises:
        MediaError: One piece is of another type.
    """
    for position, piece in enumerate(media):
        if not isinstance(piece, _MEDIA_TYPES[modality]):
            raise MediaError(
                f"piece {position} for the encoder '{encoder}' is a {type(piece).__name__}",
                expected=f"decoded {modality} is needed",
                remedy="decode it with mmdemo.media, or choose an encoder of its modality",
            )
    return media


class TorchEncoder(ABC):
    """An `Encoder` around one network.

    A subclass sets the class attributes, and `key`, then writes `_forward`. One call runs at a time: torch already uses
    every core for it, and a second one beside it would only slow both.

    Args:
        device: Torch device; None for the GPU where there is one.
    """

    name: ClassVar[str]
    modality: ClassVar[Modality]
    dim: ClassVar[int]
    key: str
    class_names: tuple[str, ...]
    parts: tuple[slice, ...]

    def __init__(self, *, device: str | None) -> None:
        self.class_names = ()
        self.parts = (slice(0, self.dim),)
        self.device = device if device is not None else default_device()
        self._lock = threading.Lock()

    def encode(self, media: Sequence[Media]) -> FloatArray:
        """Features (B, D) float32 of B pieces of media; see `Encoder.encode`."""
        import torch

        pieces = checked(media, self.modality, encoder=self.name)
        if not pieces:
            return np.zeros((0, self.dim), np.float32)
        with self._lock, torch.inference_mode():
            return np.ascontiguousarray(self._forward(pieces), np.float32)

    @abstractmethod
    def _forward(self, media: Sequence) -> FloatArray:
        """Features (B, D) of at least one piece of checked media."""

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Probabilities (B, C) of `class_names`; (B, 0) for a network without classes."""
        return np.zeros((len(features), 0), np.float32)
