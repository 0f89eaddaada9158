"""Mel spectrograms: the one front end of all audio encoders.

Each encoder must see the numbers it was trained on, so the two conventions in use differ on purpose: Slaney's (as
librosa does) and HTK's with triangles that are straight on the mel axis (as Essentia does).
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.types import FloatArray

if TYPE_CHECKING:
    from torch import Tensor

_Axis = npt.NDArray[np.float64]

_SLANEY_HZ_PER_MEL = 200.0 / 3.0
_SLANEY_BREAK_HZ = 1000.0
_SLANEY_BREAK_MEL = _SLANEY_BREAK_HZ / _SLANEY_HZ_PER_MEL
_SLANEY_LOG_STEP = np.log(6.4) / 27.0


def slaney_to_hz(mel: _Axis) -> _Axis:
    """Frequencies of Slaney's mel scale (Auditory Toolbox 1998): straight to 1 kHz, logarithmic above."""
    log_part = _SLANEY_BREAK_HZ * np.exp(_SLANEY_LOG_STEP * (mel - _SLANEY_BREAK_MEL))
    return np.where(mel < _SLANEY_BREAK_MEL, mel * _SLANEY_HZ_PER_MEL, log_part)


def hz_to_slaney(hz: _Axis) -> _Axis:
    """The inverse of `slaney_to_hz`."""
    log_part = _SLANEY_BREAK_MEL + np.log(np.maximum(hz, _SLANEY_BREAK_HZ) / _SLANEY_BREAK_HZ) / _SLANEY_LOG_STEP
    return np.where(hz < _SLANEY_BREAK_HZ, hz / _SLANEY_HZ_PER_MEL, log_part)


def hz_to_htk(hz: _Axis) -> _Axis:
    """The mel scale of the HTK toolkit."""
    return 1127.01048 * np.log1p(hz / 700.0)


def htk_to_hz(mel: _Axis) -> _Axis:
    """The inverse of `hz_to_htk`."""
    return 700.0 * np.expm1(mel / 1127.01048)


def slaney_filterbank(bands: int, *, fft_size: int, sample_rate_hz: int) -> FloatArray:
    """Triangles straight in Hz, each of area 1, from 0 Hz to half the sample rate: (bands, fft_size // 2 + 1)."""
    bins = np.linspace(0.0, sample_rate_hz / 2, fft_size // 2 + 1)
    edges = slaney_to_hz(np.linspace(0.0, hz_to_slaney(bins[-1]), bands + 2))
    areas = (edges[2:] - edges[:-2]) / 2
    return (_triangles(edges, bins) / areas[:, None]).astype(np.float32)


def htk_filterbank(bands: int, *, fft_size: int, sample_rate_hz: int) -> FloatArray:
    """Triangles straight in mel, the weights of each summing to 1: (bands, fft_size // 2 + 1)."""
    bins = hz_to_htk(np.linspace(0.0, sample_rate_hz / 2, fft_size // 2 + 1))
    weights = _triangles(np.linspace(0.0, bins[-1], bands + 2), bins)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _triangles(edges: _Axis, positions: _Axis) -> _Axis:
    """Row n rises from edge n to 1 at edge n + 1 and falls to edge n + 2: (len(edges) - 2, len(positions))."""
    rising = (positions - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - positions) / np.diff(edges)[1:, None]
    return np.maximum(0.0, np.minimum(rising, falling))


def log_mel(samples: "Tensor", filterbank: "Tensor", window: "Tensor", *, hop: int, padding: str) -> "Tensor":
    """log10(10000 x + 1) of the mel power spectrogram.

    Args:
        samples: (T,) float32.
        filterbank: (bands, fft_size // 2 + 1).
        window: (fft_size,).
        hop: Samples from frame to frame; frame n is centred on sample n * hop.
        padding: What lies beyond the ends: "constant" for zeros, "reflect" for the mirrored sound.

    Returns:
        (1 + T // hop, bands).
    """
    import torch

    spectrum = torch.stft(
        samples,
        n_fft=len(window),
        hop_length=hop,
        window=window,
        center=True,
        pad_mode=padding,
        return_complex=True,
    )
    return torch.log10(10_000.0 * (filterbank @ spectrum.abs().square()).T + 1.0)
