"""Reading tensors from checkpoints of unknown origin: nothing but tensors, and only those that are needed."""

import pickle
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from mmdemo.errors import WeightError

_DAMAGED = (
    SafetensorError,
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    AttributeError,
    TypeError,
)


def read_tensors(path: Path, rename: Callable[[str], str]) -> dict[str, Tensor]:
    """The tensors of a checkpoint that `rename` gives a name; others are not even read from the disk.

    Args:
        path: A safetensors file, or a PyTorch file, of which only tensors are accepted.
        rename: From a tensor's name in the file to the one that is wanted; empty for tensors to leave.

    Raises:
        WeightError: The file is damaged, or holds more than tensors.
    """
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, framework="pt") as stored:
                names = _wanted(list(stored.keys()), rename)
                return {new: stored.get_tensor(old) for old, new in names.items()}
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        found = found.get("state_dict", found)
        return {new: found[old] for old, new in _wanted(list(found), rename).items()}
    except _DAMAGED as error:
        raise WeightError(
            f"{path} is not a readable file of tensors ({type(error).__name__}: {' '.join(str(error).split())[:200]})",
            expected="a safetensors file, or a PyTorch file with nothing but tensors, is needed",
            remedy="fetch or copy it again; a damaged file in the cache can be deleted",
        ) from error


def _wanted(names: list[str], rename: Callable[[str], str]) -> dict[str, str]:
    """New names of the tensors to take; "module." is left by training on several devices."""
    renamed = {name: rename(name.removeprefix("module.")) for name in names}
    return {old: new for old, new in renamed.items() if new}
