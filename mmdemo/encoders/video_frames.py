"""Video: the image encoder on the sampled frames, averaged.

Averaging frame features is the usual strong baseline for short clips (Luo et al. 2021, "CLIP4Clip", parameter-free
type). Sound is not heard here: it is an item's audio, if the catalogue gives it one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from mmdemo.encoders.base import Encoder, PreparedMedia
from mmdemo.encoders.media_encoder import MediaEncoder
from mmdemo.errors import MediaError
from mmdemo.types import FloatArray, Modality


class VideoFrames(MediaEncoder):
    """Mean features of a video's frames.

    Args:
        image_encoder: Encodes the frames; its classes become the video's.
    """

    modality = Modality.VIDEO

    def __init__(self, image_encoder: Encoder, *, name: str = "video-frames") -> None:
        self.name = name
        self._image_encoder = image_encoder
        self.dim = image_encoder.dim
        self.key = f"video-frames/1/{image_encoder.key}"
        self.class_names = image_encoder.class_names
        self.parts = image_encoder.parts

    def _prepare(self, piece: Any) -> tuple[PreparedMedia, ...]:
        if not len(piece.frames.pixels):
            raise MediaError(
                "the video has no frames", expected="at least one frame is needed", remedy="upload another video"
            )
        return tuple(self._image_encoder.prepare(Image.fromarray(pixels)) for pixels in piece.frames.pixels)

    def encode_prepared(self, prepared: Sequence[tuple[PreparedMedia, ...]]) -> FloatArray:
        """Features (B, D) float32; see `Encoder.encode_prepared`."""
        frames = self._image_encoder.encode_prepared([frame for video in prepared for frame in video])
        ends = np.cumsum([len(video) for video in prepared])
        means = [frames[end - len(video) : end].mean(axis=0) for end, video in zip(ends, prepared, strict=True)]
        return np.stack(means) if means else np.zeros((0, self.dim), np.float32)

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Probabilities (B, C) of the image encoder's classes from mean features (B, D)."""
        return self._image_encoder.class_probabilities(features)
