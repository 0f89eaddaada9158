"""Do learned weights follow the signal? Measured on generated worlds, encoded by the encoders of the version in use."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import mmdemo.fusion
import mmdemo.training
from mmdemo.catalog.world import World
from mmdemo.encoders import complete
from mmdemo.engine.library import encoders_in_use
from mmdemo.engine.truth_worlds import LEVELS, MODALITIES, code_hash, truth_worlds, world_bits, world_vectors
from mmdemo.fusion import find
from mmdemo.fusion.truth_report import TruthPoint, TruthReport, WorldRun
from mmdemo.progress import Progress, silent
from mmdemo.store import Workspace
from mmdemo.types import Modality

__all__ = ["FUSIONS_ASKED", "TruthPoint", "TruthReport", "WorldRun", "fusion_code_hash", "known_truth", "measure_truth"]

FUSIONS_ASKED = ("attention", "transformer", "hmdf")
"""Those whose weights are meant to say what they listen to."""
_STEPS = 100
"""Of progress, for encoding a world and for each training."""
_TEXT = "runs"


def measure_truth(
    path: Path | str,
    *,
    fusions: Sequence[str] = FUSIONS_ASKED,
    seeds: Sequence[int] = (0,),
    items: int = 200,
    progress: Progress = silent,
) -> TruthReport:
    """Train fusions on worlds whose modalities share out the truth, and hold their weights against it.

    What was measured before is not measured again, and what is finished is kept when this is cancelled.

    Args:
        path: The workspace.
        fusions: Names from `mmdemo.fusion.FUSIONS`.
        seeds: For each, three worlds are made, with other shares each.
        items: How many a world has.
        progress: Told how far it is; may cancel.

    Raises:
        FusionError: No such fusion, or it has nothing to learn.
        EncoderError: An encoder cannot read what is generated.
        WorkspaceError: The workspace has no version yet, or the disk is full.
    """
    workspace, names = _read(path)
    asked = [find(fusion).name for fusion in fusions]
    worlds = truth_worlds(seeds, items=items)
    known = {(run.fusion, run.world): run for run in _kept(workspace, names)}
    for number, (name, world) in enumerate(worlds.items()):
        missing = [fusion for fusion in asked if (fusion, name) not in known]
        if missing:
            told = _one_of(progress, number, len(worlds))
            _weigh(workspace, names, world, name, missing, known=known, seed=world.seed, progress=told)
    return TruthReport(tuple(known[fusion, name] for fusion in asked for name in worlds))


def known_truth(path: Path | str) -> TruthReport | None:
    """Everything measured so far with the encoders in use; None where nothing was. Reads files only.

    Raises:
        WorkspaceError: The workspace has no version yet, or cannot be read.
    """
    runs = _kept(*_read(path))
    return TruthReport(tuple(runs)) if runs else None


def _read(path: Path | str) -> tuple[Workspace, dict[Modality, str]]:
    workspace = Workspace(path)
    workspace.require()
    workspace.manifest()
    names = complete(encoders_in_use(workspace))
    return workspace, {modality: names[modality] for modality in MODALITIES}


def _weigh(
    workspace: Workspace,
    names: Mapping[Modality, str],
    world: World,
    name: str,
    fusions: Sequence[str],
    *,
    known: dict[tuple[str, str], WorldRun],
    seed: int,
    progress: Progress,
) -> None:
    """Train each of `fusions` in one world, and add what comes of it to `known` and to the workspace."""
    from mmdemo.fusion.truth import WIDTH, signal_data, weigh

    parts = len(fusions) + 1
    told = _one_of(progress, 0, parts)
    vectors = world_vectors(world, names, workspace.cache, width=WIDTH, progress=told)
    data = signal_data(vectors, world.factors(), LEVELS, seed=seed)
    for number, fusion in enumerate(fusions, start=1):
        told = _one_of(progress, number, parts)
        known[fusion, name] = weigh(data, fusion, world_bits(world), world=name, seed=seed, progress=told)
        text = json.dumps([run.as_json() for run in known.values()], allow_nan=False)
        workspace.fusions.write(workspace.manifest().version_id, _key(names), {}, {_TEXT: text})


def _kept(workspace: Workspace, names: Mapping[Modality, str]) -> list[WorldRun]:
    """What was measured before; what cannot be read counts as not measured."""
    kept = workspace.fusions.read(workspace.manifest().version_id, _key(names))
    if kept is None:
        return []
    try:
        return [WorldRun.from_json(run) for run in json.loads(kept[1][_TEXT])]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _key(names: Mapping[Modality, str]) -> str:
    """A name for what was measured with these encoders and this code."""
    said = [sorted(names.items()), code_hash(), fusion_code_hash()]
    return f"truth-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]}"


@lru_cache(maxsize=1)
def fusion_code_hash() -> str:
    """Hash of the code that fuses and trains."""
    digest = hashlib.sha256()
    files = sorted(Path(str(mmdemo.fusion.__file__)).parent.rglob("*.py"))
    for file in (*files, Path(str(mmdemo.training.__file__))):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _one_of(progress: Progress, number: int, count: int) -> Progress:
    """Progress of one of several pieces of work as a part of all of them."""

    def report(done: int, total: int, message: str) -> None:
        share = done / total if total else 0.0
        progress(round((number + share) * _STEPS), count * _STEPS, message)

    return report
