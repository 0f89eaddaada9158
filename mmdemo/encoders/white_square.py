"""Pictures seen whole, on a white square: what the convolutional picture encoders of this project share."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from mmdemo.encoders.base import Inside, Prepared
from mmdemo.encoders.places import grid_labels, grid_places, square_box
from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.types import FloatArray, Media, Modality

if TYPE_CHECKING:
    from torch import Tensor


class WhiteSquareEncoder(TorchEncoder):
    """A picture encoder whose network takes squares (B, 3, S, S), and has `maps` for its last feature maps.

    A subclass writes `_input`.
    """

    modality = Modality.IMAGE

    @abstractmethod
    def _input(self, picture: Image.Image) -> FloatArray:
        """A picture as the network takes it, (3, S, S)."""

    def _prepare(self, piece: Any) -> Prepared:
        return Prepared((self._input(piece),), (1.0,))

    def _forward(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        return self.network(self._to_device(np.stack(windows)))

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:  # noqa: ARG002 - none to show
        """The cells of the last feature map over the white square; see `Encoder.inspect`."""
        import torch

        (pixels,) = self.prepare(piece).windows
        assert isinstance(piece, Image.Image)
        with self._lock, torch.inference_mode():
            maps = self.network.maps(self._to_device(pixels[None]))[0].float().cpu().numpy()
        channels, rows, columns = maps.shape
        places = grid_places(rows, columns, box=square_box(*piece.size))
        return (Inside("patch", grid_labels(rows, columns), places, maps.reshape(channels, -1).T.copy()),)


def on_white_square(picture: Image.Image, side: int) -> npt.NDArray[np.uint8]:
    """A picture whole, in the middle of a white square: (3, side, side).

    The usual centre crop would lose the ends of a long picture. Measured with EfficientNet-Lite0 on 147 pictures whose
    caption names an ImageNet class: on a white square 0.54 of the top classes are right, squeezed 0.50, cropped 0.44.
    """
    scale = side / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    square = Image.new("RGB", (side, side), "white")
    small = picture.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    square.paste(small, ((side - size[0]) // 2, (side - size[1]) // 2))
    return np.asarray(square).transpose(2, 0, 1).copy()
