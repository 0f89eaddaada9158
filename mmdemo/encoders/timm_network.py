"""Building a timm network from its configuration and weights."""

from typing import Any

import timm
import torch
from torch import Tensor, nn

from mmdemo.encoders.checkpoint import read_tensors
from mmdemo.encoders.timm_files import TimmFiles
from mmdemo.errors import EncoderError

_BAD_CONFIG = (TypeError, ValueError, KeyError, AttributeError, AssertionError, RuntimeError, ZeroDivisionError)


def build_network(files: TimmFiles) -> nn.Module:
    """The network, in evaluation mode.

    Raises:
        EncoderError: timm cannot build it, or the tensors belong to another architecture.
        WeightError: The weights file is damaged.
    """
    config = files.config
    known = {**config.get("pretrained_cfg", {}), "num_classes": config.get("num_classes", 1000)}
    try:
        network = timm.create_model(
            config["architecture"],
            pretrained=False,
            pretrained_cfg=known,
            **{"num_classes": known["num_classes"], **config.get("model_args", {})},
        )
    except _BAD_CONFIG as error:
        raise EncoderError(
            f"timm {timm.__version__} cannot build {config['architecture']} of {files.source} "
            f"({type(error).__name__}: {' '.join(str(error).split())[:200]})",
            expected="an architecture that it knows is needed",
            remedy="name another model, or install a newer timm",
        ) from error
    tensors = read_tensors(files.weights, lambda name: name)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise EncoderError(
            f"the tensors in {files.weights} do not fit {config['architecture']}, which config.json names",
            expected=" ".join(str(error).split())[:300],
            remedy="put the weights and the configuration of one model into the folder, or name another",
        ) from error
    return network.eval()


def pooled(network: Any, pixels: Tensor) -> Tensor:
    """Features (B, D) that the classifier reads, of pictures (B, 3, H, W)."""
    return network.forward_head(network.forward_features(pixels), pre_logits=True)


def width_of(network: Any, size: tuple[int, int, int]) -> int:
    """Width of its features, found by trying: timm's networks count it in several ways.

    Raises:
        EncoderError: It gives no single vector a picture.
    """
    with torch.inference_mode():
        features = pooled(network, torch.zeros((1, *size)))
    if features.ndim != 2:
        raise EncoderError(
            f"{type(network).__name__} gives features of shape {tuple(features.shape)}",
            expected="one vector a picture is needed",
            remedy="name a model that pools its features",
        )
    return features.shape[1]


def head_of(network: Any, width: int) -> tuple[Tensor, Tensor] | None:
    """Weight (C, D) and bias (C) of the linear classifier on the features; None where there is none such."""
    head = network.get_classifier()
    if not isinstance(head, nn.Linear | nn.Conv2d) or head.weight[0].numel() != width:
        return None
    bias = head.bias if head.bias is not None else torch.zeros(len(head.weight))
    return head.weight.detach().flatten(1).cpu(), bias.detach().cpu()
