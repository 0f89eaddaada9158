"""Use case: which model of behaviour recommends for a person where nobody chooses another."""

from pathlib import Path

from mmdemo.recommend.behaviour.table import BEHAVIOUR, find
from mmdemo.store.files import disk_errors, replace_file, sync_folder

POINTER = "BEHAVIOUR"


def use_model(path: Path | str, name: str | None) -> None:
    """Let a model recommend from now on, in one step; None goes back to what a workspace does by itself.

    Raises:
        InteractionsError: There is no such model.
        WorkspaceError: The folder cannot be written.
    """
    pointer = Path(path) / POINTER
    with disk_errors(pointer, "change which model recommends"):
        if name is None:
            pointer.unlink(missing_ok=True)
        else:
            content = f"{find(name).name}\n".encode("ascii")
            replace_file(pointer, content, staging=pointer.parent / "staging")
        sync_folder(pointer.parent)


def model_in_use(path: Path | str) -> str | None:
    """Name of the model that was chosen; None where none was, or one that this release does not know.

    Raises:
        WorkspaceError: The file that says so cannot be read.
    """
    pointer = Path(path) / POINTER
    with disk_errors(pointer, "read which model recommends"):
        try:
            name = pointer.read_bytes().decode("ascii", errors="replace").strip()
        except FileNotFoundError:
            return None
    return name if name in BEHAVIOUR else None
