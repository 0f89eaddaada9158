"""Pictures: a small residual CNN that the user trained from scratch.

It knows what its catalogue taught it and nothing else: a baseline to hold pretrained encoders against, and the better
choice only for pictures unlike anything those have seen.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from mmdemo.encoders.base import Inside, Prepared
from mmdemo.encoders.places import grid_labels, grid_places, square_box
from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.encoders.trainable_families import width_of
from mmdemo.encoders.trainable_folder import read_trained
from mmdemo.types import FloatArray, Media, Modality

if TYPE_CHECKING:
    from torch import Tensor


class TrainedCnn(TorchEncoder):
    """Features and classes of pictures, as learned from the user's labels or texts.

    Args:
        folder: As `mmdemo tune cnn` makes it.
        device: See `TorchEncoder`.
    """

    name = "cnn"
    modality = Modality.IMAGE

    def __init__(self, folder: Path, *, device: str | None = None) -> None:
        model = read_trained(folder, self.name)
        self.dim = width_of(model.shape)
        super().__init__(model.network, device=device)
        self.key = f"{self.name}/1/{model.sha256[:16]}"
        self.class_names = model.head.names
        self._head, self._side = model.head, int(model.shape["side"])

    def _prepare(self, piece: Any) -> Prepared:
        return Prepared((prepare_picture(piece, self._side),), (1.0,))

    def _forward(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        import torch

        return self.network(torch.from_numpy(np.stack(windows)).to(self.device))

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:  # noqa: ARG002 - none to show
        """The cells of the last feature map over the white square; see `Encoder.inspect`."""
        import torch

        (pixels,) = self.prepare(piece).windows
        assert isinstance(piece, Image.Image)
        with self._lock, torch.inference_mode():
            maps = self.network.maps(torch.from_numpy(pixels[None]).to(self.device))[0].float().cpu().numpy()
        channels, rows, columns = maps.shape
        places = grid_places(rows, columns, box=square_box(*piece.size))
        return (Inside("patch", grid_labels(rows, columns), places, maps.reshape(channels, -1).T.copy()),)

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Probability (B, C) of each class, on its own, from features (B, D)."""
        return self._head(features)


def prepare_picture(picture: Image.Image, side: int) -> FloatArray:
    """A picture as the network takes it: (3, side, side) float32 in [-1, 1]."""
    return to_input(on_white_square(picture, side))


def on_white_square(picture: Image.Image, side: int) -> npt.NDArray[np.uint8]:
    """A picture whole, in the middle of a white square: (3, side, side)."""
    scale = side / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    square = Image.new("RGB", (side, side), "white")
    small = picture.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    square.paste(small, ((side - size[0]) // 2, (side - size[1]) // 2))
    return np.asarray(square).transpose(2, 0, 1).copy()


def to_input(pixels: npt.NDArray[np.uint8]) -> FloatArray:
    """Pixels as the network takes them, 0 to 255 becoming -1 to 1."""
    return pixels.astype(np.float32) / np.float32(127.5) - np.float32(1.0)
