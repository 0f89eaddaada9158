"""Writing files so that nobody ever sees half of one, and so that a full or read-only disk gives a typed error."""

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmdemo.errors import WorkspaceError

_REMEDIES = {
    errno.ENOSPC: "free some disk space and run this again",
    errno.EDQUOT: "free some of your disk quota and run this again",
    errno.EFBIG: "raise the limit on file sizes and run this again",
    errno.EACCES: "change the folder's permissions, or choose another folder with --workspace",
    errno.EPERM: "change the folder's permissions, or choose another folder with --workspace",
    errno.EROFS: "choose a folder that can be written with --workspace",
    errno.ENOENT: "create the workspace with `mmdemo import`, or choose another folder with --workspace",
    errno.EMFILE: "raise the limit on open files and run this again",
}


def disk_error(path: Path, action: str, error: OSError) -> WorkspaceError:
    """The typed error for what the operating system refused.

    Args:
        path: What was being worked on.
        action: What was being done, as in "write a blob".
        error: What came back.
    """
    reason = os.strerror(error.errno) if error.errno is not None else str(error)
    return WorkspaceError(
        f"could not {action} at {path}: {reason}",
        expected="a folder that can be used is needed",
        remedy=_REMEDIES.get(error.errno or 0, "check the disk and the folder"),
    )


@contextmanager
def disk_errors(path: Path, action: str) -> Iterator[None]:
    """Turn every `OSError` of the block into a `WorkspaceError` that says what to do."""
    try:
        yield
    except OSError as error:
        raise disk_error(path, action, error) from error


def replace_file(target: Path, data: bytes, *, staging: Path) -> None:
    """Make `data` the content of `target` in one step; a crash leaves the old content or the new.

    After a power cut the name may be missing until `sync_folder` has been called on its folder.

    Args:
        target: What to create or replace.
        data: The new content.
        staging: Folder for temporary files, on the same file system.

    Raises:
        OSError: The disk is full, read-only, gone.
    """
    staging.mkdir(exist_ok=True)
    while True:
        _make_folder(target.parent)
        if _replace_once(target, data, staging / f"file-{os.urandom(16).hex()}"):
            return


def _make_folder(folder: Path) -> None:
    """Make a folder that another process may be making or removing at this moment."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            try:
                mode = folder.stat().st_mode
            except FileNotFoundError:  # it was there, and has been removed since
                continue
            if not stat.S_ISDIR(mode):
                raise
        return


def _replace_once(target: Path, data: bytes, temporary: Path) -> bool:
    """One try at `replace_file`; False where the file or the folder it was to go to has been removed meanwhile."""
    try:
        with temporary.open("xb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)  # tells `sweep` that the owner of this file is alive
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
            try:
                temporary.replace(target)
            except FileNotFoundError:
                return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Make everything under `folder` survive a power cut, contents before names."""
    for current, _, names in os.walk(folder, topdown=False):
        for name in names:
            descriptor = os.open(os.path.join(current, name), os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync_folder(Path(current))


def sweep(staging: Path) -> None:
    """Remove what killed writers left in `staging`; only the holder of the writer lock may call this.

    Folders are made only under that lock, so every one found is dead. Files may belong to a living process that is
    storing a blob: those are locked and stay.
    """
    if not staging.is_dir():
        return
    for entry in list(staging.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif not _has_owner(entry):
            entry.unlink(missing_ok=True)


def _has_owner(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
