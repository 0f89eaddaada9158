"""What an installation has, what it lacks, and how to get that; imports nothing heavy, changes nothing."""

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mmdemo.encoders import DEFAULTS, find
from mmdemo.engine.encoder_files import Files, files_of
from mmdemo.engine.hub_models import known_models
from mmdemo.errors import MmdemoError
from mmdemo.store import Workspace
from mmdemo.types import Modality
from mmdemo.weights import is_cached

PACKAGES = ("torch", "torchvision", "timm", "transformers", "streamlit", "lancedb", "plotly", "av", "soundfile", "soxr")
SMALLEST_FREE_GIB = 2.0


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    OPTIONAL = "optional"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Args:
        name: What.
        state: Whether it is there; "optional" is missing but not needed.
        found: What was found.
        remedy: How to get it; empty where nothing is missing.
    """

    name: str
    state: State
    found: str
    remedy: str = ""


def check_health(path: Path | str) -> tuple[Check, ...]:
    """Look at Python, packages, weights, the workspace and the machine.

    Args:
        path: The workspace.
    """
    workspace = Workspace(path)
    return (
        _python(),
        *_packages(),
        *_weights(),
        *_hub_models(),
        *_workspace(workspace),
        *_encoders_in_use(workspace),
        *_machine(Path(path)),
    )


def _python() -> Check:
    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    remedy = "" if supported else "install Python 3.11, 3.12 or 3.13 and run `make demo` again"
    return Check("Python", State.OK if supported else State.MISSING, platform.python_version(), remedy)


def _packages() -> Iterator[Check]:
    for name in PACKAGES:
        try:
            yield Check(name, State.OK, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Check(name, State.MISSING, "not installed", "run `make install`")


def _weights() -> Iterator[Check]:
    for modality, encoder in DEFAULTS.items():
        missing = [weight for weight in find(encoder).weights if not is_cached(weight)]
        name = f"{modality} encoder {encoder}"
        if missing:
            yield Check(name, State.MISSING, f"weights {', '.join(missing)} are not here", "run `mmdemo setup`")
        else:
            yield Check(name, State.OK, "weights are here")


def _hub_models() -> Iterator[Check]:
    for model in known_models():
        name = f"{model.title}, from the model hub"
        if model.is_here:
            yield Check(name, State.OK, "on this machine")
        else:
            size = f"{model.usual_bytes / 1e6:.0f} MB"
            yield Check(name, State.OPTIONAL, "not fetched", f"`mmdemo setup --encoders hub` fetches it ({size})")


def _encoders_in_use(workspace: Workspace) -> Iterator[Check]:
    """Encoders of the version in use whose files are gone: a folder that was moved, a cache that was emptied."""
    try:
        if not workspace.exists() or workspace.current_version_id() is None:
            return
        in_use = workspace.manifest().encoders
    except MmdemoError:
        return  # the workspace's own check tells
    for modality, ref in in_use.items():
        found = files_of(ref.name, Modality(modality))
        if found in (Files.GONE, Files.HUB):
            remedy = "bring them back, or choose another encoder on the System page or with `mmdemo index`"
            yield Check(f"encoder in use {ref.name}", State.MISSING, "its files are not on this machine", remedy)


def _workspace(workspace: Workspace) -> Iterator[Check]:
    name = f"workspace {workspace.path}"
    try:
        if not workspace.exists() or workspace.current_catalog_id() is None:
            yield Check(name, State.MISSING, "no catalogue yet", "run `mmdemo import default`, then `mmdemo index`")
        elif (version := workspace.current_version_id()) is None:
            yield Check(name, State.MISSING, "a catalogue, not indexed yet", "run `mmdemo index`")
        else:
            manifest = workspace.manifest(version)
            stale = manifest.catalog_id != workspace.current_catalog_id()
            found = f"{manifest.name}: {manifest.counts['items']} items, version {version}"
            state, remedy = State.OK, ""
            if stale:
                state, remedy = State.OPTIONAL, "a newer catalogue is not indexed yet: run `mmdemo index`"
            yield Check(name, state, found, remedy)
    except MmdemoError as error:
        yield Check(name, State.MISSING, error.given, error.remedy)


def _machine(path: Path) -> Iterator[Check]:
    gpu = shutil.which("nvidia-smi") is not None
    found = "an NVIDIA driver" if gpu else f"{os.cpu_count()} CPU cores, no GPU"
    yield Check(
        "device", State.OK if gpu else State.OPTIONAL, found, "" if gpu else "none needed: everything runs here"
    )
    folder = next(parent for parent in (path.resolve(), *path.resolve().parents) if parent.exists())
    free_gib = shutil.disk_usage(folder).free / 2**30
    enough = free_gib >= SMALLEST_FREE_GIB
    remedy = "" if enough else f"free at least {SMALLEST_FREE_GIB:.0f} GiB"
    yield Check("disk", State.OK if enough else State.MISSING, f"{free_gib:.1f} GiB free", remedy)
    apt = shutil.which("apt-get") is not None
    yield Check(
        "apt-get",
        State.OK if apt else State.OPTIONAL,
        "here" if apt else "not here",
        "" if apt else "needed only for the catalogues things and wesnoth; openmoji works without",
    )
