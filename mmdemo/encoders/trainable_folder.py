"""The folder of an encoder that the user trained: config.json says what it is, model.safetensors holds its numbers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.encoders.trainable_families import Shape, network_of
from mmdemo.errors import EncoderError, WeightError
from mmdemo.types import FloatArray
from mmdemo.weights.files import sha256_of

if TYPE_CHECKING:
    from torch import Tensor, nn

CONFIG, MODEL = "config.json", "model.safetensors"
FORMAT = 1


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Turns features into a probability for each class, on its own: they do not sum to 1.

    Args:
        names: (C,) of the classes; none for an encoder that was trained on pairs.
        weight: (C, D) float32.
        bias: (C,) float32.
    """

    names: tuple[str, ...]
    weight: FloatArray
    bias: FloatArray

    def __call__(self, features: FloatArray) -> FloatArray:
        """Probabilities (B, C) float32 of features (B, D)."""
        logits = features @ self.weight.T + self.bias
        return (1.0 / (1.0 + np.exp(-logits))).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class TrainedModel:
    """What such a folder holds.

    Args:
        family: "cnn", "lstm-audio" or "attention-audio".
        shape: Sizes that its network is made with.
        network: In evaluation mode.
        head: Its classes.
        sha256: Digest of its numbers.
        about: How it was trained and what that reached, for people.
    """

    family: str
    shape: Shape
    network: "nn.Module"
    head: Head
    sha256: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)


def write_trained(folder: Path, model: TrainedModel) -> None:
    """Fill a new folder.

    Raises:
        OSError: The disk is full or read-only.
    """
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"network.{name}": tensor.cpu().contiguous() for name, tensor in model.network.state_dict().items()}
    tensors |= {"head.weight": torch.from_numpy(model.head.weight), "head.bias": torch.from_numpy(model.head.bias)}
    save_file(tensors, folder / MODEL)
    config = {
        "format": FORMAT,
        "family": model.family,
        "shape": dict(model.shape),
        "class_names": list(model.head.names),
        "about": dict(model.about),
    }
    (folder / CONFIG).write_text(json.dumps(config, ensure_ascii=False, indent=1), encoding="utf-8")


def read_trained(folder: Path, family: str) -> TrainedModel:
    """The encoder that a folder holds.

    Raises:
        WeightError: A file is missing.
        EncoderError: The folder holds another family, or is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    config = read_config(folder)
    if config["family"] != family:
        raise EncoderError(
            f"{folder} holds a trained {config['family']}",
            expected=f"a trained {family} is needed",
            remedy=f"write {config['family']}:{folder}",
        )
    if not (folder / MODEL).is_file():
        raise _missing(folder, MODEL)
    try:
        tensors = load_file(folder / MODEL)
        network = network_of(family, config["shape"])
        network.load_state_dict(_below(tensors, "network."))
        head = Head(tuple(config["class_names"]), tensors["head.weight"].numpy(), tensors["head.bias"].numpy())
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise EncoderError(
            f"the weights in {folder} do not fit its {CONFIG} ({error})",
            expected="a folder as `mmdemo tune` makes it",
            remedy="train the encoder again",
        ) from error
    return TrainedModel(family, config["shape"], network.eval(), head, sha256_of(folder / MODEL), config["about"])


def read_config(folder: Path) -> dict[str, Any]:
    """What config.json says; loads no weights.

    Raises:
        WeightError: There is none.
        EncoderError: It is damaged, or of a newer format.
    """
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise _missing(folder, CONFIG) from error
    except (OSError, ValueError) as error:
        raise EncoderError(
            f"{folder / CONFIG} cannot be read ({error})",
            expected="a JSON object as `mmdemo tune` writes it",
            remedy="train the encoder again",
        ) from error
    known = {"format", "family", "shape", "class_names", "about"}
    if not isinstance(config, dict) or not known <= config.keys() or config["format"] != FORMAT:
        raise EncoderError(
            f"{folder / CONFIG} describes no encoder that was trained here",
            expected=f"{', '.join(sorted(known))}, format being {FORMAT}",
            remedy="choose a folder that `mmdemo tune` of this release made",
        )
    return config


def no_classes(width: int) -> Head:
    """The head of an encoder without classes, features being `width` wide."""
    return Head((), np.zeros((0, width), np.float32), np.zeros(0, np.float32))


def _below(tensors: "Mapping[str, Tensor]", prefix: str) -> "dict[str, Tensor]":
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _missing(folder: Path, name: str) -> WeightError:
    return WeightError(
        f"{folder / name} is missing",
        expected=f"a folder with {CONFIG} and {MODEL}, as `mmdemo tune` makes it, is needed",
        remedy="train an encoder with `mmdemo tune`, or choose another folder; the encoders that come with mmdemo work "
        "without it",
    )
