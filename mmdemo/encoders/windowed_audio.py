"""What the audio encoders share: one sample rate, fixed windows, their average."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.encoders.windows import Filling, cut_windows
from mmdemo.errors import MediaError
from mmdemo.media import LIMITS, resample
from mmdemo.types import FloatArray, Modality, Waveform

if TYPE_CHECKING:
    from torch import Tensor

_BATCH = 8  # windows; more need more memory and are no faster on a processor


class WindowedAudio(TorchEncoder):
    """An audio encoder that averages its network over fixed windows of a log-mel spectrogram.

    A subclass sets the class attributes and writes `_spectrogram` and `_vectors`.
    """

    modality = Modality.AUDIO
    sample_rate_hz: ClassVar[int]
    window_frames: ClassVar[int]
    window_hop: ClassVar[int]
    filling: ClassVar[Filling]

    def _forward(self, media: Sequence[Waveform]) -> FloatArray:
        return np.stack([self._encode_clip(waveform) for waveform in media])

    def _encode_clip(self, waveform: Waveform) -> FloatArray:
        import torch

        if waveform.duration_s < LIMITS.min_audio_s:
            raise MediaError(
                f"audio is {waveform.duration_s:.2f} s",
                expected=f"at least {LIMITS.min_audio_s:.2f} s is needed",
                remedy="upload a longer clip",
            )
        samples = torch.from_numpy(resample(waveform, self.sample_rate_hz).samples).to(self.device)
        spectrogram = self._spectrogram(samples)
        windows = cut_windows(spectrogram, self.window_frames, hop=self.window_hop, filling=self.filling)
        vectors = [self._vectors(batch) for batch in windows.split(_BATCH)]
        return torch.cat(vectors).mean(0).cpu().numpy()

    @abstractmethod
    def _spectrogram(self, samples: "Tensor") -> "Tensor":
        """Log-mel spectrogram (frames, bands) of samples (T,) at the encoder's rate."""

    @abstractmethod
    def _vectors(self, windows: "Tensor") -> "Tensor":
        """Features (W, D) of windows (W, window_frames, bands)."""
