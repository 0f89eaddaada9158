"""Fusions, and what was learned beside them, as bytes and back."""

import json
from typing import Any

from torch import nn

from mmdemo.errors import FusionError
from mmdemo.fusion.base import Fusion
from mmdemo.fusion.batch import FusionShape
from mmdemo.fusion.table import build

FORMAT = "1"
_ABOUT = "about"


def fusion_to_bytes(fusion: Fusion) -> bytes:
    """A safetensors file: the weights, and in its metadata what `build` needs; the same bytes for the same fusion."""
    from safetensors.torch import save

    about = {
        "format": FORMAT,
        "fusion": fusion.name,
        "shape": fusion.shape.as_json(),
        "options": fusion.options,
    }
    # One entry: safetensors writes several in any order.
    return save(_weights(fusion), metadata={_ABOUT: json.dumps(about)})


def objective_to_bytes(objective: nn.Module) -> bytes:
    """What an objective learned, as a safetensors file."""
    from safetensors.torch import save

    return save(_weights(objective))


def load_objective(objective: nn.Module, data: bytes) -> None:
    """Give an objective what `objective_to_bytes` kept of one with the same settings and data.

    Raises:
        FusionError: The bytes are damaged, or of another objective.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        objective.load_state_dict(load(data))
    except (SafetensorError, RuntimeError) as error:
        raise _damaged(f"a file of {len(data)} bytes that is not of this objective") from error


def fusion_from_bytes(data: bytes) -> Fusion:
    """The fusion that `fusion_to_bytes` was given, on the CPU, in evaluation mode.

    Raises:
        FusionError: The bytes are damaged, or of another format.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        about = _metadata(data)
        weights = load(data)
        shape, options = FusionShape.from_json(about["shape"]), about["options"]
        known = about["format"] == FORMAT
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise _damaged(f"a file of {len(data)} bytes that is no fusion") from error
    if not known:
        raise _damaged(f"a fusion of format {about['format']}")
    fusion = build(about["fusion"], shape, options)
    try:
        fusion.load_state_dict(weights)
    except RuntimeError as error:
        raise _damaged(f"a {about['fusion']} fusion whose weights are not of its shape") from error
    return fusion.eval()


def _weights(module: nn.Module) -> dict[str, Any]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}


def _metadata(data: bytes) -> dict[str, Any]:
    """What stands beside the tensors: the file starts with the length of its header, then the header as JSON."""
    length = int.from_bytes(data[:8], "little")
    return json.loads(json.loads(data[8 : 8 + length])["__metadata__"][_ABOUT])


def _damaged(given: str) -> FusionError:
    return FusionError(given, expected=f"what a run of format {FORMAT} kept is needed", remedy="train it again")
