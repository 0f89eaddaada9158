"""Having a CLAP model's files, and reading one tower of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mmdemo.encoders.hf_files import WEIGHTS, check_complete, digest, reading
from mmdemo.errors import EncoderError
from mmdemo.progress import Progress
from mmdemo.weights.hub import locate

CLAP_DEFAULT = "laion/clap-htsat-unfused"
_KIND = "a CLAP model"
_COUNTED = ("position_ids", "token_type_ids", "relative_position_index", "num_batches_tracked")
"""Ends of the names of counters, which follow from the sizes alone; some versions of the library do not store them."""


@dataclass(frozen=True, slots=True)
class ClapFiles:
    """A CLAP model on this machine.

    Args:
        folder: Holds config.json, the weights and a tower's files.
        sha256: Digest of everything that makes the tower's vectors.
    """

    folder: Path
    sha256: str


def locate_clap(
    source: str,
    *,
    files: Sequence[str] = (),
    optional: Sequence[str] = (),
    family: str,
    meanwhile: str,
    progress: Progress,
) -> ClapFiles:
    """Have the files of one tower, fetched first where need be.

    Args:
        source: A folder or a repository of the hub.
        files: Names that this tower needs besides config.json.
        optional: Names that it takes where they exist.
        family: Name of the encoder's entry, for messages.
        meanwhile: What works without these files, for messages.
        progress: Told the bytes fetched; may cancel.

    Raises:
        WeightError: A file is missing and cannot be fetched.
    """
    needed = ["config.json", *files]
    found = locate(
        source,
        needed,
        optional=optional,
        weights=WEIGHTS,
        progress=progress,
        family=family,
        meanwhile=meanwhile,
    )
    return ClapFiles(found.folder, digest(found.folder, [*needed, *optional], weights_sha256=found.sha256))


def read_tower(folder: Path, tower: Literal["text", "audio"]) -> Any:
    """One tower with its projection, in single precision; the other is not read.

    Raises:
        EncoderError: The folder holds another model, or a damaged or incomplete one.
    """
    with reading(str(folder), kind=_KIND):
        from transformers import AutoConfig, ClapAudioModelWithProjection, ClapTextModelWithProjection

        config: Any = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        if config.model_type != "clap":
            raise EncoderError(
                f"{folder} holds a model of the type '{config.model_type}'",
                expected=f"{_KIND} (type 'clap') is needed",
                remedy=f"choose another folder, {CLAP_DEFAULT}, or the family of encoders that it belongs to",
            )
        architecture: Any = ClapTextModelWithProjection if tower == "text" else ClapAudioModelWithProjection
        network, report = architecture.from_pretrained(
            folder,
            config=config.text_config if tower == "text" else config.audio_config,
            local_files_only=True,
            weights_only=True,
            output_loading_info=True,
        )
        lacking = [name for name in report["missing_keys"] if not name.endswith(_COUNTED)]
        check_complete(lacking, source=str(folder), kind=_KIND)
        return network.float().eval()
