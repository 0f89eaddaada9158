"""The musicnn network: filters shaped like timbres and rhythms, a small residual stack, pooling over time.

Pons and Serra 2019, "musicnn: pre-trained convolutional neural networks for music audio tagging"; Pons et al. 2018,
"End-to-end learning for music audio tagging at scale", section 3.2. Throughout, normalisation follows the activation.
"""

from collections.abc import Mapping

import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

_NORM_EPSILON = 1e-3  # TensorFlow's default
_BANDS = 96
_TIMBRE_FILTERS, _TIMBRE_BANDS = 204, (38, 67)
_RHYTHM_FILTERS, _RHYTHM_FRAMES = 51, (128, 64, 32)
_MIDDLE = 64
_FRONT = len(_TIMBRE_BANDS) * _TIMBRE_FILTERS + len(_RHYTHM_FRAMES) * _RHYTHM_FILTERS
_NORM_NAMES = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}
_POOLED = 2 * (_FRONT + 3 * _MIDDLE)


class _Front(nn.Module):
    """One convolution over the spectrogram, then its largest value over frequency: (W, 1, T, bands) to (W, C, T)."""

    def __init__(self, filters: int, frames: int, bands: int) -> None:
        super().__init__()
        before = (frames - 1) // 2
        self.padding = (0, 0, before, frames - 1 - before)  # as many frames out as in
        self.conv = nn.Conv2d(1, filters, (frames, bands))
        self.norm = nn.BatchNorm2d(filters, eps=_NORM_EPSILON)

    def forward(self, spectrogram: Tensor) -> Tensor:
        return self.norm(torch.relu(self.conv(functional.pad(spectrogram, self.padding)))).amax(3)


class _Middle(nn.Module):
    """One convolution over time: (W, C, T) to (W, 64, T)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(channels, _MIDDLE, 7, padding=3)
        self.norm = nn.BatchNorm1d(_MIDDLE, eps=_NORM_EPSILON)

    def forward(self, channels: Tensor) -> Tensor:
        return self.norm(torch.relu(self.conv(channels)))


class MusicnnNetwork(nn.Module):
    """Log-mel windows (W, frames, 96) to the 200 features (W, 200) that its tag layer reads."""

    def __init__(self) -> None:
        super().__init__()
        self.input_norm = nn.BatchNorm2d(1, eps=_NORM_EPSILON)
        self.front = nn.ModuleList(
            [_Front(_TIMBRE_FILTERS, 7, bands) for bands in _TIMBRE_BANDS]
            + [_Front(_RHYTHM_FILTERS, frames, 1) for frames in _RHYTHM_FRAMES]
        )
        self.middle = nn.ModuleList([_Middle(_FRONT), _Middle(_MIDDLE), _Middle(_MIDDLE)])
        self.pooled_norm = nn.BatchNorm1d(_POOLED, eps=_NORM_EPSILON)
        self.dense = nn.Linear(_POOLED, 200)
        self.dense_norm = nn.BatchNorm1d(200, eps=_NORM_EPSILON)

    def channels(self, windows: Tensor) -> Tensor:
        """What every stage makes of each frame (W, 753, frames), before pooling over time."""
        spectrogram = self.input_norm(windows.unsqueeze(1))
        front = torch.cat([branch(spectrogram) for branch in self.front], dim=1)
        first = self.middle[0](front)
        second = first + self.middle[1](first)
        third = second + self.middle[2](second)
        return torch.cat([front, first, second, third], dim=1)

    def forward(self, windows: Tensor) -> Tensor:  # noqa: D102 - see the class
        channels = self.channels(windows)
        pooled = torch.stack([channels.amax(2), channels.mean(2)], dim=2).flatten(1)
        return self.dense_norm(torch.relu(self.dense(self.pooled_norm(pooled))))


def musicnn_from_variables(variables: Mapping[str, npt.NDArray]) -> MusicnnNetwork:
    """A network from the checkpoint's variables, which are numbered in the order in which the layers were made.

    Raises:
        KeyError: A variable is missing.
        RuntimeError: One is of another shape.
    """
    layers = [f"front.{number}" for number in range(5)] + [f"middle.{number}" for number in range(3)]
    norms = ["input_norm", *(f"{layer}.norm" for layer in layers), "pooled_norm", "dense_norm"]
    tensors = {
        "dense.weight": torch.tensor(variables["dense/kernel"]).T,
        "dense.bias": torch.tensor(variables["dense/bias"]),
    }
    for number, layer in enumerate(layers):
        scope = _scope("conv2d", number)
        # (time, frequency, in, out) to (out, in, time, frequency); in the middle "frequency" holds the channels
        kernel = torch.tensor(variables[f"{scope}/kernel"]).permute(3, 2, 0, 1)
        tensors[f"{layer}.conv.weight"] = kernel if layer.startswith("front") else kernel.squeeze(1).transpose(1, 2)
        tensors[f"{layer}.conv.bias"] = torch.tensor(variables[f"{scope}/bias"])
    for number, norm in enumerate(norms):
        scope = _scope("batch_normalization", number)
        for parameter, variable in _NORM_NAMES.items():
            tensors[f"{norm}.{parameter}"] = torch.tensor(variables[f"{scope}/{variable}"])
        tensors[f"{norm}.num_batches_tracked"] = torch.tensor(0)
    network = MusicnnNetwork()
    network.load_state_dict(tensors)
    return network.eval()


def _scope(kind: str, number: int) -> str:
    return kind if number == 0 else f"{kind}_{number}"
