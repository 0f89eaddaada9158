"""Model files named by the user: a local folder, or a repository of a Hugging Face hub.

A folder is used in place. Files of a hub are kept in the cache, one folder a repository and revision; as nobody can
pin their digests beforehand, whatever arrives first is pinned and everything later is held to it. The address of
the hub and the access token are the user's own settings (HF_ENDPOINT, HF_TOKEN).

Example:
    >>> is_here("nobody/nothing", ["config.json"])
    False
"""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from mmdemo.errors import WeightError
from mmdemo.progress import Progress, silent
from mmdemo.weights.files import cache_dir, sha256_of
from mmdemo.weights.hub_pins import Pins, mend, read_pins, write_pins
from mmdemo.weights.hub_reach import hub_answers, hub_connects, hub_endpoint
from mmdemo.weights.hub_repository import Repository, Wanted, ask_all, fetch, parse_repository

__all__ = ["Located", "download_bytes", "hub_answers", "hub_connects", "is_here", "is_in_cache", "locate"]

_locks: dict[Repository, threading.Lock] = {}
_locks_guard = threading.Lock()


@dataclass(frozen=True, slots=True)
class Located:
    """A model's files on this machine.

    Args:
        folder: Where they lie.
        sha256: Hex digest of the weights file, for cache keys.
        weights: Name of the weights file.
    """

    folder: Path
    sha256: str
    weights: str


def locate(
    source: str,
    files: Sequence[str],
    *,
    optional: Sequence[str] = (),
    weights: Sequence[str] = (),
    progress: Progress = silent,
    family: str = "FAMILY",
    meanwhile: str = "an encoder that works offline",
) -> Located:
    """Have a model's files on this machine, fetched first where need be.

    Args:
        source: A folder, or a hub repository "owner/name", or "owner/name@revision".
        files: Names that are needed; the first counts as the weights where `weights` is empty.
        optional: Names that are fetched where they exist.
        weights: Names of which the first that exists is taken.
        progress: Told the bytes fetched; cancelling leaves the cache as it was.
        family: What goes before the colon in an encoder's name; for error messages.
        meanwhile: What can be used without these files; for error messages.

    Raises:
        WeightError: A file is missing and cannot be fetched (within a second where the hub is out of reach); the
            repository does not exist or asks for a login; it offers other content than at first use.
        CancelledError: `progress` cancelled.
    """
    found = _what(source)
    if isinstance(found, Path):
        return _in_folder(found, files, weights, family=family)
    wanted = Wanted(tuple(files), tuple(optional), tuple(weights))
    with _lock_of(found):  # two sessions of one server that need the same model download it once
        pins = _mended(found, wanted)
        missing = wanted.missing(found.folder, pins)
        if missing and not hub_connects():
            raise _out_of_reach(missing, wanted, source, family=family, meanwhile=meanwhile)
        if missing:
            pins = fetch(found, wanted, pins, progress=progress)
        _keep(found, pins)
    chosen = wanted.chosen(pins)
    return Located(found.folder, pins.files[chosen]["sha256"], chosen)


def _lock_of(repository: Repository) -> threading.Lock:
    with _locks_guard:
        return _locks.setdefault(repository, threading.Lock())


def _mended(repository: Repository, wanted: Wanted) -> Pins:
    """What is known of the repository, after a second look at files that changed since they were hashed."""
    pins = read_pins(repository.folder)
    for name in wanted.names:
        pins = mend(repository.folder, name, pins)
    return pins


def is_here(source: str, files: Sequence[str], *, weights: Sequence[str] = ()) -> bool:
    """Whether these files can be had without the network; looks at sizes and times only."""
    try:
        found = _what(source)
    except WeightError:
        return False
    if isinstance(found, Path):
        present = [(found / name).is_file() for name in weights]
        return all((found / name).is_file() for name in files) and (not weights or any(present))
    return not Wanted(tuple(files), (), tuple(weights)).missing(found.folder, read_pins(found.folder))


def is_in_cache(name: str) -> bool:
    """Whether any repository in the cache has a file of that name."""
    return any((cache_dir() / "hub").glob(f"*/*/{name}"))


def download_bytes(source: str, files: Sequence[str], *, weights: Sequence[str] = ()) -> int | None:
    """How much `locate` would download; 0 where everything is here, None where the hub does not say."""
    if is_here(source, files, weights=weights):
        return 0
    found = parse_repository(source)
    if found is None or not hub_connects():
        return None
    try:
        offered, _ = ask_all(found, Wanted(tuple(files), (), tuple(weights)), read_pins(found.folder))
    except WeightError:
        return None
    return sum(file.size_bytes for file in offered)


def _what(source: str) -> Path | Repository:
    """The folder or the repository that a source names; a folder goes first.

    Raises:
        WeightError: It is neither.
    """
    folder = Path(source).expanduser()
    repository = parse_repository(source)
    if folder.is_dir():
        return folder.absolute()
    if repository is not None:
        return repository
    raise WeightError(
        f"'{source}' is no folder on this machine",
        expected="an existing folder, or OWNER/NAME of a repository on a model hub, is needed",
        remedy="correct the path or the name",
    )


def _keep(repository: Repository, pins: Pins) -> None:
    """Write the record down where it changed; a cache that is read-only is still good to read from."""
    if pins != read_pins(repository.folder):
        write_pins(repository.folder, pins)


def _in_folder(folder: Path, files: Sequence[str], weights: Sequence[str], *, family: str) -> Located:
    found = [name for name in weights if (folder / name).is_file()]
    missing = [name for name in files if not (folder / name).is_file()]
    if weights and not found:
        missing.append(" or ".join(weights))
    if missing:
        raise WeightError(
            f"{', '.join(missing)} is missing in {folder}",
            expected=f"{family}:{folder} needs {', '.join([*files, *[' or '.join(weights)] * bool(weights)])} there",
            remedy="put the missing file there, or name another folder",
        )
    chosen = found[0] if found else files[0]
    try:
        return Located(folder, sha256_of(folder / chosen), chosen)
    except OSError as error:
        raise WeightError(
            f"{folder / chosen} cannot be read ({error.strerror})",
            expected="a file with read permission is needed",
            remedy="change its permissions, or name another folder",
        ) from error


def _out_of_reach(missing: Collection[str], wanted: Wanted, source: str, *, family: str, meanwhile: str) -> WeightError:
    needed = [*wanted.files, *wanted.weights[:1]]
    return WeightError(
        f"{source} is not on this machine (missing: {', '.join(missing)}), "
        f"and the hub {hub_endpoint()} cannot be reached",
        expected=f"a connection to it, or a folder with {', '.join(needed)}, is needed",
        remedy=f"go online, or put these files into a folder and choose {family}:/path/to/folder; "
        f"meanwhile {meanwhile} can be used",
    )
