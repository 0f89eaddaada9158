"""Video: the image encoder on the sampled frames, typical frames counting more than outliers.

Attention pooling without parameters: the clip's mean is the query, the frames are keys and values,
`α = softmax(cos(f_t, mean) / τ)`, `z = Σ α_t f_t` (scaled dot-product attention of Vaswani et al. 2017, equation 1,
with unit vectors and one query). Black frames, title cards and the picture caught in a cut lie far from the mean and
lose their share; on a clip of like frames it is the mean.
"""

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.video_frames import VideoFrames
from mmdemo.types import FloatArray

TEMPERATURE = 0.1
"""τ: a frame whose cosine with the mean is lower by 0.1 counts 2.7 times less; cosines within a scene differ by less,
those of a black frame by several times that."""


class VideoFramesAttention(VideoFrames):
    """Features of a video's frames, weighted by how typical each is of the clip."""

    family = "video-frames-attention"

    def _weights(self, frames: FloatArray) -> npt.NDArray[np.floating]:
        """What each of T frames counts in the clip: (T,), summing to 1."""
        logits = _typicality(frames, self.parts) / TEMPERATURE
        shares = np.exp(logits - logits.max())
        return shares / shares.sum()

    def _attention(self, frames: FloatArray) -> tuple[FloatArray, ...]:
        """One layer of one head; its rows are equal, because one query, the clip's mean, looks for all frames."""
        weights = self._weights(frames).astype(np.float32)
        return (np.tile(weights, (1, len(weights), 1)),)


def _typicality(frames: FloatArray, parts: tuple[slice, ...]) -> npt.NDArray[np.float64]:
    """Cosine (T,) of each frame with the clip's mean, each network's columns scaled to unit length first."""
    unit = np.concatenate([_unit(frames[:, part].astype(np.float64)) for part in parts], axis=1)
    return _unit(unit) @ _unit(unit.mean(axis=0, keepdims=True))[0]


def _unit(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-12)
