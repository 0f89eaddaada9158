"""Where an OpenCLIP model comes from: a tag of open_clip's own list, a hub repository, or a folder."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmdemo.encoders.description import read_description
from mmdemo.progress import Progress
from mmdemo.weights.files import sha256_of
from mmdemo.weights.hub import hub_connects, is_in_cache, locate

OPENCLIP_DEFAULT = "ViT-B-32/laion2b_s34b_b79k"
_DEFAULT_REPOSITORY = "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"
_CONFIG = "open_clip_config.json"
_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
_TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
)


@dataclass(frozen=True, slots=True)
class OpenClipFiles:
    """An OpenCLIP model on this machine.

    Args:
        source: What the user named, for error messages.
        model: Its architecture, as open_clip's model configs are written.
        preprocessing: Its picture preprocessing, as open_clip's preprocess configs are written.
        weights: The file with its numbers.
        key: Changes whenever weights, architecture, preprocessing or tokenizer do.
    """

    source: str
    model: Mapping[str, Any]
    preprocessing: Mapping[str, Any]
    weights: Path
    key: str


def find_openclip(source: str, *, family: str, meanwhile: str, progress: Progress) -> OpenClipFiles:
    """Have a model's files on this machine.

    Args:
        source: MODEL/TAG of open_clip's list, a hub repository, or a folder.
        family: For error messages, as `locate`.
        meanwhile: For error messages, as `locate`.
        progress: Told what is being fetched.

    Raises:
        WeightError: As `locate`.
        EncoderError: The configuration is none of open_clip's.
    """
    words: dict[str, Any] = {"progress": progress, "family": family, "meanwhile": meanwhile}
    settings = None if Path(source).expanduser().is_dir() else _by_tag(source, words)
    if settings is None:
        located = locate(source, (_CONFIG,), weights=_WEIGHTS, **words)
        settings = _read_config(located.folder / _CONFIG)
        repository = source
    else:
        repository, weights = settings.pop("repository"), settings.pop("weights")
        located = locate(repository, (), weights=weights, **words)
    model = settings["model_cfg"]
    digest = hashlib.sha256(json.dumps([model, settings["preprocess_cfg"]], sort_keys=True).encode())
    if model["text_cfg"].get("hf_tokenizer_name"):
        if not Path(repository).expanduser().is_dir():
            locate(repository, (), optional=_TOKENIZER, weights=(located.weights,), **words)
        for name in _TOKENIZER:
            if (located.folder / name).is_file():
                digest.update(sha256_of(located.folder / name).encode())
    key = f"1/{located.sha256[:16]}/{digest.hexdigest()[:8]}"
    return OpenClipFiles(source, model, settings["preprocess_cfg"], located.folder / located.weights, key)


def _by_tag(source: str, words: dict[str, Any]) -> dict[str, Any] | None:
    """Repository and configuration of MODEL/TAG; None for what open_clip does not list.

    Raises:
        WeightError: Out of reach; asked before open_clip is imported, which takes seconds.
    """
    if source == OPENCLIP_DEFAULT:
        locate(_DEFAULT_REPOSITORY, (_CONFIG,), weights=_WEIGHTS, **words)
    elif not any(map(is_in_cache, _WEIGHTS)) and not hub_connects():
        locate(source, (_CONFIG,), weights=_WEIGHTS, **words)
    import open_clip

    model, _, tag = source.partition("/")
    known = open_clip.get_pretrained_cfg(model, tag)
    if not known:
        return None
    owner, name, *path = known.get("hf_hub", "").rstrip("/").split("/")
    configuration = open_clip.get_model_config(model)
    assert configuration is not None  # it is in the same list
    if known.get("quick_gelu"):  # with the other activation, which open_clip only warns of, features are worse
        configuration["quick_gelu"] = True
    preprocessing = {key: known[key] for key in ("mean", "std", "interpolation", "resize_mode") if key in known}
    return {
        "repository": f"{owner}/{name}",
        "weights": ("/".join(path),) if path else _WEIGHTS,
        "model_cfg": configuration,
        "preprocess_cfg": preprocessing,
    }


def _read_config(path: Path) -> dict[str, Any]:
    return read_description(
        path, _checked, kind="an OpenCLIP model", needed="a model_cfg with vision_cfg and text_cfg is"
    )


def _checked(settings: Any) -> dict[str, Any]:
    model = settings["model_cfg"]
    if not all(isinstance(model[part], dict) for part in ("vision_cfg", "text_cfg")):
        raise TypeError("vision_cfg and text_cfg must be objects")
    return {"model_cfg": model, "preprocess_cfg": dict(settings.get("preprocess_cfg") or {})}
