"""One repository of a hub at one revision: what of it is in the cache, and fetching the rest."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from mmdemo.errors import WeightError
from mmdemo.progress import Progress
from mmdemo.weights.files import cache_dir, install, sha256_of, staging_dir
from mmdemo.weights.hub_download import Offered, ask, download
from mmdemo.weights.hub_pins import Pins, check_pin, is_sound

_PATTERN = re.compile(r"(?P<repository>\w[\w.-]*/[\w.-]+)(?:@(?P<revision>.+))?")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that a source names.

    Args:
        name: `owner/name`.
        revision: Branch, tag or commit.
    """

    name: str
    revision: str

    @property
    def folder(self) -> Path:
        """Where its files are kept."""
        return cache_dir() / "hub" / self.name.replace("/", "--") / quote(self.revision, safe="")


def parse_repository(source: str) -> Repository | None:
    """The repository that "owner/name" or "owner/name@revision" names; None for anything else."""
    found = _PATTERN.fullmatch(source)
    return Repository(found["repository"], found["revision"] or "main") if found else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Names of files; see `mmdemo.weights.hub.locate`."""

    files: tuple[str, ...]
    optional: tuple[str, ...]
    weights: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, needed ones first."""
        return tuple(dict.fromkeys((*self.files, *self.weights, *self.optional)))

    def chosen(self, pins: Pins) -> str:
        """The weights file: the first that the repository has."""
        return next((name for name in self.weights if name in pins.files), self.files[0] if self.files else "")

    def missing(self, folder: Path, pins: Pins) -> list[str]:
        """What nothing is known of, or what is not there although it should be; the most important first."""
        lacking = [name for name in self.files if not is_sound(folder, name, pins)]
        present = [name for name in self.weights if name not in pins.absent]
        if self.weights and not (present and is_sound(folder, present[0], pins)):
            lacking = [*(present or self.weights)[:1], *lacking]
        optional = [name for name in self.optional if name not in pins.absent]
        return lacking + [name for name in optional if not is_sound(folder, name, pins)]


def ask_all(repository: Repository, wanted: Wanted, pins: Pins) -> tuple[list[Offered], list[str]]:
    """What has to be downloaded, and which names the repository lacks.

    Raises:
        WeightError: A needed file does not exist, or the hub refuses.
    """
    offered: list[Offered] = []
    absent: list[str] = []
    commit, have_weights = pins.commit or repository.revision, False
    for name in wanted.names:
        if (name in wanted.weights and have_weights) or name in pins.absent:
            continue
        here = is_sound(repository.folder, name, pins)
        found = None if here else ask(repository.name, name, commit)
        have_weights |= name in wanted.weights and (here or found is not None)
        if found is not None:
            commit = found.commit  # the rest from the same, whatever the branch does meanwhile
            offered.append(found)
        elif not here:
            absent.append(name)
    lacking = [name for name in wanted.files if name in absent or name in pins.absent]
    if wanted.weights and not have_weights:
        lacking.append(" or ".join(wanted.weights))
    if lacking:
        raise WeightError(
            f"{repository.name} has no {', '.join(lacking)}",
            expected="a repository of this kind of model is needed",
            remedy="choose another repository, or another family of encoders for this one",
        )
    return offered, absent


def fetch(repository: Repository, wanted: Wanted, pins: Pins, *, progress: Progress) -> Pins:
    """Download what is missing into the cache.

    Returns:
        What is now known of the repository.

    Raises:
        WeightError: As `ask_all`; the content is not what was pinned or what the hub promised; nothing is kept then.
        CancelledError: `progress` cancelled.
    """
    progress(0, 0, f"asking for {repository.name}")
    offered, absent = ask_all(repository, wanted, pins)
    pins = pins.with_absent(absent)
    if not offered:
        return pins
    folder = repository.folder
    with staging_dir() as staging:
        fetched = staging / "files"
        fetched.mkdir()
        download(repository.name, offered, fetched, progress=progress)
        digests = {file.name: sha256_of(fetched / file.name) for file in offered}
        for file in offered:
            check_pin(file.name, digests[file.name], pins, folder=folder, repository=repository.name)
            _check_promise(file, digests[file.name], repository=repository.name)
        for file in offered:
            install(fetched / file.name, folder / file.name)
            pins = pins.with_file(folder, file.name, digests[file.name])
    return replace(pins, commit=offered[0].commit)


def _check_promise(file: Offered, sha256: str, *, repository: str) -> None:
    if file.sha256 and file.sha256 != sha256:
        raise WeightError(
            f"{file.name} of {repository} arrived with SHA-256 {sha256}",
            expected=f"{file.sha256}, as the hub says, is needed",
            remedy="it was refused; try again, or check which mirror or proxy answers",
        )
