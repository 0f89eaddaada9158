"""Asking a hub about files, and downloading them in a process of its own."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmdemo.errors import WeightError
from mmdemo.progress import Progress
from mmdemo.weights.hub_reach import hub_endpoint

_POLL_S = 0.1
_CHILD = Path(__file__).with_name("hub_child.py")


@dataclass(frozen=True, slots=True)
class Offered:
    """A file as the hub offers it.

    Args:
        name: Path in the repository.
        commit: Commit it is of.
        size_bytes: Its size; 0 where the hub does not say.
        sha256: Digest that the hub names for a large file; empty for small ones.
    """

    name: str
    commit: str
    size_bytes: int
    sha256: str


def ask(repository: str, name: str, revision: str) -> Offered | None:
    """What the hub says about one file; None where the repository has no such file.

    Raises:
        WeightError: No such repository or revision, no permission, or no sensible answer.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HFValidationError,
        HTTPError,  # pyright: ignore[reportPrivateImportUsage] - base of its client's errors, whichever client it is
    )

    try:
        url = hf_hub_url(repository, name, revision=revision, endpoint=hub_endpoint())
        found = get_hf_file_metadata(url, timeout=10, endpoint=hub_endpoint())
    except EntryNotFoundError:
        return None
    except (HTTPError, HFValidationError, OSError) as error:
        raise _refusal(f"{name} of {repository}", revision, error) from error
    if found.commit_hash is None:
        raise WeightError(
            f"{hub_endpoint()} does not answer as a model hub does",
            expected="the address of a hub, or of a mirror of it, is needed",
            remedy="correct HF_ENDPOINT, or check which proxy answers in its place",
        )
    etag = found.etag or ""
    return Offered(name, found.commit_hash, found.size or 0, etag if len(etag) == 64 else "")


def _refusal(what: str, revision: str, error: Exception) -> WeightError:
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    if isinstance(error, RevisionNotFoundError):
        return WeightError(
            f"{what} is asked for at '{revision}', which its repository does not have",
            expected="a branch, tag or commit of it is needed after the '@'",
            remedy="correct it, or leave it out",
        )
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, GatedRepoError) or status in (401, 403):
        return WeightError(
            f"the hub gives {what} only to those who are logged in and have accepted its terms, if it exists at all",
            expected="an access token of an account that may read it is needed",
            remedy="check the name, accept the terms on its page, then set HF_TOKEN or run `hf auth login`",
        )
    if isinstance(error, RepositoryNotFoundError) or status == 404:
        return WeightError(
            f"{what} does not exist on {hub_endpoint()}",
            expected="OWNER/NAME of a repository, or a folder, is needed",
            remedy="correct the name",
        )
    return WeightError(
        f"{what} could not be fetched ({type(error).__name__}: {' '.join(str(error).split())[:200]})",
        expected=f"an answer from {hub_endpoint()} is needed",
        remedy="try again later, or put the files into a folder and name that instead",
    )


def download(repository: str, offered: Sequence[Offered], into: Path, *, progress: Progress) -> None:
    """Write files to `into`, unchecked but complete.

    Args:
        repository: `owner/name`.
        offered: What to fetch; all of one commit.
        into: Empty folder.
        progress: Called with bytes so far; cancelling stops the download at once.

    Raises:
        WeightError: A file cannot be had.
        CancelledError: `progress` cancelled.
    """
    total = sum(file.size_bytes for file in offered)
    log = into.with_name(f"{into.name}.log")
    names = [file.name for file in offered]
    command = [sys.executable, "-P", str(_CHILD), repository, offered[0].commit, hub_endpoint(), str(into), *names]
    message = f"fetching {', '.join(names)} from {repository}"
    with (
        log.open("wb") as stream,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=stream, stderr=subprocess.STDOUT) as process,
    ):
        try:
            while process.poll() is None:
                progress(min(_bytes_below(into), total), total, message)
                time.sleep(_POLL_S)
        finally:
            process.kill()
    if process.returncode != 0:
        raise _failure(names, repository, log.read_text(encoding="utf-8", errors="replace"))
    progress(total, total, f"fetched {repository}")


def _bytes_below(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # renamed between listing and looking
            continue
    return total


def _failure(names: Sequence[str], repository: str, log: str) -> WeightError:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return WeightError(
        f"{', '.join(names)} of {repository} could not be downloaded ({(lines or ['no reason was given'])[-1][:300]})",
        expected="a connection that lasts and enough free space in the cache are needed",
        remedy="try again, or put the files into a folder and name that instead",
    )
