"""Pictures: EfficientNet-Lite0, 1280 wide, with its 1000 ImageNet classes.

Tan and Le 2019, "EfficientNet"; the Lite variants (no squeeze-and-excitation, ReLU6) are Google's of 2020.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from mmdemo.encoders.base import Inside, Prepared
from mmdemo.encoders.imagenet import imagenet_class_names
from mmdemo.encoders.places import grid_labels, grid_places, square_box
from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.types import FloatArray, Media, Modality

if TYPE_CHECKING:
    from torch import Tensor

_SIDE = 224
_MEAN, _SCALE = 127.0, 128.0  # how the checkpoint was trained; the usual ImageNet mean and deviation lose 7 points


class EfficientNetLite(TorchEncoder):
    """Pooled features of pictures.

    Args:
        folder: Holds efficientnet-lite0.pth, a state dict.
        weights_sha256: Digest of the weights, for the cache key.
        device: See `TorchEncoder`.
    """

    name = "efficientnet-lite0"
    modality = Modality.IMAGE
    dim = 1280
    channels_last = True

    def __init__(self, folder: Path, *, weights_sha256: str, device: str | None = None) -> None:
        import torch

        from mmdemo.encoders.efficientnet_lite_network import efficientnet_lite_from_tensors

        tensors = torch.load(folder / "efficientnet-lite0.pth", map_location="cpu", weights_only=True)
        self._head_weight = tensors["_fc.weight"].numpy()
        self._head_bias = tensors["_fc.bias"].numpy()
        super().__init__(efficientnet_lite_from_tensors(tensors), device=device)
        self.key = f"{self.name}/1/{weights_sha256[:16]}"
        self.class_names = imagenet_class_names()

    def _prepare(self, piece: Any) -> Prepared:
        return Prepared((prepare(piece),), (1.0,))

    def _forward(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        return self.network(self._to_device(np.stack(windows)))

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:  # noqa: ARG002 - none to show
        """The 7 x 7 cells of the last feature map over the white square; see `Encoder.inspect`."""
        import torch

        (pixels,) = self.prepare(piece).windows
        assert isinstance(piece, Image.Image)
        with self._lock, torch.inference_mode():
            maps = self.network.maps(torch.from_numpy(pixels[None]).to(self.device))[0].float().cpu().numpy()
        channels, rows, columns = maps.shape
        places = grid_places(rows, columns, box=square_box(*piece.size))
        return (Inside("patch", grid_labels(rows, columns), places, maps.reshape(channels, -1).T.copy()),)

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Softmax (B, 1000) of the ImageNet classifier on features (B, 1280)."""
        logits = features @ self._head_weight.T + self._head_bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)


def prepare(image: Image.Image) -> FloatArray:
    """A picture as the network's input: whole, on a white square, (3, 224, 224) float32 in about [-1, 1].

    The usual centre crop would lose the ends of a long picture. Measured on 147 pictures whose caption names an
    ImageNet class: on a white square 0.54 of the top classes are right, squeezed 0.50, cropped 0.44.
    """
    scale = _SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    square = Image.new("RGB", (_SIDE, _SIDE), "white")
    square.paste(
        image.convert("RGB").resize(size, Image.Resampling.BICUBIC), ((_SIDE - size[0]) // 2, (_SIDE - size[1]) // 2)
    )
    pixels = np.asarray(square, np.float32)
    return ((pixels - _MEAN) / _SCALE).transpose(2, 0, 1)
