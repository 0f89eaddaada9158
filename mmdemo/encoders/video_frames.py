"""Video: the image encoder on the sampled frames, averaged.

Averaging frame features is the usual strong baseline for short clips (Luo et al. 2021, "CLIP4Clip", parameter-free
type). Sound is not heard here: it is an item's audio, if the catalogue gives it one.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from mmdemo.encoders.base import Encoder
from mmdemo.encoders.torch_encoder import checked
from mmdemo.errors import MediaError
from mmdemo.types import FloatArray, Media, Modality


class VideoFrames:
    """Mean features of a video's frames.

    Args:
        image_encoder: Encodes the frames; its classes become the video's.
    """

    name = "video-frames"
    modality = Modality.VIDEO

    def __init__(self, image_encoder: Encoder) -> None:
        self._image_encoder = image_encoder
        self.dim = image_encoder.dim
        self.key = f"{self.name}/1/{image_encoder.key}"
        self.class_names = image_encoder.class_names
        self.parts = image_encoder.parts

    def encode(self, media: Sequence[Media]) -> FloatArray:
        """Features (B, D) float32 of B videos; see `Encoder.encode`."""
        videos = checked(media, self.modality, encoder=self.name)
        vectors = np.zeros((len(videos), self.dim), np.float32)
        for row, video in enumerate(videos):
            if not len(video.frames.pixels):
                raise MediaError(
                    "the video has no frames", expected="at least one frame is needed", remedy="upload another video"
                )
            frames = [Image.fromarray(pixels) for pixels in video.frames.pixels]
            vectors[row] = self._image_encoder.encode(frames).mean(axis=0)
        return vectors

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Probabilities (B, C) of the image encoder's classes from mean features (B, D)."""
        return self._image_encoder.class_probabilities(features)
