"""Having the files of a Hugging Face text model on this machine, weights in several pieces included."""

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from mmdemo.encoders.hf_files import WEIGHTS, read_json
from mmdemo.errors import EncoderError
from mmdemo.progress import Progress
from mmdemo.weights.hub import locate

_INDEX = "model.safetensors.index.json"
_PIECE = re.compile(r"[\w-][\w.-]*\.safetensors")


def locate_weights(source: str, optional: Sequence[str], *, family: str, progress: Progress) -> tuple[Path, str]:
    """The folder with config.json, the weights and what exists of `optional`, and the digest of the weights.

    Args:
        source: A folder or a repository.
        optional: Names of files that a model may have.
        family: Name of the encoder's entry, for messages.
        progress: Told the bytes fetched; may cancel.

    Raises:
        WeightError: A file is missing and cannot be fetched.
        EncoderError: The list of pieces cannot be read.
    """
    safe, plain = WEIGHTS
    names = (safe, _INDEX, plain)
    found = locate(
        source,
        ["config.json"],
        optional=optional,
        weights=names,
        progress=progress,
        family=family,
        meanwhile="minilm",
    )
    if found.weights != _INDEX:
        return found.folder, found.sha256
    pieces = _pieces(found.folder / _INDEX)
    digests = [locate(source, [name], progress=progress, family=family, meanwhile="minilm").sha256 for name in pieces]
    return found.folder, sha256("".join(digests).encode()).hexdigest()


def _pieces(index: Path) -> list[str]:
    """Names of the files that hold the weights, as their index lists them."""
    record = read_json(index)
    listed = record.get("weight_map") if isinstance(record, dict) else None
    names = sorted({str(name) for name in listed.values()}) if isinstance(listed, dict) else []
    if not names or not all(_PIECE.fullmatch(name) for name in names):
        raise EncoderError(
            f"{index} lists no pieces of weights",
            expected="the index that Hugging Face writes beside weights in several files is needed",
            remedy="fetch the model again",
        )
    return names
