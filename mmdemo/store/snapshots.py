"""Numbered folders that never change, and the pointer to the one in use.

A snapshot is built in the staging folder, brought safely to disk, renamed into place, and only then pointed at: a
reader sees all of it or nothing. A reader holds a shared lock on the snapshot's manifest while it reads; `prune` takes
that lock exclusively and skips what it cannot get.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from mmdemo.errors import WorkspaceError
from mmdemo.store.files import disk_errors, replace_file, sync_folder, sync_tree

MANIFEST = "manifest.json"
_Read = TypeVar("_Read")
_ID = re.compile(r"[0-9]{6,}-[0-9a-f]{8}")


class Snapshots:
    """All snapshots of one kind in a workspace.

    Args:
        workspace: The workspace folder.
        noun: What one is called in messages ("version").
        folder: Name of the folder that holds them.
        pointer: Name of the file that names the current one.
        remedy: How the user makes a new one.
    """

    def __init__(self, workspace: Path, *, noun: str, folder: str, pointer: str, remedy: str) -> None:
        self._noun = noun
        self._folder = workspace / folder
        self._pointer = workspace / pointer
        self._staging = workspace / "staging"
        self._remedy = remedy

    def ids(self) -> list[str]:
        """Ids of all complete snapshots, oldest first."""
        with disk_errors(self._folder, f"list the {self._noun}s"):
            try:
                names = os.listdir(self._folder)
            except FileNotFoundError:
                return []
        return sorted((name for name in names if _ID.fullmatch(name)), key=_age)

    def current(self) -> str | None:
        """Id of the snapshot in use, None where there is none yet.

        Raises:
            WorkspaceError: The pointer is damaged.
        """
        with disk_errors(self._pointer, f"read the pointer to the current {self._noun}"):
            try:
                content = self._pointer.read_bytes()
            except FileNotFoundError:
                return None
        snapshot_id = content.decode("ascii", errors="replace").removesuffix("\n")
        if not _ID.fullmatch(snapshot_id):
            raise WorkspaceError(
                f"{self._pointer} holds {content[:40]!r}",
                expected=f"the id of a {self._noun} is needed",
                remedy=f"choose one of {', '.join(self.ids()[-3:]) or 'none'}, or {self._remedy}",
            )
        return snapshot_id

    def resolve(self, snapshot_id: str | None) -> str:
        """`snapshot_id` itself, or the current one for None.

        Raises:
            WorkspaceError: There is no current one.
        """
        found = self.current() if snapshot_id is None else snapshot_id
        if found is None:
            raise WorkspaceError(
                f"workspace {self._folder.parent} has no {self._noun} yet",
                expected=f"a finished {self._noun} is needed",
                remedy=self._remedy,
            )
        return found

    def path(self, snapshot_id: str) -> Path:
        """Folder of a snapshot, which need not exist.

        Raises:
            WorkspaceError: That is no id (so it can never lead out of the workspace).
        """
        if not _ID.fullmatch(snapshot_id):
            raise WorkspaceError(
                f"{self._noun} {snapshot_id!r}",
                expected="an id like 000007-3fa1b2c4 is needed",
                remedy=f"choose one of {', '.join(self.ids()[-3:]) or 'none: there is none yet'}",
            )
        return self._folder / snapshot_id

    def next_id(self, content_sha256: str) -> str:
        """The id for a new snapshot: one more than any so far, then the start of its content's hash."""
        known = self.ids()
        current = self.current_or_none()
        newest = max((_age(name)[0] for name in [*known, *([current] if current else [])]), default=0)
        return f"{newest + 1:06d}-{content_sha256[:8]}"

    def current_or_none(self) -> str | None:
        """Like `current`, with a damaged pointer taken for a missing one, so that a writer can mend it."""
        try:
            return self.current()
        except WorkspaceError:
            return None

    @contextmanager
    def staged(self) -> Iterator[Path]:
        """A fresh folder to build a snapshot in, gone after the block unless `publish` has moved it."""
        folder = self._staging / f"{self._noun}-{os.urandom(16).hex()}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, staged: Path, snapshot_id: str, *, switch: bool = True) -> None:
        """Move a finished staging folder into place and, unless told otherwise, make it the current snapshot.

        Raises:
            OSError: The disk is full, read-only, gone.
        """
        sync_tree(staged)
        self._folder.mkdir(exist_ok=True)
        staged.rename(self._folder / snapshot_id)
        sync_folder(self._folder)
        if switch:
            self.point_at(snapshot_id)

    def point_at(self, snapshot_id: str) -> None:
        """Make an existing snapshot the current one, in one step."""
        replace_file(self._pointer, f"{snapshot_id}\n".encode("ascii"), staging=self._staging)
        sync_folder(self._pointer.parent)

    @contextmanager
    def reading(self, snapshot_id: str) -> Iterator[Path]:
        """The folder of a snapshot, safe from `prune` during the block.

        Raises:
            WorkspaceError: There is no such snapshot.
        """
        folder = self.path(snapshot_id)
        with disk_errors(folder, f"open {self._noun} {snapshot_id}"):
            try:
                stream = (folder / MANIFEST).open("rb")
            except (FileNotFoundError, NotADirectoryError):
                raise self._missing(folder) from None
        with stream:
            with disk_errors(folder, f"open {self._noun} {snapshot_id}"):
                fcntl.flock(stream, fcntl.LOCK_SH)
            if not folder.is_dir():  # pruned between the two lines above
                raise self._missing(folder)
            yield folder

    def _missing(self, folder: Path) -> WorkspaceError:
        found = f"{self._noun} {folder.name} has lost its {MANIFEST}" if folder.is_dir() else f"there is no {folder}"
        return WorkspaceError(
            found,
            expected=f"a complete {self._noun} is needed",
            remedy=f"choose one of {', '.join(self.ids()[-3:]) or 'none'}, or {self._remedy}",
        )

    def prune(self, keep: int) -> tuple[str, ...]:
        """Remove all but the newest `keep`, the current one and any that is being read.

        Returns:
            The removed ids.
        """
        spared = {*self.ids()[-keep:], self.current()}
        return tuple(name for name in self.ids() if name not in spared and self._remove(self._folder / name))

    def _remove(self, folder: Path) -> bool:
        grave = self._staging / f"{self._noun}-{os.urandom(16).hex()}"
        self._staging.mkdir(exist_ok=True)
        try:
            with (folder / MANIFEST).open("rb") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                folder.rename(grave)  # gone for new readers at once, whatever happens while the files go one by one
        except BlockingIOError:
            return False
        except FileNotFoundError:  # damaged: no manifest, so nobody can be reading it
            folder.rename(grave)
        shutil.rmtree(grave)
        return True


def read_snapshot(snapshots: Snapshots, snapshot_id: str | None, read: Callable[[str], _Read]) -> _Read:
    """`read` a snapshot, by default the current one.

    Where the current one is replaced and pruned between looking it up and opening it, the new one is read.

    Raises:
        WorkspaceError: It is missing or damaged.
    """
    while True:
        resolved = snapshots.resolve(snapshot_id)
        try:
            return read(resolved)
        except WorkspaceError:
            if snapshot_id is not None or snapshots.current() == resolved:
                raise


def _age(snapshot_id: str) -> tuple[int, str]:
    return int(snapshot_id.partition("-")[0]), snapshot_id
