"""Pictures: EfficientNet-Lite0, 1280 wide, with its 1000 ImageNet classes.

Tan and Le 2019, "EfficientNet"; the Lite variants (no squeeze-and-excitation, ReLU6) are Google's of 2020.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from mmdemo.encoders.imagenet import imagenet_class_names
from mmdemo.encoders.white_square import WhiteSquareEncoder, on_white_square
from mmdemo.types import FloatArray

_SIDE = 224
_MEAN, _SCALE = (
    np.float32(127.0),
    np.float32(128.0),
)
"""How the checkpoint was trained; the usual ImageNet mean and deviation lose 7 points."""


class EfficientNetLite(WhiteSquareEncoder):
    """Pooled features of pictures.

    Args:
        folder: Holds efficientnet-lite0.pth, a state dict.
        weights_sha256: Digest of the weights, for the cache key.
        device: See `TorchEncoder`.
    """

    name = "efficientnet-lite0"
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

    def _input(self, picture: Image.Image) -> FloatArray:
        return prepare(picture)

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Softmax (B, 1000) of the ImageNet classifier on features (B, 1280)."""
        logits = features @ self._head_weight.T + self._head_bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)


def prepare(image: Image.Image) -> FloatArray:
    """A picture as the network's input: whole, on a white square, (3, 224, 224) float32 in about [-1, 1]."""
    return (on_white_square(image, _SIDE).astype(np.float32) - _MEAN) / _SCALE
