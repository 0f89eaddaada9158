"""Reading models in Hugging Face's format: quietly, from local files only, and with plain errors."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmdemo.errors import CancelledError, EncoderError, MmdemoError
from mmdemo.weights.files import sha256_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""Names of the weights file, the safer format first; the second is read as numbers only (`weights_only`)."""

TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model")
"""Files of which one tells how to cut a text into tokens."""

MARK_FILES = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
"""Files that tell its marks and limits."""

TOKENIZER_FILES = (*TOKENIZERS, "merges.txt", *MARK_FILES)


@contextmanager
def reading(source: str, *, kind: str) -> Iterator[None]:
    """Run the library on somebody's files: without its reports, and so that nothing but our errors leaves it.

    Args:
        source: Where they lie, for the message.
        kind: What they should hold, for the message ("a CLAP model").

    Raises:
        EncoderError: The library failed in any way.
    """
    from transformers import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # it lists every weight of the tower that is left out
    logging.disable_progress_bar()
    try:
        yield
    except (MmdemoError, CancelledError):
        raise
    except Exception as error:  # files from outside: the library raises whatever it stumbles over
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise EncoderError(
            f"{source} cannot be read as {kind} ({reason})",
            expected="a complete and undamaged model in Hugging Face's format is needed",
            remedy="fetch it again, or name another",
        ) from error
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        EncoderError: It is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError(
            f"{path} cannot be read ({error})",
            expected="a file in JSON is needed",
            remedy="fetch the model again, or name another",
        ) from error


def check_complete(lacking: Sequence[str], *, source: str, kind: str) -> None:
    """Refuse a checkpoint whose network would be left with random numbers.

    Args:
        lacking: Names of the parameters that it does not hold.
        source: Where it lies.
        kind: What it should hold.

    Raises:
        EncoderError: There are some.
    """
    if lacking:
        raise EncoderError(
            f"the weights in {source} lack {len(lacking)} tensors of {kind}, {sorted(lacking)[0]} among them",
            expected="a checkpoint of this very architecture is needed",
            remedy="fetch it again, or choose the family of encoders that it belongs to",
        )


def digest(folder: Path, names: Sequence[str], *, weights_sha256: str) -> str:
    """Hex SHA-256 of everything that makes the vectors: the weights, and the small files of `names` that exist."""
    parts = [weights_sha256, *(f"{name}={sha256_of(folder / name)}" for name in names if (folder / name).is_file())]
    return sha256("\n".join(parts).encode()).hexdigest()


@contextmanager
def eager_attention(network: "PreTrainedModel", *, wanted: bool) -> Iterator[None]:
    """Let a network write its attention out for the time of one call; fused attention never holds it.

    Versions of the library without the switch write it out by themselves when they are asked for it.
    """
    before = network.config._attn_implementation
    if not wanted or before in ("eager", None) or not hasattr(network, "set_attn_implementation"):
        yield
        return
    network.set_attn_implementation("eager")
    try:
        yield
    finally:
        network.set_attn_implementation(before)
