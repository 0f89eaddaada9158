"""What all encoders share: checking what they are given, and encoding as preparing first and computing then."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL.Image import Image

from mmdemo.encoders.base import Inside, PreparedMedia
from mmdemo.errors import MediaError
from mmdemo.types import FloatArray, Media, Modality, Video, Waveform

_MEDIA_TYPES: dict[Modality, type] = {
    Modality.TEXT: str,
    Modality.IMAGE: Image,
    Modality.AUDIO: Waveform,
    Modality.VIDEO: Video,
}


class MediaEncoder(ABC):
    """An `Encoder`; a subclass sets its attributes and writes `_prepare`, `encode_prepared` and `inspect`."""

    name: str
    modality: Modality
    dim: int
    key: str
    class_names: tuple[str, ...]
    parts: tuple[slice, ...]
    at_once: int = 32

    def prepare(self, piece: Media) -> PreparedMedia:
        """One piece as the network takes it; see `Encoder.prepare`."""
        if not isinstance(piece, _MEDIA_TYPES[self.modality]):
            raise MediaError(
                f"a {type(piece).__name__} for the encoder '{self.name}'",
                expected=f"decoded {self.modality} is needed",
                remedy="decode it with mmdemo.media, or choose an encoder of its modality",
            )
        return self._prepare(piece)

    def encode(self, media: Sequence[Media]) -> FloatArray:
        """Features (B, D) float32 of B pieces of media; see `Encoder.encode`."""
        return self.encode_prepared([self.prepare(piece) for piece in media])

    @abstractmethod
    def _prepare(self, piece: Any) -> PreparedMedia:
        """One piece, known to be of the modality, as the network takes it."""

    @abstractmethod
    def encode_prepared(self, prepared: Sequence[PreparedMedia]) -> FloatArray:
        """Features (B, D) float32; see `Encoder.encode_prepared`."""

    @abstractmethod
    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:
        """What the network made of the parts of one piece; see `Encoder.inspect`."""

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Probabilities (B, C) of `class_names`; (B, 0) for a network without classes."""
        return np.zeros((len(features), len(self.class_names)), np.float32)
