"""`mmdemo import`, `mmdemo index`, `mmdemo setup`."""

import argparse
import json
from typing import TYPE_CHECKING

from mmdemo.cli import terminal
from mmdemo.types import Modality

if TYPE_CHECKING:
    from mmdemo.store import Workspace


def import_catalog(arguments: argparse.Namespace) -> int:
    """Read a source into the workspace and print its report."""
    from mmdemo.catalog import default_source
    from mmdemo.engine import import_into
    from mmdemo.store import Workspace

    workspace = Workspace(arguments.workspace)
    if arguments.if_empty and workspace.exists() and workspace.current_catalog_id() is not None:
        print(f"{arguments.workspace} has a catalogue already")
        return 0
    source = default_source() if arguments.source == "default" else arguments.source
    given = {"n": arguments.items, "seed": arguments.seed}
    options = {name: value for name, value in given.items() if value is not None}
    report = import_into(arguments.workspace, source, add=arguments.add, progress=terminal.progress(), **options)
    if arguments.json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
        return 0
    print(f"read {report.read}, kept {report.kept}, skipped {len(report.skipped)}, duplicates {len(report.duplicates)}")
    for where, why in report.skipped[:20]:
        print(f"  skipped {where}: {why}")
    if len(report.skipped) > 20:
        print(f"  and {len(report.skipped) - 20} more; --json prints them all")
    for note in report.notes:
        print(f"  {note}")
    return 0


def index(arguments: argparse.Namespace) -> int:
    """Index the workspace's catalogue."""
    from mmdemo.engine import reindex
    from mmdemo.store import Workspace

    workspace = Workspace(arguments.workspace)
    chosen = {modality: name for modality in Modality if (name := getattr(arguments, modality))}
    if arguments.if_stale and not chosen and arguments.alignment is None and _is_current(workspace):
        print(f"{arguments.workspace} is indexed already")
        return 0
    version = reindex(
        arguments.workspace,
        encoders=chosen,
        alignment=arguments.alignment,
        seed=arguments.seed,
        progress=terminal.progress(),
    )
    manifest = workspace.manifest(version)
    encoders = ", ".join(f"{modality} {ref.name}" for modality, ref in manifest.encoders.items())
    print(f"version {version} is in use ({encoders}; alignment {manifest.settings['alignment']})")
    return 0


def setup(arguments: argparse.Namespace) -> int:
    """Fetch every offline weight that is not cached yet, or the models of the hub."""
    if arguments.encoders == "hub":
        return _setup_hub()
    from mmdemo.encoders import DEFAULTS, find
    from mmdemo.weights import fetch

    for name in sorted({weight for encoder in DEFAULTS.values() for weight in find(encoder).weights}):
        print(f"{name}: {fetch(name, progress=terminal.progress())}")
    return 0


def _setup_hub() -> int:
    """Fetch OpenCLIP and CLAP, telling first how large they are."""
    from mmdemo.engine.hub_models import fetch_hub_model, known_models, left_to_download

    for model in known_models():
        left = left_to_download(model)
        size = f"{left / 1e6:.0f} MB to download" if left else "on this machine already"
        print(f"{model.title} ({model.repository}, {model.licence}): {size}", flush=True)
    chosen = {}
    for model in known_models():
        fetch_hub_model(model, progress=terminal.progress())
        chosen |= model.encoders
    options = " ".join(f"--{modality} {name}" for modality, name in chosen.items())
    print(f"to index with them: mmdemo index {options}")
    return 0


def _is_current(workspace: "Workspace") -> bool:
    """Whether the version in use was made from the catalogue in use."""
    if not workspace.exists() or workspace.current_version_id() is None:
        return False
    return workspace.manifest().catalog_id == workspace.current_catalog_id()
