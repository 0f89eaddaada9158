"""Where the files of an encoder are: here, within reach, or nowhere yet. Asks no network."""

from enum import StrEnum
from pathlib import Path

from mmdemo.encoders import ENCODERS, find
from mmdemo.encoders.choice import Choice, split
from mmdemo.encoders.openclip_files import OPENCLIP_DEFAULT
from mmdemo.encoders.video_3d_models import is_here
from mmdemo.errors import MmdemoError
from mmdemo.types import Modality
from mmdemo.weights import WEIGHTS, is_cached
from mmdemo.weights.hub_pins import is_sound, read_pins
from mmdemo.weights.hub_repository import parse_repository


class Files(StrEnum):
    """Where an encoder's files are, from the best case to the worst."""

    HERE = "here"
    REGISTRY = "registry"
    """They are fetched from the package registry when they are first needed."""
    HUB = "hub"
    """They are fetched from a model hub or their makers when first needed, or come from a folder of the user's."""
    UNNAMED = "unnamed"
    """The family needs to be told which model."""
    GONE = "gone"
    """They were here, or should be, and are not."""


_WORST_FIRST = tuple(reversed(Files))


def files_of(name: str, modality: Modality) -> Files:
    """Where the files are of all that a name joins; the worst of them.

    Args:
        name: As `mmdemo.encoders.find` takes it; one that does not exist (any more) is gone.
        modality: What it takes.
    """
    try:
        full = _settled(name, modality)
        if full is None:
            return Files.UNNAMED
        found = [_files_of_one(choice) for choice in split(full, families=ENCODERS)]
    except MmdemoError:
        return Files.GONE
    return next(state for state in _WORST_FIRST if state in found)


def size_of(name: str, modality: Modality) -> int | None:
    """Bytes of the files that a name needs; None where only its source tells."""
    full = _settled(name, modality)
    choices = () if full is None else split(full, families=ENCODERS)
    sizes = [_size_of_one(choice) for choice in choices]
    return None if None in sizes or not sizes else sum(filter(None, sizes))


def _settled(name: str, modality: Modality) -> str | None:
    """The full name; None where it lacks a source that its family needs."""
    for choice in split(name, families=ENCODERS):
        spec = ENCODERS.get(choice.family)
        if spec is not None and spec.source and not (choice.source or spec.default_source):
            return None
    return find(name, modality=modality).name


def _files_of_one(choice: Choice) -> Files:
    spec = ENCODERS[choice.family]
    source = choice.source or spec.default_source
    if spec.origin == "built":
        return files_of(source, Modality.IMAGE)
    if spec.origin == "offline" and source == spec.default_source:
        return Files.HERE if all(is_cached(weight) for weight in spec.weights) else Files.REGISTRY
    if Path(source).expanduser().exists() or (spec.name == "video-3d" and is_here(source)):
        return Files.HERE
    if spec.origin != "hub" or is_path(source):
        return Files.GONE
    return Files.HERE if _was_fetched(_repository(spec.name, source)) else Files.HUB


def _repository(family: str, source: str) -> str:
    """The repository behind a source; of OpenCLIP's other tags only the library itself can tell."""
    if source == OPENCLIP_DEFAULT:
        return "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"
    return f"timm/{source}" if family == "timm" and "/" not in source else source


def _was_fetched(source: str) -> bool:
    """Whether a repository's files were fetched before and are all still there."""
    repository = parse_repository(source)
    if repository is None:
        return False
    pins = read_pins(repository.folder)
    return bool(pins.files) and all(is_sound(repository.folder, name, pins) for name in pins.files)


def is_path(source: str) -> bool:
    """Whether a source can only be a path: names of models and repositories begin with a letter or a digit."""
    return source.startswith(("/", "./", "../", "~", ".\\", "..\\")) or source[1:3] in (":\\", ":/")


def _size_of_one(choice: Choice) -> int | None:
    spec = ENCODERS[choice.family]
    if spec.origin == "built":
        return size_of(choice.source or spec.default_source, Modality.IMAGE)
    ours = spec.weights and choice.source in ("", spec.default_source)
    return sum(WEIGHTS[weight].size_bytes for weight in spec.weights) if ours else None
