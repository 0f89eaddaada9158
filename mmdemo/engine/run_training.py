"""Use case: train a run that was written down, or go on with one that was stopped."""

import hashlib
import importlib
import io
import json
import os
import pickle
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mmdemo.engine.fusion_data import data_sha256, prepare, split_of
from mmdemo.engine.responsive import responsive
from mmdemo.engine.run_folder import Record, RunFolder
from mmdemo.engine.runs import Run, read_run
from mmdemo.errors import CancelledError, FusionError
from mmdemo.fusion.data import FusionData
from mmdemo.fusion.report import Epoch, FusionReport
from mmdemo.fusion.settings import TrainSettings
from mmdemo.progress import Progress, silent
from mmdemo.store import Workspace
from mmdemo.store.files import disk_errors
from mmdemo.training import Checkpoint

if TYPE_CHECKING:
    from mmdemo.fusion.base import Fusion
    from mmdemo.fusion.fit import Trained
    from mmdemo.fusion.objectives.base import Objective

__all__ = ["run_data", "train_run", "trained_fusion", "trained_objective"]

_FORMAT = 1
_SAVE_S = 2.0
"""A kill costs at most this much training, beside the epoch that it falls into."""


def train_run(path: Path | str, run_id: str, *, progress: Progress = silent) -> Run:
    """Train a run to its end and measure it; one that was stopped goes on, to the same bits on a processor.

    Args:
        path: The workspace.
        run_id: From `mmdemo.engine.runs.create_run`; a run that is done is given back as it is.
        progress: Told how far it is; raising `CancelledError` from it leaves the run "cancelled", to be trained on.

    Raises:
        FusionError: There is no such run, its data lack what its objective needs, or it was begun on another version.
        WorkspaceError: Another process trains it, or the disk is full.
        WeightError: Something has to be encoded, and an encoder's weights are out of reach.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `mmdemo.encoders.load` does, and why
    folder = RunFolder(Path(path), run_id)
    folder.require()
    with folder.training():
        if folder.read().state != "done":
            _Attempt(Path(path), folder, progress).run()
    return read_run(path, run_id)


def run_data(path: Path | str, run: Run, *, progress: Progress = silent) -> FusionData:
    """What a run was or will be trained and measured on.

    Raises:
        FusionError: It was trained on another version than the one in use.
    """
    if not run.usable:
        raise FusionError(
            f"run '{run.run_id}' was trained on version {run.version_id}",
            expected="a run that was trained on the version in use is needed",
            remedy="use that version again, or train a new run",
        )
    return _data(Path(path), RunFolder(Path(path), run.run_id), run.settings, progress)


def trained_fusion(path: Path | str, run_id: str) -> "Fusion":
    """The model of a finished run.

    Raises:
        FusionError: There is no such run, it is not done, or its file is missing or damaged.
    """
    from mmdemo.fusion.storage import fusion_from_bytes

    folder = RunFolder(Path(path), run_id)
    state = folder.read().state
    try:
        content = folder.model.read_bytes() if state == "done" else b""
    except OSError:
        content = b""
    if not content:
        raise FusionError(f"run '{run_id}' has no model ({state})", expected="a finished run", remedy="train it again")
    return fusion_from_bytes(content)


def trained_objective(path: Path | str, run: Run, data: FusionData) -> "Objective | None":
    """What a finished run learned beside its fusion; None where its objective has no measures of its own.

    Args:
        path: The workspace.
        run: The run.
        data: What it was trained on, see `run_data`.

    Raises:
        FusionError: Its file is damaged.
    """
    from mmdemo.fusion.fit import build_objective
    from mmdemo.fusion.storage import load_objective

    kept = RunFolder(Path(path), run.run_id).objective
    if not kept.is_file():
        return None
    objective = build_objective(data, run.settings)
    with disk_errors(kept, "read what a run learned"):
        load_objective(objective, kept.read_bytes())
    return objective.eval()


def _data(path: Path, folder: RunFolder, settings: TrainSettings, progress: Progress) -> FusionData:
    seed, fold = split_of(settings.seed)
    chosen = folder.interactions if folder.interactions.is_file() else None
    parts = settings.needs_parts
    return prepare(path, seed=seed, fold=fold, interactions=chosen, parts=parts, progress=progress)


class _Attempt:
    """One process's part of a run; made and used with the run's lock held."""

    def __init__(self, path: Path, folder: RunFolder, progress: Progress) -> None:
        self.path, self.folder, self.progress = path, folder, progress
        self.record = _stamped(path, folder)
        self.started, self.before = time.monotonic(), self.record.seconds
        self.epochs: list[Epoch] = []
        self.saved = -_SAVE_S

    def run(self) -> None:
        """All of it; however it ends, the record says so."""
        self.write(state="running", error="", environment=_environment())
        try:
            data = _data(self.path, self.folder, self.record.settings, self.progress)
            self.write(data_sha256=data_sha256(data))
            self.finish(self.fit(data), data)
        except (CancelledError, KeyboardInterrupt):
            self.write(state="cancelled")
            raise
        except BaseException as error:
            self.write(state="failed", error=str(error) or type(error).__name__)
            raise

    def fit(self, data: FusionData) -> "Trained":
        """Train from the start or from where it was."""
        responsive(_load_optimizers, self.progress)
        from mmdemo.fusion.fit import fit

        identity = _identity(self.record)
        resume = _checkpoint(self.folder, identity)
        return fit(
            data,
            self.record.settings,
            progress=self.report,
            watch=self.watch,
            save=lambda checkpoint: self.save(identity, checkpoint),
            resume=resume,
        )

    def finish(self, trained: "Trained", data: FusionData) -> None:
        """Measure, keep the model, and only then call it done."""
        from mmdemo.fusion.evaluation import evaluate
        from mmdemo.fusion.storage import fusion_to_bytes, objective_to_bytes

        def measure(progress: Progress) -> FusionReport:
            progress(1, 1, "measuring")
            return evaluate(trained.fusion, data, objective=trained.objective, seed=self.record.settings.seed)

        report = responsive(measure, self.progress)
        self.folder.write_epochs(trained.epochs)
        if report.objective:
            self.folder.replace(self.folder.objective.name, objective_to_bytes(trained.objective))
        self.folder.replace(self.folder.model.name, fusion_to_bytes(trained.fusion))
        self.write(state="done", report=report, parameters=trained.parameters)
        with disk_errors(self.folder.path, "clear the state of a training run"):
            self.folder.checkpoint.unlink(missing_ok=True)

    def report(self, done: int, total: int, message: str) -> None:  # noqa: ARG002 - the epoch says more
        """How far the training is, in epochs."""
        epochs = self.record.settings.epochs
        loss = f": loss {self.epochs[-1].loss:.3f}" if self.epochs else ""
        self.progress(done, total, f"epoch {min(epochs, done * epochs // max(1, total) + 1)} of {epochs}{loss}")

    def watch(self, epoch: Epoch) -> None:
        """Let everybody see the epoch."""
        self.epochs.append(epoch)
        self.folder.write_epochs(tuple(self.epochs))

    def save(self, identity: str, checkpoint: Checkpoint) -> None:
        """Keep the state, not more often than is worth its cost."""
        if time.monotonic() - self.saved >= _SAVE_S:
            import torch

            content = io.BytesIO()
            torch.save({"identity": identity, **checkpoint}, content)
            self.folder.replace(self.folder.checkpoint.name, content.getvalue())
            self.saved = time.monotonic()

    def write(self, **changes: object) -> None:
        """Replace fields of the record."""
        seconds = round(self.before + time.monotonic() - self.started, 3)
        self.record = replace(self.record, seconds=seconds, **changes)  # pyright: ignore[reportArgumentType]
        self.folder.write(self.record)


def _stamped(path: Path, folder: RunFolder) -> Record:
    """The record of a run, of the version in use where nothing was trained yet.

    Raises:
        FusionError: It was begun on another version.
    """
    record, manifest = folder.read(), Workspace(path).manifest()
    if record.content_sha256 != manifest.content_sha256 and folder.checkpoint.is_file():
        raise FusionError(
            f"run '{record.run_id}' was begun on version {record.version_id}",
            expected="the version that it was begun on must be in use",
            remedy=f"use version {record.version_id} again, or train a new run",
        )
    return replace(record, version_id=manifest.version_id, content_sha256=manifest.content_sha256)


def _load_optimizers(progress: Progress) -> None:
    """Import what the first optimiser would, for seconds in which nobody could cancel."""
    progress(0, 0, "preparing data")
    importlib.import_module("torch._dynamo")


def _identity(record: Record) -> str:
    """Changes with anything that the trained weights depend on."""
    said = [_FORMAT, record.settings.as_json(), record.data_sha256]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _checkpoint(folder: RunFolder, identity: str) -> Checkpoint | None:
    """Where the run had got to; None where nothing was kept, or it is damaged or of other data."""
    import torch

    try:
        saved = torch.load(folder.checkpoint, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError):
        return None
    return saved if saved.pop("identity", None) == identity else None


def _environment() -> dict[str, object]:
    from mmdemo.metrics.report import environment
    from mmdemo.training import best_device

    return {**environment(), "device": str(best_device())}
