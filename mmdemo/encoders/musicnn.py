"""Music: musicnn trained on MagnaTagATune, 200 wide, with its 50 tags.

Pons and Serra 2019, "musicnn: pre-trained convolutional neural networks for music audio tagging". The features are what
the tag layer reads. Deviations: the last window lies flush with the end (the authors drop what is left over), and the
tags of a clip come from its average features rather than from an average of tags, so that features alone suffice.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mmdemo.encoders.mel import log_mel, slaney_filterbank
from mmdemo.encoders.windowed_audio import WindowedAudio
from mmdemo.types import FloatArray

if TYPE_CHECKING:
    from torch import Tensor

_FFT_SIZE, _HOP, _BANDS = 512, 256, 96

# In the order of the network's outputs. Near-synonyms ("vocal", "vocals", "singing") are MagnaTagATune's own.
_TAGS = """
guitar, classical, slow, techno, strings, drums, electronic, rock, fast, piano, ambient, beat, violin, vocal, synth,
female, indian, opera, male, singing, vocals, no vocals, harpsichord, loud, quiet, flute, woman, male vocal, no vocal,
pop, soft, sitar, solo, man, classic, choir, voice, new age, dance, male voice, female vocal, beats, harp, cello,
no voice, weird, country, metal, female voice, choral
"""
TAGS = tuple(tag.strip() for tag in _TAGS.split(","))


class Musicnn(WindowedAudio):
    """Features and tags of music, from windows of 3 s.

    Args:
        folder: Holds checkpoint.index and checkpoint.data.
        weights_sha256: Digest of the weights, for the cache key.
        device: See `TorchEncoder`.
    """

    name = "musicnn"
    dim = 200
    sample_rate_hz = 16_000
    frame_hop = _HOP
    window_frames = 187
    window_hop = 187
    filling = "repeat"

    def __init__(self, folder: Path, *, weights_sha256: str, device: str | None = None) -> None:
        import torch

        from mmdemo.encoders.musicnn_network import musicnn_from_variables
        from mmdemo.encoders.tensorflow_checkpoint import read_checkpoint

        variables = read_checkpoint(folder / "checkpoint.index", folder / "checkpoint.data")
        super().__init__(musicnn_from_variables(variables), device=device)
        self.key = f"{self.name}/1/{weights_sha256[:16]}"
        self.class_names = TAGS
        self._tag_weight, self._tag_bias = variables["dense_1/kernel"], variables["dense_1/bias"]
        filterbank = slaney_filterbank(_BANDS, fft_size=_FFT_SIZE, sample_rate_hz=self.sample_rate_hz)
        self._filterbank = torch.from_numpy(filterbank)
        self._window = torch.hann_window(_FFT_SIZE)

    def _spectrogram(self, samples: "Tensor") -> "Tensor":
        return log_mel(samples, self._filterbank, self._window, hop=_HOP, padding="reflect")

    def _cells(self, windows: "Tensor") -> "Tensor":
        return self.network.channels(windows).transpose(1, 2).unsqueeze(2)

    def _edges_hz(self, cells: int) -> FloatArray:  # noqa: ARG002 - its filters cover all frequencies at once
        return np.array([0.0, self.sample_rate_hz / 2], np.float32)

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Probability (B, 50) of each tag, on its own (they do not sum to 1), from features (B, 200)."""
        logits = features @ self._tag_weight + self._tag_bias
        return (1.0 / (1.0 + np.exp(-logits))).astype(np.float32)
