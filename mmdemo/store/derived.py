"""Files computed from a version and kept beside it: never half-written, and no loss where one is missing.

`WORKSPACE/FOLDER/VERSION_ID/KEY.safetensors` holds arrays and texts. Anybody may write at any time without a lock: two
that write the same key replace each other's whole file, and what they write means the same. A file carries the hash of
its content, so one that was damaged on disk is found out and taken for missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from mmdemo.errors import WorkspaceError
from mmdemo.store.files import disk_errors, replace_file

if TYPE_CHECKING:
    import numpy.typing as npt

_KEY = re.compile(r"[0-9a-z][0-9a-z-]{0,63}")
_VERSION = re.compile(r"[0-9]{6,}-[0-9a-f]{8}")
_HASH = "content_sha256"
_SUFFIX = ".safetensors"

Content: TypeAlias = "tuple[dict[str, npt.NDArray[Any]], dict[str, str]]"
"""Arrays by name, and texts by name."""


class DerivedFiles:
    """One kind of derived files of a workspace; safe to use from several threads and processes.

    Args:
        folder: Where they are kept.
        staging: Folder for what is being written, on the same file system.
    """

    def __init__(self, folder: Path, *, staging: Path) -> None:
        self._folder = folder
        self._staging = staging

    def path(self, version_id: str, key: str) -> Path:
        """Where a file is or would be.

        Raises:
            WorkspaceError: That is no version's id or no key (so it can never lead out of the workspace).
        """
        if not _VERSION.fullmatch(version_id) or not _KEY.fullmatch(key):
            raise WorkspaceError(
                f"derived file {key!r} of version {version_id!r}",
                expected="a version's id and a key of small letters and digits are needed",
                remedy="take the version's id from its manifest",
            )
        return self._folder / version_id / f"{key}{_SUFFIX}"

    def read(self, version_id: str, key: str) -> Content | None:
        """What was written under `key`, arrays read-only; None where there is nothing or it is damaged.

        Raises:
            WorkspaceError: The disk cannot be read.
        """
        path = self.path(version_id, key)
        with disk_errors(path, "read a derived file"):
            try:
                data = path.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None
        return unpack(data)

    def write(
        self, version_id: str, key: str, arrays: Mapping[str, npt.NDArray[Any]], texts: Mapping[str, str]
    ) -> None:
        """Keep arrays and texts under `key`, in place of what was there.

        Raises:
            WorkspaceError: An array cannot be stored, or the disk is full or read-only.
        """
        path = self.path(version_id, key)
        data = pack(arrays, texts)
        with disk_errors(path, "write a derived file"):
            replace_file(path, data, staging=self._staging)

    def keys(self, version_id: str) -> list[str]:
        """Every key of a version, in alphabetical order."""
        folder = self.path(version_id, "any").parent
        with disk_errors(folder, "list derived files"):
            try:
                names = os.listdir(folder)
            except FileNotFoundError:
                return []
        return sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))

    def keep_only(self, version_ids: Collection[str]) -> None:
        """Remove the files of all other versions.

        Raises:
            OSError: The folder cannot be written.
        """
        if not self._folder.is_dir():
            return
        for entry in list(self._folder.iterdir()):
            if entry.name in version_ids:
                continue
            grave = self._staging / f"derived-{os.urandom(16).hex()}"
            self._staging.mkdir(exist_ok=True)
            entry.rename(grave)  # gone for readers at once, whatever happens while the files go one by one
            shutil.rmtree(grave) if grave.is_dir() else grave.unlink()


def pack(arrays: Mapping[str, npt.NDArray[Any]], texts: Mapping[str, str]) -> bytes:
    """Arrays and texts as the bytes of a safetensors file that `unpack` can check.

    Raises:
        WorkspaceError: An array holds neither numbers nor booleans.
    """
    from safetensors.numpy import save

    from mmdemo.store.arrays import check_arrays
    from mmdemo.store.content import little_endian

    check_arrays(arrays)
    plain = {name: little_endian(array) for name, array in arrays.items()}
    return save(plain, metadata={**texts, _HASH: content_hash(plain, texts)})


def unpack(data: bytes) -> Content | None:
    """What `pack` was given, arrays read-only; None where the bytes are not as it wrote them."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        texts = {str(name): str(text) for name, text in header["__metadata__"].items()}
        expected = texts.pop(_HASH)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if content_hash(arrays, texts) != expected:
        return None
    for array in arrays.values():
        array.setflags(write=False)
    return arrays, texts


def content_hash(arrays: Mapping[str, npt.NDArray[Any]], texts: Mapping[str, str]) -> str:
    """SHA-256 of arrays and texts, the same whatever order they are kept in."""
    digest = hashlib.sha256(json.dumps(sorted(texts.items())).encode())
    for name, array in sorted(arrays.items()):
        digest.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        digest.update(array.data if array.size else b"")
    return digest.hexdigest()
