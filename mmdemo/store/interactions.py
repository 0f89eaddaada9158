"""Who chose what, as a workspace keeps it: one file named by its content, and a pointer to it.

`WORKSPACE/interactions/SHA256.safetensors` is complete before `WORKSPACE/INTERACTIONS` names it, and what was there
before goes only after that: a reader finds the old choices or the new.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmdemo.errors import InteractionsError, WorkspaceError
from mmdemo.store.derived import content_hash, pack, unpack
from mmdemo.store.files import disk_errors, replace_file, sync_folder
from mmdemo.store.writer_lock import WriterLock

if TYPE_CHECKING:
    import numpy.typing as npt

    from mmdemo.interactions import Interactions

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SUFFIX = ".safetensors"
_WAIT_S = 30.0
_REMEDY = "import them again with `mmdemo interactions import`"


class InteractionFiles:
    """The interactions of one workspace; reading takes no lock and never waits.

    Args:
        workspace: The workspace folder.
        writer: Its lock.
    """

    def __init__(self, workspace: Path, writer: WriterLock) -> None:
        self._folder = workspace / "interactions"
        self._pointer = workspace / "INTERACTIONS"
        self._staging = workspace / "staging"
        self._writer = writer

    def write(self, interactions: Interactions, about: Mapping[str, Any]) -> str:
        """Keep interactions in place of those that were there.

        Args:
            interactions: What to keep.
            about: Where they are from, as JSON.

        Returns:
            The SHA-256 of their content.

        Raises:
            WorkspaceError: Another process is writing, or the disk is full or read-only.
        """
        arrays, texts = _packed(interactions, about)
        digest = content_hash(arrays, texts)
        data = pack(arrays, texts)
        with self._writer.hold("keep interactions", wait_s=_WAIT_S), disk_errors(self._folder, "keep interactions"):
            replace_file(self._path(digest), data, staging=self._staging)
            sync_folder(self._folder)
            replace_file(self._pointer, f"{digest}\n".encode("ascii"), staging=self._staging)
            sync_folder(self._pointer.parent)
            self._drop_all_but(digest)
        return digest

    def read(self) -> tuple[Interactions, dict[str, Any]] | None:
        """Interactions and what was said about them; None where none were ever written.

        Raises:
            WorkspaceError: They are missing or damaged.
        """
        while True:
            digest = self.current()
            if digest is None:
                return None
            try:
                return self._read(digest)
            except WorkspaceError:
                if self.current() == digest:  # else they were replaced meanwhile
                    raise

    def current(self) -> str | None:
        """SHA-256 of the interactions in use, None where there are none; reads one small file.

        Raises:
            WorkspaceError: The pointer is damaged.
        """
        with disk_errors(self._pointer, "read the pointer to the interactions"):
            try:
                content = self._pointer.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None
        digest = content.decode("ascii", errors="replace").removesuffix("\n")
        if not _DIGEST.fullmatch(digest):
            raise WorkspaceError(
                f"{self._pointer} holds {content[:40]!r}", expected="a SHA-256 is needed", remedy=_REMEDY
            )
        return digest

    def _read(self, digest: str) -> tuple[Interactions, dict[str, Any]]:
        path = self._path(digest)
        with disk_errors(path, "read the interactions"):
            try:
                found = unpack(path.read_bytes())
            except FileNotFoundError:
                found = None
        if found is None or content_hash(*found) != digest:
            raise WorkspaceError(
                f"{path} is missing or damaged", expected="the file as mmdemo wrote it is needed", remedy=_REMEDY
            )
        try:
            return _unpacked(*found)
        except (InteractionsError, ValueError, KeyError, TypeError) as error:
            raise WorkspaceError(
                f"{path} holds no interactions: {error}",
                expected="the file as this version of mmdemo writes it is needed",
                remedy=_REMEDY,
            ) from error

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}{_SUFFIX}"

    def _drop_all_but(self, digest: str) -> None:
        for entry in list(self._folder.iterdir()):
            if entry != self._path(digest):
                entry.unlink(missing_ok=True)


def _packed(interactions: Interactions, about: Mapping[str, Any]) -> tuple[dict[str, npt.NDArray[Any]], dict[str, str]]:
    import numpy as np

    def text(content: object) -> npt.NDArray[np.uint8]:
        return np.frombuffer(json.dumps(content, ensure_ascii=False).encode(), np.uint8)

    arrays: dict[str, npt.NDArray[Any]] = {
        "user_ids": text(interactions.user_ids),
        "item_ids": text(interactions.item_ids),
        "indptr": interactions.chosen.indptr.astype(np.int64),
        "indices": interactions.chosen.indices.astype(np.int32),
    }
    if interactions.ratings is not None:
        arrays["ratings"] = interactions.ratings
    if interactions.times is not None:
        arrays["times"] = interactions.times
    return arrays, {"about": json.dumps(about, ensure_ascii=False, sort_keys=True)}


def _unpacked(arrays: Mapping[str, npt.NDArray[Any]], texts: Mapping[str, str]) -> tuple[Interactions, dict[str, Any]]:
    import numpy as np
    from scipy.sparse import csr_matrix

    from mmdemo.interactions import Interactions

    users, items = (tuple(json.loads(arrays[name].tobytes())) for name in ("user_ids", "item_ids"))
    ones = np.ones(len(arrays["indices"]), np.float32)
    chosen = csr_matrix((ones, arrays["indices"], arrays["indptr"]), shape=(len(users), len(items)))
    found = Interactions(users, items, chosen, arrays.get("ratings"), arrays.get("times"))
    return found, json.loads(texts["about"])
