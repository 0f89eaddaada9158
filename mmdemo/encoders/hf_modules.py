"""What comes after the Transformer, as the files of sentence-transformers declare it: pooling, dense layers, scaling.

Reimers and Gurevych 2019, "Sentence-BERT", section 3. Without such files the mean of the token states is taken.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

from mmdemo.encoders.hf_files import read_json
from mmdemo.errors import EncoderError
from mmdemo.progress import Progress
from mmdemo.weights.hub import locate

Pooling: TypeAlias = Literal["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]
"""Names as sentence-transformers writes them; several are put side by side in this order."""

_FLAGS: dict[str, Pooling] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
ACTIVATIONS = ("Identity", "Tanh", "ReLU", "GELU", "Sigmoid", "SiLU")
_PATH = re.compile(r"[\w-]+")
_DENSE_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True, slots=True)
class Dense:
    """A linear layer after the pooling.

    Args:
        weights: File with "linear.weight" and, where it has one, "linear.bias".
        activation: One of `ACTIVATIONS`.
        sha256: Digest of the file.
    """

    weights: Path
    activation: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Modules:
    """What is done with the token states.

    Args:
        poolings: At least one.
        after: Dense layers and "normalize", in order.
        files: Names of the files that say so, for the cache key.
    """

    poolings: tuple[Pooling, ...] = ("mean",)
    after: tuple[Dense | Literal["normalize"], ...] = ()
    files: tuple[str, ...] = ()


def read_modules(source: str, folder: Path, *, progress: Progress) -> Modules:
    """What modules.json declares; the mean alone where there is none.

    Args:
        source: The model, for what must still be fetched.
        folder: Where its files lie.
        progress: Told about that.

    Raises:
        EncoderError: It declares something else than a Transformer, pooling, dense layers and scaling.
        WeightError: A file that it names is missing.
    """
    if not (folder / "modules.json").is_file():
        return Modules()
    poolings: tuple[Pooling, ...] = ("mean",)
    after: list[Dense | Literal["normalize"]] = []
    files = ["modules.json"]
    for kind, path in _declared(folder / "modules.json"):
        if kind == "Pooling":
            locate(source, [f"{path}/config.json"], progress=progress, family="hf-text")
            files.append(f"{path}/config.json")
            poolings = _poolings(read_json(folder / path / "config.json"), folder)
        elif kind == "Dense":
            files.append(f"{path}/config.json")
            after.append(_dense(source, path, progress))
        elif kind == "Normalize":
            after.append("normalize")
    return Modules(poolings, tuple(after), tuple(files))


def _declared(path: Path) -> list[tuple[str, str]]:
    """Kind and folder of each module; a Transformer below a folder of its own is an old layout that nobody writes."""
    try:
        found = [(str(entry["type"]).rpartition(".")[2], str(entry["path"])) for entry in read_json(path)]
    except (TypeError, KeyError) as error:
        raise _undeclared(path, "a list of modules") from error
    for number, (kind, folder) in enumerate(found):
        known = ("Transformer",) if number == 0 else ("Pooling", "Dense", "Normalize", "Dropout")
        if kind not in known or (number == 0 and folder) or (number and not _PATH.fullmatch(folder)):
            raise _undeclared(path, f"{kind} in '{folder}' as module {number + 1}")
    return found


def _undeclared(path: Path, what: str) -> EncoderError:
    return EncoderError(
        f"{path} declares {what}",
        expected="a Transformer in the folder itself, then Pooling, Dense, Normalize or Dropout below it, can be run",
        remedy="choose another model, or remove modules.json to take the mean of the token states",
    )


def _poolings(config: Any, folder: Path) -> tuple[Pooling, ...]:
    """The poolings of 1_Pooling/config.json: one flag each, or in newer files their names."""
    chosen: list[str] = []
    if isinstance(config, Mapping):
        named = config.get("pooling_mode")
        chosen = [named] if isinstance(named, str) else list(named or ())
        chosen = chosen or [name for flag, name in _FLAGS.items() if config.get(flag) is True]
    if not chosen or not set(chosen) <= set(get_args(Pooling)):
        raise EncoderError(
            f"the pooling that {folder} declares is {', '.join(map(str, chosen)) or 'none'}",
            expected=f"one or more of {', '.join(get_args(Pooling))} can be run",
            remedy="choose another model, or remove modules.json to take the mean of the token states",
        )
    return tuple(cast("Pooling", name) for name in get_args(Pooling) if name in chosen)


def _dense(source: str, path: str, progress: Progress) -> Dense:
    names = [f"{path}/{name}" for name in _DENSE_WEIGHTS]
    found = locate(source, [f"{path}/config.json"], weights=names, progress=progress, family="hf-text")
    config = read_json(found.folder / path / "config.json")
    stated = str(config.get("activation_function", "Tanh")) if isinstance(config, Mapping) else ""
    activation = stated.rpartition(".")[2]
    if activation not in ACTIVATIONS:
        raise EncoderError(
            f"{path} in {source} has the activation '{stated}'",
            expected=f"one of {', '.join(ACTIVATIONS)} can be run",
            remedy="choose another model",
        )
    return Dense(found.folder / found.weights, activation, found.sha256)
