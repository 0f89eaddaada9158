"""The families of encoders that a user can train, and the networks behind them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from mmdemo.errors import EncoderError
from mmdemo.types import Modality

if TYPE_CHECKING:
    from torch import nn

Shape: TypeAlias = Mapping[str, Any]
"""Sizes that a network is made with, by name; JSON."""

BANDS, FRAMES = 64, 150
"""Of the log-mel windows that the audio families share: 3 s at 20 ms a frame."""


@dataclass(frozen=True, slots=True)
class TrainableFamily:
    """One family.

    Args:
        name: In the table of encoders.
        modality: What it takes.
        shape: Sizes that a new network gets.
    """

    name: str
    modality: Modality
    shape: Shape

    @property
    def width(self) -> int:
        """Width D of the features."""
        return width_of(self.shape)


TRAINABLE: Mapping[str, TrainableFamily] = {
    family.name: family
    for family in (
        TrainableFamily("cnn", Modality.IMAGE, {"side": 64, "widths": [16, 32, 64, 128]}),
        TrainableFamily("lstm-audio", Modality.AUDIO, {"width": 128}),
        TrainableFamily("attention-audio", Modality.AUDIO, {"width": 128, "layers": 3, "heads": 4}),
    )
}


def width_of(shape: Shape) -> int:
    """Width of the features of a network of that shape."""
    return shape["width"] if "width" in shape else shape["widths"][-1]


def find_trainable(name: str) -> TrainableFamily:
    """The family of that name.

    Raises:
        EncoderError: It cannot be trained here.
    """
    if name not in TRAINABLE:
        raise EncoderError(
            f"'{name}' cannot be trained here",
            expected=f"one of {', '.join(TRAINABLE)} is needed",
            remedy="choose one of these",
        )
    return TRAINABLE[name]


def network_of(family: str, shape: Shape) -> "nn.Module":
    """A new network, its weights drawn from torch's generator."""
    from mmdemo.encoders.trainable_audio_network import MelAttention, MelLstm
    from mmdemo.encoders.trainable_image_network import SmallResNet

    if family == "cnn":
        return SmallResNet(shape["widths"])
    if family == "lstm-audio":
        return MelLstm(BANDS, shape["width"])
    return MelAttention(BANDS, FRAMES, width=shape["width"], layers=shape["layers"], heads=shape["heads"])
