"""Fitted models as bytes and back: no pickle, nothing that can run."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mmdemo.errors import InteractionsError
from mmdemo.recommend.behaviour.base import BehaviourModel, Settings
from mmdemo.recommend.behaviour.table import find, options_of

FORMAT = "1"
_ABOUT = "about"
_ITEMS = "item ids"


def model_to_bytes(model: BehaviourModel) -> bytes:
    """A safetensors file: the arrays, the item ids, and in its metadata the model's name and options."""
    from safetensors.numpy import save

    ids = np.frombuffer(json.dumps(model.item_ids).encode(), np.uint8)
    arrays = {f"model/{name}": np.ascontiguousarray(array) for name, array in model.arrays().items()}
    about = {"format": FORMAT, "model": model.name, "options": dict(model.settings.options)}
    return save({_ITEMS: ids, **arrays}, metadata={_ABOUT: json.dumps(about)})


def model_from_bytes(data: bytes) -> BehaviourModel:
    """The model that `model_to_bytes` was given.

    Raises:
        InteractionsError: The bytes are damaged, or of another format.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        about, arrays = _metadata(data), load(data)
        if about["format"] != FORMAT:
            raise _damaged(f"a model of format {about['format']}")
        return _rebuilt(about, arrays)
    except (SafetensorError, ValueError, KeyError, TypeError, IndexError, RuntimeError) as error:
        raise _damaged(f"a file of {len(data)} bytes that is no model") from error


def _rebuilt(about: Mapping[str, Any], arrays: Mapping[str, npt.NDArray]) -> BehaviourModel:
    item_ids = tuple(json.loads(arrays[_ITEMS].tobytes()))
    own = {name.removeprefix("model/"): array for name, array in arrays.items() if name.startswith("model/")}
    settings = Settings(item_ids, options_of(about["model"], about["options"]))
    return find(about["model"]).load().from_arrays(own, settings)


def _metadata(data: bytes) -> dict[str, Any]:
    """What stands beside the arrays: the file starts with the length of its header, then the header as JSON."""
    length = int.from_bytes(data[:8], "little")
    return json.loads(json.loads(data[8 : 8 + length])["__metadata__"][_ABOUT])


def _damaged(given: str) -> InteractionsError:
    return InteractionsError(given, expected=f"a model of format {FORMAT} is needed", remedy="fit it again")
