"""What all encoders that run a torch network share: batches, the lock, the device, the mean over windows."""

import threading
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.base import Prepared
from mmdemo.encoders.media_encoder import MediaEncoder
from mmdemo.types import FloatArray

if TYPE_CHECKING:
    from torch import Tensor, nn


def default_device() -> str:
    """Name of the torch device to use: "cuda" where there is a GPU, else "cpu"."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


class TorchEncoder(MediaEncoder):
    """An `Encoder` around one network.

    A subclass sets the attributes, then writes `_prepare`, which gives a `Prepared`, `_forward` and `inspect`. One call
    runs at a time: torch already uses every core for it, and a second one beside it would only slow both.

    Args:
        network: In evaluation mode; moved to the device here.
        device: Torch device; None for the GPU where there is one.

    Attributes:
        network: What `_forward` runs; compression replaces it.
        device: Where it runs.
        batch_size: Most windows that one pass takes.
    """

    batch_size: ClassVar[int] = 32
    network: Any

    def __init__(self, network: "nn.Module", *, device: str | None) -> None:
        self.class_names = ()
        self.parts = (slice(0, self.dim),)
        self.device = device if device is not None else default_device()
        self.network = network.to(self.device)
        self._lock = threading.Lock()

    def encode_prepared(self, prepared: Sequence[Prepared]) -> FloatArray:
        """Features (B, D) float32; see `Encoder.encode_prepared`."""
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
            for start in range(0, len(order), self.batch_size):
                chosen = order[start : start + self.batch_size]
                vectors[chosen] = self._forward([windows[number] for number in chosen]).float().cpu().numpy()
        return vectors

    @abstractmethod
    def _forward(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        """Features (W, D) of at least one window; runs alone and without gradients."""
