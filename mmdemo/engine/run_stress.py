"""Use case: what becomes of trained runs when a modality is missing or noisy; kept, so that none is measured twice."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from mmdemo.engine.responsive import responsive
from mmdemo.engine.run_training import run_data, trained_fusion, trained_objective
from mmdemo.engine.runs import Run, read_run
from mmdemo.errors import MmdemoError
from mmdemo.fusion.report import StressPoint
from mmdemo.fusion.stress import LEVELS, Kind
from mmdemo.progress import Progress, silent
from mmdemo.store import Workspace
from mmdemo.types import Modality

_TEXT = "points"


def measure_stress(
    path: Path | str, run_ids: Sequence[str], *, kind: Kind, modality: Modality, progress: Progress = silent
) -> dict[str, tuple[StressPoint, ...]]:
    """Recall@10 of finished runs at every level of stress, and the measures of what they were trained for.

    Args:
        path: The workspace.
        run_ids: Runs that were trained on the version in use.
        kind: "missing" or "noise".
        modality: Which modality of the queries.
        progress: Told how far it is; may cancel. What was measured by then is kept.

    Raises:
        FusionError: A run is not there, not done, or of another version, or its data have no such modality.
    """
    from mmdemo.fusion.stress import stress

    workspace = Workspace(path)
    found = known_stress(path, run_ids, kind=kind, modality=modality)
    for done, run_id in enumerate(dict.fromkeys(run_ids)):
        if run_id in found:
            continue
        run = read_run(path, run_id)
        fusion = trained_fusion(path, run_id)
        data = run_data(path, run, progress=progress)
        objective = trained_objective(path, run, data)

        def work(report: Progress) -> tuple[StressPoint, ...]:
            report(done, len(run_ids), f"stressing {run.title}")  # noqa: B023 - called before the next turn
            return stress(fusion, data, kind=kind, modality=modality, objective=objective)  # noqa: B023

        points = responsive(work, progress)
        text = json.dumps([point.as_json() for point in points])
        workspace.fusions.write(run.version_id, _key(run, kind, modality), {}, {_TEXT: text})
        found[run_id] = points
    return {run_id: found[run_id] for run_id in run_ids}


def known_stress(
    path: Path | str, run_ids: Sequence[str], *, kind: Kind, modality: Modality
) -> dict[str, tuple[StressPoint, ...]]:
    """What has been measured before, by run; reads files only."""
    workspace = Workspace(path)
    found = {}
    for run_id in dict.fromkeys(run_ids):
        try:
            run = read_run(path, run_id)
            kept = workspace.fusions.read(run.version_id, _key(run, kind, modality))
            if kept is not None:
                found[run_id] = tuple(StressPoint.from_json(point) for point in json.loads(kept[1][_TEXT]))
        except (MmdemoError, ValueError, KeyError):
            continue
    return found


def _key(run: Run, kind: Kind, modality: Modality) -> str:
    """Changes with the run, not only with its id: that of a deleted run may come again."""
    said = [run.run_id, run.created, run.data_sha256, run.settings.as_json(), kind, str(modality), LEVELS]
    return "stress-" + hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:24]
