"""Pictures: a small residual CNN that the user trained from scratch.

It knows what its catalogue taught it and nothing else: a baseline to hold pretrained encoders against, and the better
choice only for pictures unlike anything those have seen.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from mmdemo.encoders.trainable_families import width_of
from mmdemo.encoders.trainable_folder import read_trained
from mmdemo.encoders.white_square import WhiteSquareEncoder, on_white_square
from mmdemo.types import FloatArray


class TrainedCnn(WhiteSquareEncoder):
    """Features and classes of pictures, as learned from the user's labels or texts.

    Args:
        folder: As `mmdemo tune cnn` makes it.
        device: See `TorchEncoder`.
    """

    name = "cnn"

    def __init__(self, folder: Path, *, device: str | None = None) -> None:
        model = read_trained(folder, self.name)
        self.dim = width_of(model.shape)
        super().__init__(model.network, device=device)
        self.key = f"{self.name}/1/{model.sha256[:16]}"
        self.class_names = model.head.names
        self._head, self._side = model.head, int(model.shape["side"])

    def _input(self, picture: Image.Image) -> FloatArray:
        return prepare_picture(picture, self._side)

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Probability (B, C) of each class, on its own, from features (B, D)."""
        return self._head(features)


def prepare_picture(picture: Image.Image, side: int) -> FloatArray:
    """A picture as the network takes it: (3, side, side) float32 in [-1, 1]."""
    return to_input(on_white_square(picture, side))


def to_input(pixels: npt.NDArray[np.uint8]) -> FloatArray:
    """Pixels as the network takes them, 0 to 255 becoming -1 to 1."""
    return pixels.astype(np.float32) / np.float32(127.5) - np.float32(1.0)
