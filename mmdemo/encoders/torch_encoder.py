"""What all encoders that run a torch network share: batches, the lock, the device, the mean over windows."""

import threading
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.base import Prepared
from mmdemo.encoders.media_encoder import MediaEncoder
from mmdemo.errors import EncoderError
from mmdemo.types import FloatArray

if TYPE_CHECKING:
    from torch import Tensor, nn

_TIMES_ON_GPU = 8
"""A GPU takes batches this many times as large as a processor."""


def default_device() -> str:
    """Name of the torch device to use: "cuda" where there is a GPU, else "cpu"."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


class TorchEncoder(MediaEncoder):
    """An `Encoder` around one network.

    A subclass sets the attributes, then writes `_prepare`, which gives a `Prepared`, `_forward` and `inspect`. One call
    runs at a time: torch already uses every core for it, and a second one beside it would only slow both.

    On a GPU the network runs in 16-bit numbers where torch holds that to be safe; features come back in float32, with a
    cosine of at least 0.999 to those of a processor. A batch whose numbers overflow runs again in 32 bits.

    Args:
        network: In evaluation mode; moved to the device here.
        device: Torch device; None for the GPU where there is one.

    Attributes:
        network: What `_forward` runs; compression replaces it.
        device: Where it runs.
        batch_size: Most windows that one pass takes on a processor; a GPU takes more.
        channels_last: Whether its two-dimensional convolutions are faster with the channels innermost.
    """

    batch_size: ClassVar[int] = 32
    channels_last: ClassVar[bool] = False
    network: Any

    def __init__(self, network: "nn.Module", *, device: str | None) -> None:
        self.class_names = ()
        self.parts = (slice(0, self.dim),)
        self.device = device if device is not None else default_device()
        self._is_on_gpu = self.device.startswith("cuda")
        self.network = self._placed(network)
        self._most = self.batch_size * (_TIMES_ON_GPU if self._is_on_gpu else 1)
        self.at_once = max(self.at_once, self._most)
        self._lock = threading.Lock()

    def encode_prepared(self, prepared: Sequence[Prepared]) -> FloatArray:
        """Features (B, D) float32; see `Encoder.encode_prepared`.

        Raises:
            EncoderError: There is not enough memory for a single window.
        """
        if not prepared:
            return np.zeros((0, self.dim), np.float32)
        owners = np.repeat(np.arange(len(prepared)), [len(piece.windows) for piece in prepared])
        windows = [window for piece in prepared for window in piece.windows]
        weights = np.array([weight for piece in prepared for weight in piece.weights])
        totals = np.zeros((len(prepared), self.dim), np.float64)
        np.add.at(totals, owners, self._vectors(windows) * weights[:, None])
        return (totals / np.bincount(owners, weights)[:, None]).astype(np.float32)

    def _vectors(self, windows: Sequence[npt.NDArray]) -> FloatArray:
        """Features (W, D) of windows, in batches of neighbours in length, which waste no work on padding."""
        import torch

        vectors = np.zeros((len(windows), self.dim), np.float32)
        order = sorted(range(len(windows)), key=lambda number: len(windows[number]))
        with self._lock, torch.inference_mode():
            vectors[order] = self._batches([windows[number] for number in order], is_exact=not self._is_on_gpu)
            lost = set(np.flatnonzero(~np.isfinite(vectors).all(axis=1)).tolist())
            if self._is_on_gpu and lost:
                rows = [number for number in order if number in lost]
                vectors[rows] = self._batches([windows[number] for number in rows], is_exact=True)
        return vectors

    def _batches(self, windows: Sequence[npt.NDArray], *, is_exact: bool) -> FloatArray:
        """Features (W, D), as many windows at a time as fit into memory; a GPU is not waited for in between."""
        import torch

        found: list[Tensor] = []
        start = 0
        while start < len(windows):
            batch = windows[start : start + self._most]
            try:
                with torch.autocast(self.device.partition(":")[0], torch.float16, enabled=not is_exact):
                    found.append(self._forward(batch).float())
                start += len(batch)
                continue
            except RuntimeError as error:
                if not _is_out_of_memory(error):
                    raise
            self._take_fewer(len(batch))  # outside of the handler, which keeps the failed pass's tensors alive
        return torch.cat(found).cpu().numpy()

    def _take_fewer(self, tried: int) -> None:
        """Halve the batch for this pass and all later ones."""
        import torch

        if tried == 1:
            raise EncoderError(
                f"no memory is left on {self.device} for one window of '{self.name}'",
                expected="as much memory as its network needs must be free",
                remedy="close other programs, choose a smaller encoder, or run it on another device",
            )
        self._most = max(1, tried // 2)
        if self._is_on_gpu:
            torch.cuda.empty_cache()

    def _placed(self, network: "nn.Module") -> "nn.Module":
        """The network on its device, in the layout that suits it."""
        import torch

        placed = network.to(self.device)
        return placed.to(memory_format=torch.channels_last) if self.channels_last else placed  # pyright: ignore

    def _to_device(self, values: npt.NDArray) -> "Tensor":
        """Numbers on the encoder's device; to a GPU they travel while it works."""
        import torch

        tensor = torch.from_numpy(values)
        if self._is_on_gpu:
            return tensor.pin_memory().to(self.device, non_blocking=True)
        if self.channels_last and tensor.ndim == 4:
            return tensor.contiguous(memory_format=torch.channels_last)
        return tensor

    @abstractmethod
    def _forward(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        """Features (W, D) of at least one window; runs alone and without gradients."""


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Whether torch found too little memory, on a GPU or on a processor, where it has no error of its own for it."""
    import torch

    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)
