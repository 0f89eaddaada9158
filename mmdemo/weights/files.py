"""Model files in the cache: hashed once when they arrive, recognised by size and time afterwards."""

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from mmdemo.errors import WeightError

_RECORD = ".verified.json"
_STALE_AFTER_S = 24 * 3600
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a weight.

    Args:
        name: Path below the weight's folder in the cache.
        member: Path inside its source (wheel member, file of a folder).
        sha256: Hex digest that the content must have.
    """

    name: str
    member: str
    sha256: str


def cache_dir() -> Path:
    """Folder of everything fetched: $MMDEMO_CACHE, else .cache/mmdemo in the home folder. It may not exist yet."""
    chosen = os.environ.get("MMDEMO_CACHE")
    return Path(chosen).expanduser() if chosen else Path.home() / ".cache" / "mmdemo"


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def check_or_remove(path: Path, expected: str, *, what: str) -> None:
    """Refuse and remove a file whose content is not the expected one.

    Raises:
        WeightError: The digest differs.
    """
    found = sha256_of(path)
    if found != expected:
        path.unlink(missing_ok=True)
        raise WeightError(
            f"{what} has SHA-256 {found}",
            expected=f"{expected} is needed",
            remedy="it was refused and removed; fetch it again from a source you trust (`mmdemo setup`)",
        )


@contextmanager
def staging_dir() -> Iterator[Path]:
    """A private folder on the cache's file system, so that a finished file is moved into place in one step.

    It is removed at the end, whatever happens; folders that killed processes left behind go after a day.
    """
    parent = cache_dir() / "staging"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(parent)
        folder = Path(tempfile.mkdtemp(dir=parent))
    except OSError as error:
        raise WeightError(
            f"the cache folder {cache_dir()} cannot be written ({error.strerror})",
            expected="a folder with write permission and free space is needed",
            remedy="set MMDEMO_CACHE to another folder",
        ) from error
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


def _remove_stale(parent: Path) -> None:
    oldest = time.time() - _STALE_AFTER_S
    for entry in parent.iterdir():
        with suppress(OSError):  # another process may be removing the same leftover
            if entry.stat().st_mtime < oldest:
                rmtree(entry, ignore_errors=True)


def install(staged: Path, target: Path) -> None:
    """Move a finished file into the cache; a reader sees the old file or the new one, never a part."""
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(staged, target)


def record_verified(folder: Path, files: Sequence[WeightFile]) -> None:
    """Note size, time and digest of files that were just hashed, so that later starts need not hash them again."""
    entries = {}
    for file in files:
        found = (folder / file.name).stat()
        entries[file.name] = {"size": found.st_size, "mtime_ns": found.st_mtime_ns, "sha256": file.sha256}
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".tmp", delete=False, encoding="utf-8") as stream:
        json.dump(entries, stream)
    os.replace(stream.name, folder / _RECORD)


def is_verified(folder: Path, files: Sequence[WeightFile]) -> bool:
    """Whether every file is there, unchanged since it was hashed, with the digest now asked for."""
    try:
        entries = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        for file in files:
            found = (folder / file.name).stat()
            expected = {"size": found.st_size, "mtime_ns": found.st_mtime_ns, "sha256": file.sha256}
            if entries.get(file.name) != expected:
                return False
    except (OSError, ValueError, AttributeError):
        return False
    return True
