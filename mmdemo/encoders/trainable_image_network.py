"""A small residual CNN that learns from a few hundred pictures within a minute."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions beside a short cut, activation first (He et al. 2016, "Identity Mappings", figure 1b).

    Args:
        channels: Of the input.
        out: Of the output.
        stride: 2 halves height and width.
    """

    def __init__(self, channels: int, out: int, *, stride: int) -> None:
        super().__init__()
        self.before = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU())
        self.first = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.second = nn.Sequential(nn.BatchNorm2d(out), nn.ReLU(), nn.Conv2d(out, out, 3, 1, 1, bias=False))
        changes = stride > 1 or channels != out
        self.shortcut = nn.Conv2d(channels, out, 1, stride, bias=False) if changes else nn.Identity()

    def forward(self, maps: Tensor) -> Tensor:
        """(B, channels, H, W) to (B, out, H / stride, W / stride)."""
        active = self.before(maps)
        shortcut = maps if isinstance(self.shortcut, nn.Identity) else self.shortcut(active)
        return shortcut + self.second(self.first(active))


class SmallResNet(nn.Module):
    """Residual network over pictures.

    Args:
        widths: Channels of the stages; each but the first halves height and width.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, widths[0], 5, 2, 2, bias=False)
        self.stages = nn.Sequential(
            ResidualBlock(widths[0], widths[0], stride=1),
            *(ResidualBlock(narrow, wide, stride=2) for narrow, wide in pairwise(widths)),
        )
        self.after = nn.Sequential(nn.BatchNorm2d(widths[-1]), nn.ReLU())

    def maps(self, pixels: Tensor) -> Tensor:
        """Last feature maps (B, D, H / 16, W / 16) of pixels (B, 3, H, W) in [-1, 1], for four stages."""
        return self.after(self.stages(self.stem(pixels.contiguous(memory_format=torch.channels_last))))

    def forward(self, pixels: Tensor) -> Tensor:
        """Features (B, D): the mean over all places."""
        return self.maps(pixels).mean((2, 3))
