"""The options after an encoder's name that make it faster: "@int8" and "@pruned10" to "@pruned80".

Both change its features a little, so they change its key; what they cost and gain on a catalogue is measured by
`mmdemo.engine.compression`.
"""

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mmdemo.encoders.base import Encoder
from mmdemo.encoders.compression_samples import sample_media
from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.errors import EncoderError

if TYPE_CHECKING:
    from torch import nn

_VERSION = 1
"""Raised whenever a compressed encoder's features would change."""


def compress(encoder: Encoder, options: Sequence[str]) -> None:
    """Apply options to an encoder that was just made, in their order: its network and its key are replaced.

    Args:
        encoder: Runs a torch network.
        options: "int8" or "pruned10" to "pruned80": the share, in percent, of the inner width that is taken out.

    Raises:
        EncoderError: The encoder has no network of its own, or none that the option would make faster.
    """
    if not options:
        return
    if not isinstance(encoder, TorchEncoder):
        raise EncoderError(
            f"'{encoder.name}' has no network of its own to compress",
            expected="an encoder that runs a network is needed",
            remedy=_without(encoder, options),
        )
    encoder.network = copy.deepcopy(encoder.network)  # another encoder may share it
    for option in options:
        if option == "int8":
            _to_int8(encoder, options)
        else:
            _prune(encoder, options, percent=int(option.removeprefix("pruned")))
        encoder.key += f"@{option}.{_VERSION}"


def _to_int8(encoder: TorchEncoder, options: Sequence[str]) -> None:
    from mmdemo.encoders.compression_int8 import to_int8

    if not encoder.device.startswith("cpu"):
        raise EncoderError(
            f"'{encoder.name}' on {encoder.device}",
            expected="8-bit numbers are for processors; on a GPU networks run in 16-bit numbers anyway",
            remedy=_without(encoder, options),
        )
    if not _works_in_linear_layers(encoder.network):
        raise EncoderError(
            f"'{encoder.name}' computes little in linear layers",
            expected="a network that does most of its work in them, such as a Transformer, is needed for @int8",
            remedy=_without(encoder, options),
        )
    to_int8(encoder.network)


def _prune(encoder: TorchEncoder, options: Sequence[str], *, percent: int) -> None:
    from mmdemo.encoders.compression_pruning import inner_networks, prune

    pairs = inner_networks(encoder.network)
    if not pairs:
        raise EncoderError(
            f"'{encoder.name}' has no inner networks to prune",
            expected="a Transformer in full precision is needed for @pruned: write @pruned before @int8",
            remedy=_without(encoder, options),
        )
    media = sample_media(encoder.modality)
    prune(pairs, percent / 100, run=lambda: encoder.encode(media))


def _works_in_linear_layers(network: "nn.Module") -> bool:
    """Whether the plain linear layers hold more weights than the convolutions; those are used many times each."""
    from torch.nn import Linear
    from torch.nn.modules.conv import _ConvNd

    modules = list(network.modules())
    linear = sum(module.weight.numel() for module in modules if type(module) is Linear)
    return linear > sum(module.weight.numel() for module in modules if isinstance(module, _ConvNd))


def _without(encoder: Encoder, options: Sequence[str]) -> str:
    plain = encoder.name
    for option in options:
        plain = plain.replace(f"@{option}", "")
    return f"choose {plain}"
