"""Use cases that change a workspace: import a catalogue, index it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mmdemo.align import DEFAULT_METHOD
from mmdemo.align import find as find_alignment
from mmdemo.catalog import ImportReport, import_source, open_source
from mmdemo.catalog.movielens import MovieLens
from mmdemo.encoders import DEFAULTS, complete, find, load
from mmdemo.engine.alignments import version_alignment
from mmdemo.engine.interactions import import_interactions
from mmdemo.errors import InteractionsError
from mmdemo.indexing import index_workspace
from mmdemo.indexing.plan import plan
from mmdemo.progress import Progress, silent
from mmdemo.store import Workspace
from mmdemo.types import Modality

KEPT_VERSIONS = 3


def import_into(
    path: Path | str, source: str, *, add: bool = False, progress: Progress = silent, **options: object
) -> ImportReport:
    """Read a source into the workspace's catalogue; makes the workspace where there is none.

    The version in use goes on serving until the workspace is indexed again. With the films of MovieLens come their
    ratings, in place of the interactions that the workspace had; a note of the report says what became of them.

    Args:
        path: The workspace.
        source: Name of a built-in source, or path of a folder, ZIP, CSV, JSONL or Parquet file.
        add: Keep the present items and add these, rather than replacing them.
        progress: Told how far it is; may cancel.
        options: For the source, such as `n` and `seed` of the generated world.

    Raises:
        CatalogError: The source cannot be read or holds nothing usable.
        WorkspaceError: The folder cannot be written, or another process is writing.
    """
    opened = open_source(source, **options)
    workspace = Workspace(path)
    if not workspace.exists():
        workspace.create(opened.info.title)
    report = import_source(opened, workspace, add=add, progress=progress)
    if isinstance(opened, MovieLens):
        return replace(report, notes=(*report.notes, _import_ratings(path, opened, progress)))
    return report


def reindex(
    path: Path | str,
    *,
    encoders: Mapping[Modality, str] | None = None,
    alignment: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> str:
    """Index the workspace's catalogue into a new version, switch to it, and drop all but the newest few.

    The version in use serves until the new one is complete, and goes on serving where this fails or is cancelled. What
    was encoded by then is kept, so the next run does not do it again.

    Args:
        path: The workspace.
        encoders: Names of encoders by modality, short ones too; the others stay those of the version in use.
        alignment: Name of the method that makes the shared space; None keeps that of the version in use.
        seed: For folds and samples.
        progress: Told how far it is, downloads of weights included; may cancel.

    Returns:
        The new version's id.

    Raises:
        EncoderError: No such encoder.
        SpaceMismatchError: No such alignment.
        WeightError: An encoder's weights are neither here nor within reach.
        CatalogError: The catalogue has nothing that can be encoded.
        WorkspaceError: There is no catalogue, another process is writing, or the disk is full.
    """
    workspace = Workspace(path)
    method = find_alignment(alignment).name if alignment is not None else alignment_in_use(workspace)
    names = complete(encoders or {}, base=encoders_in_use(workspace))
    _load([names[modality] for modality in encoders or {}], progress=progress)  # what is missing is told at once
    _load(_needed(workspace, names), progress=progress)  # before the workspace is locked, so nothing waits for it
    version = index_workspace(workspace, encoders=names, alignment=method, seed=seed, progress=progress)
    workspace.prune(KEPT_VERSIONS)
    return version


def _import_ratings(path: Path | str, films: MovieLens, progress: Progress) -> str:
    """Take in the ratings that came with films; what became of them, in words."""
    try:
        rated = import_interactions(path, films.files.path, progress=progress)
    except InteractionsError as error:
        return f"the ratings were not imported: {error}"
    left_out = "".join(f"; {each.count:,} left out: {each.why}" for each in rated.left_out)
    return f"{rated.kept:,} ratings of {rated.users:,} users were imported with them{left_out}"


def encoders_in_use(workspace: Workspace) -> dict[Modality, str]:
    """Names of the encoders of the version in use by modality; the defaults where it has none."""
    found = {} if workspace.current_version_id() is None else workspace.manifest().encoders
    return {**DEFAULTS, **{Modality(name): ref.name for name, ref in found.items()}}


def alignment_in_use(workspace: Workspace) -> str:
    """Name of the alignment of the version in use; the default where there is no version."""
    return DEFAULT_METHOD if workspace.current_version_id() is None else version_alignment(workspace.manifest())


def _needed(workspace: Workspace, names: Mapping[Modality, str]) -> list[str]:
    """Names of the encoders of what the catalogue holds."""
    needed = {Modality.TEXT, Modality.VIDEO, *plan(workspace, workspace.read_catalog().items)}
    return [names[modality] for modality in Modality if modality in needed]


def _load(chosen: Sequence[str], *, progress: Progress) -> None:
    """Load encoders, and the text towers of their spaces; fetches what has to be fetched."""
    for name in dict.fromkeys(filter(None, [*chosen, *(find(name).twin for name in chosen)])):
        progress(0, 0, f"loading {name}")
        load(name, progress=progress)
