"""Where a timm model comes from: its name, a hub repository, or a folder that timm's save_for_hf filled."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmdemo.encoders.description import read_description
from mmdemo.errors import EncoderError
from mmdemo.progress import Progress
from mmdemo.weights.hub import hub_connects, is_in_cache, locate

_CONFIG = "config.json"
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True, slots=True)
class TimmFiles:
    """A timm model on this machine.

    Args:
        source: What the user named, for error messages.
        config: As timm writes it: architecture, num_classes, pretrained_cfg and more.
        weights: The file with its numbers.
        key: Changes whenever weights or configuration do.
    """

    source: str
    config: Mapping[str, Any]
    weights: Path
    key: str


def find_timm(source: str, *, family: str, meanwhile: str, progress: Progress) -> TimmFiles:
    """Have a model's files on this machine.

    Args:
        source: Name of a timm model, a hub repository, or a folder.
        family: For error messages, as `locate`.
        meanwhile: For error messages, as `locate`.
        progress: Told what is being fetched.

    Raises:
        WeightError: As `locate`.
        EncoderError: timm knows no such model, or the configuration is none of timm's.
    """
    words: dict[str, Any] = {"progress": progress, "family": family, "meanwhile": meanwhile}
    repository = source if "/" in source or Path(source).expanduser().is_dir() else _repository(source, words)
    located = locate(repository, (_CONFIG,), weights=_WEIGHTS, **words)
    path = located.folder / _CONFIG
    config = read_description(path, _checked, kind="a timm model", needed="architecture and pretrained_cfg are")
    key = f"1/{located.sha256[:16]}/{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
    return TimmFiles(source, config, located.folder / located.weights, key)


def _checked(config: Any) -> dict[str, Any]:
    if not isinstance(config["architecture"], str) or not isinstance(config.get("pretrained_cfg", {}), dict):
        raise TypeError("architecture must be a name and pretrained_cfg an object")
    return config


def _repository(name: str, words: dict[str, Any]) -> str:
    """The hub repository of a timm model by name; a name without a tag means timm's default weights.

    Raises:
        WeightError: Out of reach; asked before timm is imported, which takes seconds.
        EncoderError: timm has no such model, or no weights for it.
    """
    if "." in name:
        return f"timm/{name}"
    if not any(map(is_in_cache, _WEIGHTS)) and not hub_connects():
        locate(f"timm/{name}", (_CONFIG,), weights=_WEIGHTS, **words)
    import timm

    known = timm.get_pretrained_cfg(name) if timm.is_model(name) else None
    tag = known.tag if known is not None else ""
    if not tag:
        raise EncoderError(
            f"timm {timm.__version__} has no weights for '{name}'",
            expected="the name of a timm model with weights, such as resnet50 or resnet50.a1_in1k, is needed",
            remedy="look one up with timm.list_pretrained(), or name a folder",
        )
    return f"timm/{name}.{tag}"
