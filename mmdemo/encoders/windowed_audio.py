"""What the audio encoders share: one sample rate, fixed windows, their average."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.base import Prepared
from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.encoders.windows import Filling, cut_windows
from mmdemo.errors import MediaError
from mmdemo.media import LIMITS, resample
from mmdemo.types import Modality, Waveform

if TYPE_CHECKING:
    from torch import Tensor


class WindowedAudio(TorchEncoder):
    """An audio encoder that averages its network over fixed windows of a log-mel spectrogram.

    A subclass sets the class attributes and writes `_spectrogram`.
    """

    modality = Modality.AUDIO
    batch_size = 8  # more need more memory and are no faster on a processor
    sample_rate_hz: ClassVar[int]
    window_frames: ClassVar[int]
    window_hop: ClassVar[int]
    filling: ClassVar[Filling]

    def _prepare(self, piece: Any) -> Prepared:
        import torch

        check_duration(piece)
        with torch.inference_mode():
            samples = torch.from_numpy(resample(piece, self.sample_rate_hz).samples)
            spectrogram = self._spectrogram(samples)
        windows = cut_windows(spectrogram.numpy(), self.window_frames, hop=self.window_hop, filling=self.filling)
        return Prepared(windows, (1.0,) * len(windows))

    def _forward(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        import torch

        return self.network(torch.from_numpy(np.stack(windows)).to(self.device))

    @abstractmethod
    def _spectrogram(self, samples: "Tensor") -> "Tensor":
        """Log-mel spectrogram (frames, bands) of samples (T,) at the encoder's rate, on the processor."""


def check_duration(waveform: Waveform) -> None:
    """Refuse a sound that is too short to tell anything.

    Raises:
        MediaError: It is shorter than `LIMITS.min_audio_s`.
    """
    if waveform.duration_s < LIMITS.min_audio_s:
        raise MediaError(
            f"audio is {waveform.duration_s:.2f} s",
            expected=f"at least {LIMITS.min_audio_s:.2f} s is needed",
            remedy="upload a longer clip",
        )
