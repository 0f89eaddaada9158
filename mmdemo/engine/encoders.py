"""Use cases around encoders: which there are, what changing to others costs, and the change itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mmdemo.encoders import ENCODERS, EncoderSpec, complete, find
from mmdemo.encoders.choice import Choice, split
from mmdemo.engine.encoder_files import Files, files_of, is_path
from mmdemo.engine.library import encoders_in_use, reindex
from mmdemo.engine.running import loaded_keys, pace
from mmdemo.errors import EncoderError
from mmdemo.indexing.plan import plan, videos_apart
from mmdemo.progress import Progress, silent
from mmdemo.store import Workspace
from mmdemo.types import Modality


@dataclass(frozen=True, slots=True)
class Family:
    """One entry of the table of encoders, as it can be chosen here and now.

    Args:
        spec: The entry.
        files: Where its files are, with its own source.
    """

    spec: EncoderSpec
    files: Files


@dataclass(frozen=True, slots=True)
class EncoderChoices:
    """What can be chosen for one modality.

    Args:
        in_use: Full name of the encoder of the version in use; of the default where there is no version.
        parts: The encoders that this name joins.
        families: Every entry for the modality, in the table's order.
    """

    in_use: str
    parts: tuple[Choice, ...]
    families: tuple[Family, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What encoding a catalogue with some encoders takes.

    Args:
        pieces: Different texts, pictures and sounds in the catalogue.
        known: How many of them these encoders have encoded before; they are not encoded again.
        seconds: How long the others take at the pace measured so far; None where that is not known.
        surely: False where an encoder has yet to be loaded before it can be told what it has encoded: `known` may
            then be more.
    """

    pieces: int
    known: int
    seconds: float | None
    surely: bool

    @property
    def to_encode(self) -> int:
        """Pieces that are not known yet."""
        return self.pieces - self.known


def encoder_choices(path: Path | str) -> dict[Modality, EncoderChoices]:
    """What can be chosen for each modality, and what is in use; loads nothing, asks no network.

    Args:
        path: The workspace.

    Raises:
        WorkspaceError: The workspace is damaged.
    """
    in_use = encoders_in_use(Workspace(path))
    return {
        modality: EncoderChoices(
            in_use=in_use[modality],
            parts=split(in_use[modality], families=ENCODERS),
            families=tuple(
                Family(spec, files_of(spec.name, modality)) for spec in ENCODERS.values() if spec.modality is modality
            ),
        )
        for modality in Modality
    }


def check_encoder(name: str, modality: Modality) -> EncoderSpec:
    """What a name stands for, refused at once where it cannot be: unknown, incomplete, twice the same, no such folder.

    Args:
        name: As the user wrote it.
        modality: What it has to take.

    Raises:
        EncoderError: As `mmdemo.encoders.find`, or an encoder joined with itself, or a path where nothing is.
    """
    spec = find(name, modality=modality)
    choices = split(spec.name, families=ENCODERS)
    if len(set(choices)) < len(choices):
        raise EncoderError(
            f"'{name}' joins an encoder with itself",
            expected="each can be joined once: a second time it adds nothing",
            remedy="remove one of the two, or choose another",
        )
    for choice in choices:
        if is_path(choice.source) and not Path(choice.source).expanduser().exists():
            raise EncoderError(
                f"there is nothing at {choice.source}",
                expected=f"{choice.family} takes a {ENCODERS[choice.family].source}",
                remedy="mend the path, or leave it empty where the family has a source of its own",
            )
    return spec


def what_it_costs(path: Path | str, encoders: Mapping[Modality, str]) -> Cost:
    """What indexing the catalogue with these encoders takes; counts what is known, loads no encoder.

    Args:
        path: The workspace.
        encoders: Names by modality; the others stay those of the version in use.

    Raises:
        EncoderError: No such encoder.
        WorkspaceError: There is no catalogue, or the workspace is damaged.
    """
    workspace = Workspace(path)
    names = complete(encoders, base=encoders_in_use(workspace))
    keys = _known_keys(workspace)
    pieces = known = 0
    seconds: float | None = 0.0
    surely = True
    for modality, contents in _contents(workspace.path, workspace.current_catalog_id(), videos_apart(names)).items():
        name = names[modality]
        pieces += len(contents)
        found = workspace.cache.count(keys[name], contents) if name in keys else 0
        surely = surely and name in keys
        known += found
        if found < len(contents):
            rate = pace(name)
            seconds = None if rate is None or seconds is None else seconds + (len(contents) - found) / rate
    return Cost(pieces, known, seconds, surely)


def change_encoders(
    path: Path | str,
    encoders: Mapping[Modality, str],
    *,
    alignment: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> str:
    """Index the workspace with other encoders; see `reindex`, which this refuses early what cannot be.

    Args:
        path: The workspace.
        encoders: Names by modality; the others stay those of the version in use.
        alignment: Name of the method that makes the shared space; None keeps that of the version in use.
        seed: For folds and samples.
        progress: Told how far it is; may cancel.

    Returns:
        The new version's id.

    Raises:
        EncoderError: As `check_encoder`.
        WeightError: An encoder's weights are neither here nor within reach.
        WorkspaceError: There is no catalogue, another process is writing, or the disk is full.
    """
    checked = {modality: check_encoder(name, modality).name for modality, name in encoders.items()}
    return reindex(path, encoders=checked, alignment=alignment, seed=seed, progress=progress)


@lru_cache(maxsize=4)
def _contents(path: Path, catalog_id: str | None, apart: bool) -> Mapping[Modality, tuple[str, ...]]:
    """Keys of the different contents of a catalogue, by the modality whose encoder takes them."""
    workspace = Workspace(path)
    found: dict[Modality, dict[str, None]] = {}
    for modality, pieces in plan(workspace, workspace.read_catalog(catalog_id).items, videos_apart=apart).items():
        for piece in pieces:
            found.setdefault(Modality.VIDEO if piece.from_video else modality, {})[piece.key] = None
    return {modality: tuple(keys) for modality, keys in found.items()}


def _known_keys(workspace: Workspace) -> dict[str, str]:
    """Keys of encoders by name, as the workspace's versions and this process have met them."""
    from_versions = [workspace.manifest(version).encoders.values() for version in workspace.versions()]
    return {ref.name: ref.key for refs in from_versions for ref in refs} | loaded_keys()
