"""What is known of the files of one hub repository at one revision: trusted at first use, held to it afterwards."""

import json
import os
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mmdemo.errors import WeightError
from mmdemo.weights.files import sha256_of

_RECORD = ".pins.json"


@dataclass(frozen=True, slots=True)
class Pins:
    """Record of a folder in the cache.

    Args:
        commit: Commit that the revision stood for at first use; everything later is fetched from the same.
        files: For each file fetched so far its "sha256", and "size" and "mtime_ns" when it was last hashed.
        absent: Names that the repository does not have at this commit, so that nobody asks again.
    """

    commit: str = ""
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()

    def with_file(self, folder: Path, name: str, sha256: str) -> "Pins":
        """Note a file that was just hashed."""
        found = (folder / name).stat()
        entry = {"sha256": sha256, "size": found.st_size, "mtime_ns": found.st_mtime_ns}
        return replace(self, files={**self.files, name: entry})

    def with_absent(self, names: Collection[str]) -> "Pins":
        """Note names that the repository does not have."""
        return replace(self, absent=tuple(dict.fromkeys((*self.absent, *names))))


def read_pins(folder: Path) -> Pins:
    """The record of a folder; empty where there is none or it is spoilt."""
    try:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        files = {
            str(name): {key: entry[key] for key in ("sha256", "size", "mtime_ns")}
            for name, entry in record["files"].items()
        }
        return Pins(str(record["commit"]), files, tuple(map(str, record["absent"])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Pins()


def write_pins(folder: Path, pins: Pins) -> None:
    """Replace the record of a folder in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".tmp", delete=False, encoding="utf-8") as stream:
        json.dump({"commit": pins.commit, "files": pins.files, "absent": pins.absent}, stream)
    os.replace(stream.name, folder / _RECORD)


def is_sound(folder: Path, name: str, pins: Pins) -> bool:
    """Whether a file is the one that was pinned, judged by size and time only."""
    entry = pins.files.get(name)
    try:
        found = (folder / name).stat()
    except OSError:
        return False
    return entry is not None and (entry["size"], entry["mtime_ns"]) == (found.st_size, found.st_mtime_ns)


def mend(folder: Path, name: str, pins: Pins) -> Pins:
    """Look again at a pinned file whose time or size changed: a sound one is noted, a damaged one removed."""
    entry = pins.files.get(name)
    path = folder / name
    if entry is None or is_sound(folder, name, pins) or not path.is_file():
        return pins
    if sha256_of(path) == entry["sha256"]:
        return pins.with_file(folder, name, entry["sha256"])
    path.unlink()
    return pins


def check_pin(name: str, sha256: str, pins: Pins, *, folder: Path, repository: str) -> None:
    """Refuse fetched content that is not what was there at first use.

    Raises:
        WeightError: It is other content.
    """
    entry = pins.files.get(name)
    if entry is not None and entry["sha256"] != sha256:
        raise WeightError(
            f"{name} of {repository} now has SHA-256 {sha256}",
            expected=f"{entry['sha256']}, as when it was first fetched, is needed",
            remedy=f"it was refused; if you trust the new content, delete the folder {folder} and fetch again",
        )
