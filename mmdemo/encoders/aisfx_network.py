"""The embedding network of aiSFX, a nine-layer convolutional network over a spectrogram.

Kong et al. 2018, "DCASE 2018 Challenge Surrey Cross-Task convolutional neural network baseline", with maximum pooling.
Module names are those of the checkpoint.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class _Block(nn.Module):
    """Two convolutions, then maximum pooling of the given stride."""

    def __init__(self, channels_in: int, channels_out: int, *, pool: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.pool = pool

    def forward(self, maps: Tensor) -> Tensor:
        maps = torch.relu(self.bn1(self.conv1(maps)))
        maps = torch.relu(self.bn2(self.conv2(maps)))
        return functional.max_pool2d(maps, self.pool) if self.pool > 1 else maps


class AiSFXNetwork(nn.Module):
    """Windows (W, frames, bands) in [0, 1] to features (W, 512): mean over frequency, then maximum over time."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_block1 = _Block(1, 64, pool=2)
        self.conv_block2 = _Block(64, 128, pool=2)
        self.conv_block3 = _Block(128, 256, pool=2)
        self.conv_block4 = _Block(256, 512, pool=1)

    def maps(self, windows: Tensor) -> Tensor:
        """The last feature maps (W, 512, frames / 8, bands / 8), before pooling."""
        maps = windows.unsqueeze(1)
        for block in (self.conv_block1, self.conv_block2, self.conv_block3, self.conv_block4):
            maps = block(maps)
        return maps

    def forward(self, windows: Tensor) -> Tensor:  # noqa: D102 - see the class
        return self.maps(windows).mean(3).amax(2)
