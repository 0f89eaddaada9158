"""What the audio encoders share: one sample rate, fixed windows, their average."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.base import Inside, Prepared
from mmdemo.encoders.places import sound_labels, sound_places
from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.encoders.windows import Filling, cut_windows, window_starts
from mmdemo.errors import MediaError
from mmdemo.media import LIMITS, resample
from mmdemo.types import FloatArray, Media, Modality, Waveform

if TYPE_CHECKING:
    from torch import Tensor


class WindowedAudio(TorchEncoder):
    """An audio encoder that averages its network over fixed windows of a log-mel spectrogram.

    A subclass sets the class attributes and writes `_spectrogram`, `_cells` and `_edges_hz`.
    """

    modality = Modality.AUDIO
    batch_size = 8  # more need more memory and are no faster on a processor
    sample_rate_hz: ClassVar[int]
    frame_hop: ClassVar[int]
    """Samples from frame to frame."""
    window_frames: ClassVar[int]
    window_hop: ClassVar[int]
    filling: ClassVar[Filling]

    def _prepare(self, piece: Any) -> Prepared:
        check_duration(piece)
        spectrogram = self._frames(piece)
        windows = cut_windows(spectrogram, self.window_frames, hop=self.window_hop, filling=self.filling)
        return Prepared(windows, (1.0,) * len(windows))

    def _frames(self, waveform: Waveform) -> FloatArray:
        import torch

        with torch.inference_mode():
            return self._spectrogram(torch.from_numpy(resample(waveform, self.sample_rate_hz).samples)).numpy()

    def _forward(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        return self.network(self._stacked(windows))

    def _stacked(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        return self._to_device(np.stack(windows))

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:  # noqa: ARG002 - none to show
        """The cells of the last map over time and frequency, a window each; see `Encoder.inspect`."""
        import torch

        windows = self.prepare(piece).windows
        assert isinstance(piece, Waveform)
        frames = 1 + len(resample(piece, self.sample_rate_hz).samples) // self.frame_hop
        starts = window_starts(frames, self.window_frames, hop=self.window_hop)
        with self._lock, torch.inference_mode():
            cells = [self._cells(self._stacked([window]))[0].float().cpu().numpy() for window in windows]
        frame_s = self.frame_hop / self.sample_rate_hz
        found = []
        for start, values in zip(starts, cells, strict=True):
            edges_s = (start + np.linspace(0, self.window_frames, values.shape[0] + 1)) * frame_s
            places = sound_places(edges_s, self._edges_hz(values.shape[1]), duration_s=piece.duration_s)
            found.append(Inside("time", sound_labels(places), places, values.reshape(len(places), -1)))
        return tuple(found)

    @abstractmethod
    def _spectrogram(self, samples: "Tensor") -> "Tensor":
        """Log-mel spectrogram (frames, bands) of samples (T,) at the encoder's rate, on the processor."""

    @abstractmethod
    def _cells(self, windows: "Tensor") -> "Tensor":
        """Features (W, time, frequency, D_t) of the last map that still has places."""

    @abstractmethod
    def _edges_hz(self, cells: int) -> FloatArray:
        """Bounds (cells + 1,) of that map's cells in frequency, in Hz."""


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
