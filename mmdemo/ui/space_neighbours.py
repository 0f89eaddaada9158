"""Workspaces that lie beside the one in use: the only others that a page may show."""

from pathlib import Path

from mmdemo.errors import WorkspaceError
from mmdemo.store import Workspace

_MOST = 50


def workspaces_beside(path: Path) -> tuple[str, ...]:
    """Names of the folders beside `path` that are indexed workspaces, in alphabetical order; without `path` itself.

    Links and hidden folders are left out, so that nothing outside the one folder can be named.
    """
    here = path.resolve()
    try:
        beside = sorted(entry for entry in here.parent.iterdir() if not entry.name.startswith("."))
    except OSError:
        return ()
    return tuple(entry.name for entry in beside if entry != here and _is_indexed(entry))[:_MOST]


def workspace_beside(path: Path, name: str) -> Path | None:
    """The folder of that name, if it is one of `workspaces_beside`."""
    return path.resolve().parent / name if name in workspaces_beside(path) else None


def _is_indexed(folder: Path) -> bool:
    if folder.is_symlink() or not folder.is_dir():
        return False
    workspace = Workspace(folder)
    try:
        return workspace.exists() and workspace.current_version_id() is not None
    except (WorkspaceError, OSError):
        return False
