"""Sounds: an LSTM and a self-attention encoder over log-mel frames that the user trained from scratch.

Both hear windows of 3 s at 16 kHz in 64 bands on Slaney's mel scale; a shorter sound is repeated, a longer one is
averaged over its windows. They know what their catalogue taught them and nothing else.
"""

from abc import abstractmethod
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mmdemo.encoders.base import Inside
from mmdemo.encoders.mel import log_mel, slaney_filterbank
from mmdemo.encoders.trainable_families import BANDS, FRAMES, width_of
from mmdemo.encoders.trainable_folder import read_trained
from mmdemo.encoders.windowed_audio import WindowedAudio, check_duration
from mmdemo.encoders.windows import cut_windows
from mmdemo.media import resample
from mmdemo.types import FloatArray, Media, Waveform

if TYPE_CHECKING:
    from torch import Tensor

SAMPLE_RATE_HZ = 16_000
FFT_SIZE, HOP = 512, 320  # 32 ms every 20 ms


class TrainedAudio(WindowedAudio):
    """Features and classes of sounds, as learned from the user's labels or texts.

    Args:
        folder: As `mmdemo tune` makes it.
        device: See `TorchEncoder`.
    """

    sample_rate_hz = SAMPLE_RATE_HZ
    frame_hop = HOP
    window_frames = FRAMES
    window_hop = FRAMES
    filling = "repeat"

    def __init__(self, folder: Path, *, device: str | None = None) -> None:
        model = read_trained(folder, self.name)
        self.dim = width_of(model.shape)
        super().__init__(model.network, device=device)
        self.key = f"{self.name}/1/{model.sha256[:16]}"
        self.class_names = model.head.names
        self._head = model.head
        self._front = MelFrames()

    def _spectrogram(self, samples: "Tensor") -> "Tensor":
        return self._front(samples)

    def _cells(self, windows: "Tensor") -> "Tensor":
        return self.network.states(windows).unsqueeze(2)

    def _edges_hz(self, cells: int) -> FloatArray:  # noqa: ARG002 - a step covers all frequencies at once
        return np.array([0.0, self.sample_rate_hz / 2], np.float32)

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:
        """The states over time, a window each, with attention where asked for; see `Encoder.inspect`."""
        found = super().inspect(piece)
        if not attention:
            return found
        windows = self.prepare(piece).windows
        return tuple(
            replace(inside, attention=self._attention(self._stacked([window])))
            for inside, window in zip(found, windows, strict=True)
        )

    @abstractmethod
    def _attention(self, windows: "Tensor") -> tuple[FloatArray, ...]:
        """Attention (heads, T, T) of each layer on one window (1, frames, bands)."""

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Probability (B, C) of each class, on its own, from features (B, D)."""
        return self._head(features)


class TrainedLstm(TrainedAudio):
    """A trained `MelLstm`."""

    name = "lstm-audio"

    def _attention(self, windows: "Tensor") -> tuple[FloatArray, ...]:
        """One layer of one head: the pooling's weights; its rows are equal, for one learned query looks for all."""
        import torch

        with self._lock, torch.inference_mode():
            shares = self.network.shares(self.network.states(windows))[0].float().cpu().numpy()
        return (np.tile(shares, (1, len(shares), 1)),)


class TrainedAttention(TrainedAudio):
    """A trained `MelAttention`."""

    name = "attention-audio"

    def _attention(self, windows: "Tensor") -> tuple[FloatArray, ...]:
        """The Transformer's own, a layer each."""
        import torch

        seen: list[Tensor] = []
        with self._lock, torch.inference_mode():
            self.network.states(windows, seen=seen)
        return tuple(layer[0].float().cpu().numpy() for layer in seen)


class MelFrames:
    """The front end that both share: log-mel frames (F, 64) of samples (T,) at 16 kHz."""

    def __init__(self) -> None:
        import torch

        filterbank = slaney_filterbank(BANDS, fft_size=FFT_SIZE, sample_rate_hz=SAMPLE_RATE_HZ)
        self._filterbank = torch.from_numpy(filterbank)
        self._window = torch.hann_window(FFT_SIZE)

    def __call__(self, samples: "Tensor") -> "Tensor":
        """Log-mel frames of a sound."""
        return log_mel(samples, self._filterbank, self._window, hop=HOP, padding="constant")


def prepare_sound(waveform: Waveform, front: MelFrames, *, most: int) -> tuple[FloatArray, ...]:
    """At most `most` windows (frames, bands) of a sound, as the encoders above hear them.

    Raises:
        MediaError: The sound is too short.
    """
    import torch

    check_duration(waveform)
    with torch.inference_mode():
        frames = front(torch.from_numpy(resample(waveform, SAMPLE_RATE_HZ).samples)).numpy()
    windows = cut_windows(frames, FRAMES, hop=FRAMES, filling="repeat")
    chosen = np.unique(np.linspace(0, len(windows) - 1, min(most, len(windows))).round().astype(int))
    return tuple(windows[number] for number in chosen)
