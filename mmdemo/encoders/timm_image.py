"""Pictures: any network of the timm library, with the classes that its classifier knows.

Wightman 2019, "PyTorch Image Models". Deviation: a picture whose sides differ by more than half, where the checkpoint
would crop it, is encoded as several squares along its long side and averaged; see `WindowedPicture`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.imagenet import imagenet_class_names
from mmdemo.encoders.timm_files import TimmFiles
from mmdemo.encoders.windowed_picture import Framing, PictureParts, WindowedPicture
from mmdemo.errors import EncoderError
from mmdemo.types import FloatArray

if TYPE_CHECKING:
    from torch import Tensor

_MODES: dict[str, Literal["crop", "squash", "pad"]] = {"center": "crop", "squash": "squash", "border": "pad"}


class TimmImage(WindowedPicture):
    """Pooled features of pictures: what the network's classifier reads.

    Args:
        files: The model.
        device: See `TorchEncoder`.

    Raises:
        EncoderError: timm cannot build it, or weights and architecture do not fit.
        WeightError: The weights file is damaged.
    """

    name = "timm"
    channels_last = True  # a quarter faster for a ResNet-50 on a processor; Transformers do not notice

    def __init__(self, files: TimmFiles, *, device: str | None = None) -> None:
        from timm.data import create_transform, resolve_model_data_config  # type: ignore[attr-defined]

        from mmdemo.encoders.timm_network import build_network, head_of, width_of

        network: Any = build_network(files)
        settings = resolve_model_data_config(network)
        channels, height, width = settings["input_size"]
        if channels != 3:
            raise EncoderError(
                f"{files.source} takes pictures with {channels} channels",
                expected="a network for colour pictures, 3 channels, is needed",
                remedy="name another model",
            )
        self._preprocess = create_transform(**settings, is_training=False)
        # The library scales to a little more than the network's size, in whole pixels, and cuts the margin off.
        visible = height / int(height / settings["crop_pct"])
        self.framing = Framing(_MODES[settings["crop_mode"]], width, height, visible)
        self.dim = width_of(network, (channels, height, width))
        head = head_of(network, self.dim)
        super().__init__(network, device=device)
        self.key = f"{self.name}/{files.key}"
        names = class_names(files.config)
        if head is not None and len(names) == len(head[0]):
            self.class_names = names
            self._head_weight, self._head_bias = (tensor.float().numpy() for tensor in head)

    def _forward(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        from mmdemo.encoders.timm_network import pooled

        return pooled(self.network, self._pixels(windows))

    def _parts(self, pixels: "Tensor", attention: bool) -> PictureParts:
        from mmdemo.encoders.timm_parts import timm_parts

        return timm_parts(self.network, pixels, attention=attention)

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Softmax (B, C) of the network's classifier on features (B, D); (B, 0) where its classes have no names."""
        if not self.class_names:
            return super().class_probabilities(features)
        logits = features @ self._head_weight.T + self._head_bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)


def class_names(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of a checkpoint's classes in order: its own, or ImageNet's where it says it was trained on that."""
    known = config.get("pretrained_cfg", {})
    labels = config.get("label_names") or known.get("label_names")
    described = config.get("label_descriptions") or known.get("label_descriptions") or {}
    if isinstance(labels, Mapping):  # class number to name; a number without a name keeps its place
        named = {int(number): name for number, name in labels.items()}
        labels = [named.get(number, f"class {number}") for number in range(int(config.get("num_classes", 0)))]
    if labels:
        return tuple(str(described.get(label, label)) for label in labels)
    if config.get("num_classes") == 1000 and re.search(r"in1k", str(known.get("tag", ""))):
        return imagenet_class_names()
    return ()
