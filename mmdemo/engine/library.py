"""Use cases that change a workspace: import a catalogue, index it."""

from collections.abc import Mapping
from pathlib import Path

from mmdemo.catalog import ImportReport, import_source, open_source
from mmdemo.indexing import index_workspace
from mmdemo.progress import Progress, silent
from mmdemo.store import Workspace
from mmdemo.types import Modality

KEPT_VERSIONS = 3


def import_into(
    path: Path | str, source: str, *, add: bool = False, progress: Progress = silent, **options: object
) -> ImportReport:
    """Read a source into the workspace's catalogue; makes the workspace where there is none.

    The version in use goes on serving until the workspace is indexed again.

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
    return import_source(opened, workspace, add=add, progress=progress)


def reindex(
    path: Path | str, *, encoders: Mapping[Modality, str] | None = None, seed: int = 0, progress: Progress = silent
) -> str:
    """Index the workspace's catalogue into a new version, switch to it, and drop all but the newest few.

    Returns:
        The new version's id.
    """
    workspace = Workspace(path)
    version = index_workspace(workspace, encoders=encoders, seed=seed, progress=progress)
    workspace.prune(KEPT_VERSIONS)
    return version
