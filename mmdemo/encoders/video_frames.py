"""Video: the image encoder on the sampled frames, averaged.

Averaging frame features is the usual strong baseline for short clips (Luo et al. 2021, "CLIP4Clip", parameter-free
type). Sound is not heard here: it is an item's audio, if the catalogue gives it one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from mmdemo.encoders.base import Encoder, Inside, PreparedMedia
from mmdemo.encoders.media_encoder import MediaEncoder
from mmdemo.errors import MediaError
from mmdemo.types import FloatArray, Media, Modality, Video


class VideoFrames(MediaEncoder):
    """Mean features of a video's frames.

    Args:
        image_encoder: Encodes the frames; its classes become the video's.

    Attributes:
        image_encoder: The same; `image_encoder.inspect` shows the patches of one frame.
    """

    family = "video-frames"
    modality = Modality.VIDEO

    def __init__(self, image_encoder: Encoder) -> None:
        self.name = self.family
        self.image_encoder = image_encoder
        self.dim = image_encoder.dim
        self.key = f"{self.family}/1/{image_encoder.key}"
        self.class_names = image_encoder.class_names
        self.parts = image_encoder.parts

    def _prepare(self, piece: Any) -> tuple[PreparedMedia, ...]:
        return tuple(self.image_encoder.prepare(picture) for picture in frame_pictures(piece))

    def encode_prepared(self, prepared: Sequence[tuple[PreparedMedia, ...]]) -> FloatArray:
        """Features (B, D) float32; see `Encoder.encode_prepared`."""
        frames = self.image_encoder.encode_prepared([frame for video in prepared for frame in video])
        edges = np.cumsum([len(video) for video in prepared])[:-1]
        pooled = [self._weights(part) @ part for part in np.split(frames, edges)] if prepared else []
        return np.stack(pooled).astype(np.float32) if pooled else np.zeros((0, self.dim), np.float32)

    def _weights(self, frames: FloatArray) -> npt.NDArray[np.floating]:
        """What each of T frames counts in the clip: (T,), summing to 1."""
        return np.full(len(frames), 1.0 / len(frames), np.float32)

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:
        """The frames of a video as the parts of its one window; see `Encoder.inspect`.

        What the image encoder saw in a frame is for `image_encoder.inspect` on one of `frame_pictures`.
        """
        frames = self.image_encoder.encode_prepared(self.prepare(piece))
        assert isinstance(piece, Video)
        places = np.full((len(frames), 4), np.nan, np.float32)
        places[:, 0] = np.arange(len(frames))
        looks = self._attention(frames) if attention else ()
        return (Inside("frame", frame_labels(piece), places, frames, looks),)

    def _attention(self, frames: FloatArray) -> tuple[FloatArray, ...]:  # noqa: ARG002 - a mean looks at nothing
        return ()

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Probabilities (B, C) of the image encoder's classes from pooled features (B, D)."""
        return self.image_encoder.class_probabilities(features)


def frame_pictures(video: Video) -> tuple[Image.Image, ...]:
    """The sampled frames of a video as pictures.

    Raises:
        MediaError: It has none.
    """
    check_frames(video)
    return tuple(Image.fromarray(pixels) for pixels in video.frames.pixels)


def check_frames(video: Video) -> None:
    """Refuse a video without pictures.

    Raises:
        MediaError: It has no frames.
    """
    if not len(video.frames.pixels):
        raise MediaError(
            "the video has no frames", expected="at least one frame is needed", remedy="upload another video"
        )


def frame_labels(video: Video) -> tuple[str, ...]:
    """Number and time of each frame; a frame stands for the middle of its share of the clip."""
    seconds = (np.arange(len(video.frames.pixels)) + 0.5) / video.frames.fps
    return tuple(f"frame {number + 1}, at {second:.1f} s" for number, second in enumerate(seconds))
