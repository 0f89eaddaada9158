"""Weights that a library publishes on a plain server, under names that carry the first digits of their SHA-256."""

import re
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from mmdemo.errors import WeightError
from mmdemo.progress import Progress
from mmdemo.weights.files import cache_dir, install, sha256_of, staging_dir
from mmdemo.weights.hub_reach import address_connects

_DIGITS = re.compile(r"-([0-9a-f]{8})\.[a-z]+$")
_CHUNK_BYTES = 1 << 20
_TIMEOUT_S = 10.0


def published_path(url: str) -> Path:
    """Where a published file is kept in the cache, fetched or not."""
    return cache_dir() / "published" / urlsplit(url).path.rsplit("/", 1)[-1]


def fetch_published(
    url: str,
    *,
    instead: str,
    progress: Progress,
    connects: Callable[[str], bool] = address_connects,
) -> Path:
    """A published file, downloaded at the first call.

    Args:
        url: Its name ends in "-HEXDIGITS.EXTENSION", the first 8 hex digits of its SHA-256.
        instead: What the user can do without the server, in the imperative.
        progress: Told the bytes fetched; cancelling leaves the cache as it was.
        connects: Whether a server takes connections, told within a second.

    Raises:
        WeightError: It is not in the cache and the server is out of reach (told within a second), or what came has
            another digest.
        CancelledError: `progress` cancelled.
    """
    path = published_path(url)
    if path.is_file():
        return path
    if not connects(url):
        raise _out_of_reach(url, "it does not take connections", instead)
    with staging_dir() as staging:
        staged = staging / path.name
        try:
            _download(url, staged, progress)
        except (OSError, HTTPException) as error:  # URLError is an OSError
            raise _out_of_reach(url, str(error), instead) from error
        check_published(staged)
        install(staged, path)
    return path


def check_published(path: Path) -> str:
    """SHA-256 of a weights file, held to the digits in its name where it has any.

    Raises:
        WeightError: The file is missing, or its content is not what its name says.
    """
    try:
        digest = sha256_of(path)
    except OSError as error:
        raise WeightError(
            f"{path} cannot be read ({error.strerror})",
            expected="a weights file is needed there",
            remedy="correct the path, or put the file there",
        ) from error
    digits = _DIGITS.search(path.name)
    if digits is not None and not digest.startswith(digits[1]):
        raise WeightError(
            f"{path.name} has the SHA-256 {digest}",
            expected=f"it must begin with {digits[1]}, as its name says",
            remedy="download it again: it is damaged or not what it claims to be",
        )
    return digest


def _download(url: str, target: Path, progress: Progress) -> None:
    with urllib.request.build_opener().open(url, timeout=_TIMEOUT_S) as answer, target.open("wb") as stream:
        total = int(answer.headers.get("Content-Length") or 0)
        done = 0
        while chunk := answer.read(_CHUNK_BYTES):
            done += stream.write(chunk)
            progress(done, total, f"fetching {target.name}")
    if total and done != total:
        raise HTTPException(f"{done} of {total} bytes came")


def _out_of_reach(url: str, why: str, instead: str) -> WeightError:
    path = published_path(url)
    return WeightError(
        f"{path.name} is not on this machine, and {urlsplit(url).hostname} is out of reach ({why})",
        expected=f"a connection to it, or the file {url} at {path}, is needed",
        remedy=instead,
    )
