"""Files kept under the SHA-256 of some content: media under their own, thumbnails under that of their picture."""

import hashlib
import re
from pathlib import Path

from mmdemo.errors import WorkspaceError
from mmdemo.store.files import disk_error, disk_errors, replace_file, sync_folder

_DIGEST = re.compile(r"[0-9a-f]{64}")


def checked_digest(sha256: str) -> str:
    """`sha256` itself, if it is one: a name from outside never becomes a path.

    Raises:
        WorkspaceError: It is not 64 lower-case hexadecimal digits.
    """
    if not _DIGEST.fullmatch(sha256):
        raise WorkspaceError(
            f"blob name {sha256[:80]!r}",
            expected="64 lower-case hexadecimal digits are needed",
            remedy="import the catalogue again",
        )
    return sha256


class Blobs:
    """A folder of files named by digest, in 256 folders named by its first two digits.

    Args:
        folder: Where they are kept.
        staging: Folder for temporary files, on the same file system.
        suffix: Ending of every name, such as ".webp".
    """

    def __init__(self, folder: Path, *, staging: Path, suffix: str = "") -> None:
        self._folder = folder
        self._staging = staging
        self._suffix = suffix

    def path(self, sha256: str) -> Path:
        """Where the file for `sha256` is or would be.

        Raises:
            WorkspaceError: That is no digest.
        """
        digest = checked_digest(sha256)
        return self._folder / digest[:2] / f"{digest}{self._suffix}"

    def put(self, sha256: str, data: bytes) -> None:
        """Keep `data` for `sha256`; does nothing where as many bytes are kept already.

        Raises:
            WorkspaceError: The disk is full or read-only.
        """
        target = self.path(sha256)
        with disk_errors(target, "store a file"):
            try:
                if target.stat().st_size == len(data):
                    return
            except FileNotFoundError:
                pass
            replace_file(target, data, staging=self._staging)

    def sync(self) -> None:
        """Make all names survive a power cut: once before a catalogue that mentions them, not once for each.

        Raises:
            OSError: The folder cannot be read.
        """
        for folder in self._folder.iterdir() if self._folder.is_dir() else ():
            sync_folder(folder)

    def read(self, sha256: str) -> bytes:
        """The bytes kept for `sha256`, checked against it: only for files kept under their own digest.

        Raises:
            WorkspaceError: The file is missing or damaged.
        """
        target = self.path(sha256)
        try:
            data = target.read_bytes()
        except FileNotFoundError as error:
            raise WorkspaceError(
                f"blob {sha256} is missing from {self._folder}",
                expected="every file of the catalogue is needed",
                remedy="import the catalogue again",
            ) from error
        except OSError as error:
            raise disk_error(target, "read a file", error) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise WorkspaceError(
                f"blob {target} is damaged ({len(data)} bytes)",
                expected="content with that SHA-256 is needed",
                remedy="delete it and import the catalogue again",
            )
        return data
