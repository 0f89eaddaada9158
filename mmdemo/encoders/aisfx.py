"""Sound effects: aiSFX, 512 wide.

Ma and Lerch 2022, "Representation Learning for the Automatic Indexing of Sound Effects Libraries" (ISMIR), model
X-Sequential-CE. The network was trained to name the categories of nine sound libraries at once; the checkpoint does
not hold their names, so it offers features and no classes. Deviation: the last window lies flush with the end (the
authors drop what is left over). Levels are left as they are: scaling every clip to one peak lost four points of nearest
neighbours in the same category.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mmdemo.encoders.mel import htk_filterbank, htk_to_hz, hz_to_htk, log_mel
from mmdemo.encoders.windowed_audio import WindowedAudio
from mmdemo.types import FloatArray

if TYPE_CHECKING:
    from torch import Tensor

_FFT_SIZE, _HOP, _BANDS = 2048, 1024, 96
_LARGEST_LOG_MEL = 9.457798957824707  # of the authors' training sounds; scales the input to [0, 1]


class AiSFX(WindowedAudio):
    """Features of sound effects, from windows of 2.3 s.

    Args:
        folder: Holds the authors' checkpoint.pth: a tuple of the state dict and their data sets' sizes.
        weights_sha256: Digest of the weights, for the cache key.
        device: See `TorchEncoder`.
    """

    name = "aisfx"
    dim = 512
    channels_last = True  # a quarter faster on a processor; EfficientNet gains a little, musicnn loses
    sample_rate_hz = 44_100
    frame_hop = _HOP
    window_frames = 100
    window_hop = 50
    filling = "silence"

    def __init__(self, folder: Path, *, weights_sha256: str, device: str | None = None) -> None:
        import torch

        from mmdemo.encoders.aisfx_network import AiSFXNetwork

        network = AiSFXNetwork()
        network.load_state_dict(_read_tensors(folder / "checkpoint.pth"))
        super().__init__(network.eval(), device=device)
        self.key = f"{self.name}/1/{weights_sha256[:16]}"
        filterbank = htk_filterbank(_BANDS, fft_size=_FFT_SIZE, sample_rate_hz=self.sample_rate_hz)
        self._filterbank = torch.from_numpy(filterbank)
        self._window = torch.hann_window(_FFT_SIZE, periodic=False)

    def _spectrogram(self, samples: "Tensor") -> "Tensor":
        spectrogram = log_mel(samples, self._filterbank, self._window, hop=_HOP, padding="constant")
        return spectrogram / _LARGEST_LOG_MEL

    def _cells(self, windows: "Tensor") -> "Tensor":
        return self.network.maps(windows).permute(0, 2, 3, 1)

    def _edges_hz(self, cells: int) -> FloatArray:
        highest = hz_to_htk(np.array(self.sample_rate_hz / 2))
        return htk_to_hz(np.linspace(0.0, highest, cells + 1)).astype(np.float32)


def _read_tensors(checkpoint: Path) -> "dict[str, Tensor]":
    """The tensors of the embedding network, without running anything the file might hold.

    Beside tensors the pickle holds a few NumPy integers; just what these need is let through.
    """
    import torch

    number = np.int64(0)
    make_scalar = number.__reduce__()[0]  # its module has another name in each NumPy; the file has the oldest
    allowed = [(make_scalar, "numpy.core.multiarray.scalar"), np.dtype, type(number.dtype)]
    with torch.serialization.safe_globals(allowed):
        tensors, _ = torch.load(checkpoint, map_location="cpu", weights_only=True)
    prefix = "embedding_net."
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
