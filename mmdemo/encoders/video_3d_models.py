"""From the source of a `video-3d` encoder to torchvision's network with its weights."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmdemo.errors import EncoderError, WeightError
from mmdemo.progress import Progress
from mmdemo.types import FloatArray
from mmdemo.weights.published import check_published, fetch_published, published_path

if TYPE_CHECKING:
    from torch import Tensor, nn

MODELS: Mapping[str, str] = {
    "r3d_18": "r3d_18-b3b3357e.pth",
    "mc3_18": "mc3_18-a90a0ba3.pth",
    "r2plus1d_18": "r2plus1d_18-91a641e6.pth",
    "swin3d_t": "swin3d_t-7615ae03.pth",
    "swin3d_s": "swin3d_s-da41c237.pth",
    "swin3d_b": "swin3d_b_1k-24f7c7c6.pth",
    "mvit_v1_b": "mvit_v1_b-dbeb1030.pth",
    "mvit_v2_s": "mvit_v2_s-ae3be167.pth",
}
"""The library's names, and the files of their Kinetics-400 weights; kept here so that naming one loads no torch."""
_SERVER = "https://download.pytorch.org/models/"
_WEIGHTS = ("*.safetensors", "*.pth", "*.pt")


@dataclass(frozen=True, slots=True)
class Clip:
    """What a network takes.

    Args:
        frames: In one clip.
        resize: Height and width in pixels, or the shorter side alone.
        crop: Height and width of the middle that is kept.
        mean: Of red, green and blue from 0 to 1, which is subtracted.
        std: By which they are then divided.
    """

    frames: int
    resize: tuple[int, ...]
    crop: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Model3d:
    """A network without its last layer, and that layer.

    Args:
        network: Clips (B, 3, T, H, W) to features (B, D); in evaluation mode.
        clip: What it takes.
        class_names: (C,); empty where nobody says what the last layer's outputs mean.
        head_weight: (C, D) float32.
        head_bias: (C,) float32.
        sha256: Digest of the weights file.
    """

    network: "nn.Module"
    clip: Clip
    class_names: tuple[str, ...]
    head_weight: FloatArray
    head_bias: FloatArray
    sha256: str


def find_model(source: str, *, progress: Progress) -> Model3d:
    """The model that a source names.

    Args:
        source: A torchvision model ("r3d_18"), whose published weights are fetched; MODEL=PATH with a weights file or
            its folder; a weights file under its published name; or a folder with a weights file and a config.json that
            gives "model" and may give "class_names" and the fields of `Clip`.
        progress: Told about the download.

    Raises:
        EncoderError: No such model, or the weights do not fit it.
        WeightError: The weights are neither here nor within reach.
    """
    name, _, given = source.partition("=")
    if name not in MODELS:
        name, given = "", source
    path = Path(given).expanduser()
    if not given:
        path = _fetch(name, progress)
    config: Mapping[str, Any] = {}
    if path.is_dir():
        config = _config(path)
        path = _only_weights(path)
    name = name or str(config.get("model", "")) or _published_model(path.name)
    if name not in MODELS:
        raise EncoderError(
            f"'{source}' names none of torchvision's video models",
            expected=f"one of {', '.join(MODELS)}, alone or before =PATH, or a file or folder that says which it is",
            remedy=f"write video-3d:r3d_18={given}, or whichever it was trained as",
        )
    return _assemble(name, path, config)


def is_here(source: str) -> bool:
    """Whether a source can be had without the network; loads nothing heavy."""
    name, _, given = source.partition("=")
    if name in MODELS and not given:
        return published_path(MODELS[name]).is_file()
    return Path(given if name in MODELS else source).expanduser().exists()


def _fetch(name: str, progress: Progress) -> Path:
    file = MODELS[name]
    instead = (
        f"go online, or put the file anywhere and choose video-3d:/path/to/{file}; meanwhile video-frames can be used"
    )
    return fetch_published(_SERVER + file, instead=instead, progress=progress)


def _weights(name: str) -> Any:
    """The entry for a model's published weights."""
    from torchvision.models import get_model_weights

    return next(iter(get_model_weights(name)))


def _published_model(file: str) -> str:
    """The model whose weights are published under that file name; empty where there is none."""
    return next((name for name, published in MODELS.items() if published == file), "")


def _config(folder: Path) -> Mapping[str, Any]:
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise EncoderError(
            f"{folder / 'config.json'} cannot be read ({error})",
            expected='a JSON object such as {"model": "r3d_18"}',
            remedy="correct it",
        ) from error
    return found if isinstance(found, dict) else {}


def _only_weights(folder: Path) -> Path:
    for pattern in _WEIGHTS:
        found = sorted(folder.glob(pattern))
        if found:
            return found[0]
    raise WeightError(
        f"{folder} holds no weights",
        expected=f"a file {', '.join(_WEIGHTS)} is needed there",
        remedy="put it there, or name another folder",
    )


def _assemble(name: str, path: Path, config: Mapping[str, Any]) -> Model3d:
    from torch import nn
    from torchvision.models import get_model

    sha256 = check_published(path)
    try:
        tensors = _tensors(path)
        last = "fc" if "fc.weight" in tensors else "head.1" if "head.1.weight" in tensors else "head"
        weight, bias = tensors[f"{last}.weight"].float(), tensors[f"{last}.bias"].float()
        network = get_model(name, num_classes=len(weight))
        network.load_state_dict(tensors)
    except (RuntimeError, KeyError, ValueError, AttributeError) as error:
        raise EncoderError(
            f"the weights in {path} are not of a {name} ({str(error)[:300]})",
            expected="its state dict, as torchvision names the tensors, is needed",
            remedy="name the model that they were trained as: video-3d:MODEL=PATH",
        ) from error
    setattr(network, last.split(".", maxsplit=1)[0], nn.Identity())
    published = _published_model(path.name) == name
    named = config.get("class_names") or (_weights(name).meta["categories"] if published else ())
    names = tuple(str(n) for n in named) if len(named) == len(weight) else ()
    return Model3d(network.eval(), _clip(name, config), names, weight.numpy(), bias.numpy(), sha256)


def _tensors(path: Path) -> "dict[str, Tensor]":
    import pickle

    import torch

    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(path)
        except SafetensorError as error:
            raise ValueError(str(error)) from error
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError("the file holds more than tensors, or is damaged") from error


def _clip(name: str, config: Mapping[str, Any]) -> Clip:
    """As the published weights were trained, with what the folder's config.json says otherwise."""
    usual = _weights(name).transforms()
    clip = Clip(16, tuple(usual.resize_size), tuple(usual.crop_size), tuple(usual.mean), tuple(usual.std))
    given = {field.name: config[field.name] for field in fields(Clip) if field.name in config}
    return replace(clip, **{key: tuple(value) if isinstance(value, list) else value for key, value in given.items()})
