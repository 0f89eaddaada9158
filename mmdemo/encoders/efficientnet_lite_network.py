"""The EfficientNet-Lite0 network, written out because importing a model library for it takes seconds.

It gives the same numbers as timm's `tf_efficientnet_lite0` (tested). Tan and Le 2019, "EfficientNet", table 1, without
squeeze-and-excitation and with ReLU6; the block is the inverted residual of Sandler et al. 2018, "MobileNetV2".
"""

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

_NORM_EPSILON = 1e-3
_STEM, _HEAD, _CLASSES = 32, 1280, 1000
_STAGES = (  # blocks, kernel, stride of the first block, expansion, channels out
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class _SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow does: the odd row and column of zeros come last."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's own name
        padding = []
        for size, kernel, stride in zip(input.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1], strict=True):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            padding += [total // 2, total - total // 2]
        return super().forward(functional.pad(input, padding))


class _Block(nn.Module):
    """Widen, look around within each channel, narrow; added to its input where the two have one shape."""

    def __init__(self, channels_in: int, channels_out: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = channels_in * expansion
        self.expands = expansion > 1
        self.is_residual = stride == 1 and channels_in == channels_out
        if self.expands:
            self.expand_conv = nn.Conv2d(channels_in, inner, 1, bias=False)
            self.bn0 = nn.BatchNorm2d(inner, eps=_NORM_EPSILON)
        self.depthwise_conv = _SameConv(inner, inner, kernel, stride=stride, groups=inner, bias=False)
        self.bn1 = nn.BatchNorm2d(inner, eps=_NORM_EPSILON)
        self.project_conv = nn.Conv2d(inner, channels_out, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out, eps=_NORM_EPSILON)

    def forward(self, maps: Tensor) -> Tensor:
        inner = functional.relu6(self.bn0(self.expand_conv(maps))) if self.expands else maps
        inner = functional.relu6(self.bn1(self.depthwise_conv(inner)))
        inner = self.bn2(self.project_conv(inner))
        return maps + inner if self.is_residual else inner


class EfficientNetLiteNetwork(nn.Module):
    """Pictures (B, 3, 224, 224) to pooled features (B, 1280); `fc` turns these into logits of the classes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem = _SameConv(3, _STEM, 3, stride=2, bias=False)
        self.bn0 = nn.BatchNorm2d(_STEM, eps=_NORM_EPSILON)
        blocks = []
        channels = _STEM
        for count, kernel, stride, expansion, channels_out in _STAGES:
            for number in range(count):
                first_stride = stride if number == 0 else 1
                blocks.append(_Block(channels, channels_out, kernel=kernel, stride=first_stride, expansion=expansion))
                channels = channels_out
        self.blocks = nn.ModuleList(blocks)
        self.conv_head = nn.Conv2d(channels, _HEAD, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(_HEAD, eps=_NORM_EPSILON)
        self.fc = nn.Linear(_HEAD, _CLASSES)

    def maps(self, pictures: Tensor) -> Tensor:
        """The last feature maps (B, 1280, 7, 7), before pooling."""
        maps = functional.relu6(self.bn0(self.conv_stem(pictures)))
        for block in self.blocks:
            maps = block(maps)
        return functional.relu6(self.bn1(self.conv_head(maps)))

    def forward(self, pictures: Tensor) -> Tensor:  # noqa: D102 - see the class
        return self.maps(pictures).mean((2, 3))


def efficientnet_lite_from_tensors(tensors: Mapping[str, Tensor]) -> EfficientNetLiteNetwork:
    """A network from the checkpoint, whose names have an underscore before every part.

    Raises:
        RuntimeError: A tensor is missing, too many, or of another shape.
    """
    with torch.device("meta"):  # no time spent on initial values that the checkpoint replaces at once
        network = EfficientNetLiteNetwork()
    network.load_state_dict({re.sub(r"(^|\.)_", r"\1", name): tensors[name] for name in tensors}, assign=True)
    return network.eval()
