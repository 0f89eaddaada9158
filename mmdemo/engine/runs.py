"""Training runs of a workspace: each a version of a fusion with its settings, its data's hash and its figures.

Everything here reads and writes small files and loads neither torch nor vectors; training itself is in
`mmdemo.engine.run_training`. A run whose process died reads as "interrupted" and can be trained on from where it was.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mmdemo.engine.run_folder import Record, RunFolder, make_folder, run_ids
from mmdemo.errors import CatalogError, FusionError, MmdemoError
from mmdemo.fusion import find
from mmdemo.fusion.report import Epoch, FusionReport
from mmdemo.fusion.settings import TrainSettings
from mmdemo.store import Workspace
from mmdemo.store.files import disk_errors, replace_file, sync_folder

__all__ = ["Run", "create_run", "delete_run", "list_runs", "read_run", "run_in_use", "use_run"]

POINTER = "FUSION"
RESUMABLE = frozenset({"queued", "interrupted", "cancelled", "failed"})


@dataclass(frozen=True, slots=True)
class Run:
    """One training run.

    Args:
        run_id: Like "000001-attention"; ids sort by age.
        title: For people.
        state: "queued", "running", "interrupted" (its process died), "done", "cancelled" or "failed".
        settings: What was asked for.
        version_id: The version whose vectors it was trained on.
        data_sha256: Hash of the training data and what they are from; empty before they were prepared.
        created: When it was asked for, UTC, ISO 8601.
        seconds: Spent on preparing, training and measuring, all parts of a resumed run together.
        parameters: Numbers that the fusion learns; 0 before it is done.
        bytes: Size of the trained fusion on disk; 0 before it is done.
        epochs: What happened so far.
        report: How well it does on the test items; None before it is done.
        environment: Versions of the libraries and the machine it was trained with.
        error: Why it failed; empty where it did not.
        in_use: Whether it is the one that ranks recommendations.
        usable: Whether the version in use holds what it was trained on, so that it can rank.
    """

    run_id: str
    title: str
    state: str
    settings: TrainSettings
    version_id: str
    data_sha256: str
    created: str
    seconds: float
    parameters: int
    bytes: int
    epochs: tuple[Epoch, ...]
    report: FusionReport | None
    environment: Mapping[str, Any]
    error: str
    in_use: bool
    usable: bool

    @property
    def resumable(self) -> bool:
        """Whether `train_run` has anything left to do."""
        return self.state in RESUMABLE


def list_runs(path: Path | str) -> tuple[Run, ...]:
    """Every run, newest first; one whose record is damaged is left out.

    Raises:
        WorkspaceError: The folder cannot be read.
    """
    workspace = Path(path)
    content, in_use = _content_in_use(workspace), _in_use_or_none(workspace)
    found = []
    for run_id in run_ids(workspace):
        try:
            found.append(_run(RunFolder(workspace, run_id), content, in_use))
        except MmdemoError:
            continue
    return tuple(found)


def read_run(path: Path | str, run_id: str) -> Run:
    """One run as it is at this moment.

    Raises:
        FusionError: There is no such run, or it is damaged.
    """
    workspace = Path(path)
    return _run(RunFolder(workspace, run_id), _content_in_use(workspace), _in_use_or_none(workspace))


def create_run(
    path: Path | str, settings: TrainSettings, *, title: str = "", interactions: Path | str | None = None
) -> str:
    """Write down a run that is to be trained on the version in use; trains nothing.

    Args:
        path: The workspace.
        settings: How to train.
        title: For people; empty names the fusion and the run's number.
        interactions: CSV file with the columns "user" and "item", of which a copy is kept with the run.

    Returns:
        The run's id.

    Raises:
        FusionError: No such fusion.
        CatalogError: The file with the interactions cannot be read.
        WorkspaceError: The workspace has no version yet, or the disk is full.
    """
    spec = find(settings.fusion)
    workspace = Workspace(path)
    workspace.require()
    manifest = workspace.manifest()
    folder = make_folder(workspace.path, settings.fusion)
    try:
        if interactions is not None:
            folder.replace(folder.interactions.name, _read(Path(interactions)))
        number = int(folder.run_id.partition("-")[0])
        folder.write(
            Record(
                run_id=folder.run_id,
                title=title.strip() or f"{spec.title}, run {number}",
                state="queued",
                settings=settings,
                version_id=manifest.version_id,
                content_sha256=manifest.content_sha256,
                data_sha256="",
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                seconds=0.0,
                parameters=0,
                report=None,
                environment={},
                error="",
            )
        )
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return folder.run_id


def delete_run(path: Path | str, run_id: str) -> None:
    """Remove a run and its model; where it was in use, none is afterwards.

    Raises:
        FusionError: There is no such run.
        WorkspaceError: It is being trained, or the folder cannot be written.
    """
    folder = RunFolder(Path(path), run_id)
    folder.require()
    folder.remove()
    if _in_use_or_none(Path(path)) == run_id:
        use_run(path, None)


def use_run(path: Path | str, run_id: str | None) -> None:
    """Let a run rank recommendations from now on, in one step; None goes back to ranking by evidence.

    Raises:
        FusionError: There is no such run, it is not done, or it was trained on something else than the version in use.
        WorkspaceError: The folder cannot be written.
    """
    workspace = Path(path)
    pointer = workspace / POINTER
    if run_id is not None:
        run = read_run(workspace, run_id)
        if run.state != "done":
            raise FusionError(
                f"run '{run_id}' is {run.state}", expected="a finished run is needed", remedy="train it first"
            )
        if not run.usable:
            raise FusionError(
                f"run '{run_id}' was trained on version {run.version_id}",
                expected="one that was trained on the version in use is needed",
                remedy="train a new run",
            )
    with disk_errors(pointer, "change which run ranks"):
        if run_id is None:
            pointer.unlink(missing_ok=True)
        else:
            replace_file(pointer, f"{run_id}\n".encode("ascii"), staging=workspace / "staging")
        sync_folder(workspace)


def run_in_use(path: Path | str) -> str | None:
    """Id of the run that ranks, which may have gone or become unusable since; None where evidence ranks.

    Raises:
        WorkspaceError: The file that says so cannot be read.
        FusionError: It is damaged.
    """
    pointer = Path(path) / POINTER
    with disk_errors(pointer, "read which run ranks"):
        try:
            content = pointer.read_bytes()
        except FileNotFoundError:
            return None
    return RunFolder(Path(path), content.decode("ascii", errors="replace").removesuffix("\n")).run_id


def _in_use_or_none(workspace: Path) -> str | None:
    """Like `run_in_use`, with a damaged pointer taken for none, so that the runs can still be seen."""
    try:
        return run_in_use(workspace)
    except FusionError:
        return None


def _content_in_use(workspace: Path) -> str:
    """Hash of what the version in use holds; empty where there is none."""
    try:
        return Workspace(workspace).manifest().content_sha256
    except MmdemoError:
        return ""


def _run(folder: RunFolder, content_in_use: str, in_use: str | None) -> Run:
    record = folder.read()
    if record.state == "running" and not folder.is_alive():
        record = folder.read()  # it may have ended between the two looks
        record = replace(record, state="interrupted") if record.state == "running" else record
    return Run(
        run_id=record.run_id,
        title=record.title,
        state=record.state,
        settings=record.settings,
        version_id=record.version_id,
        data_sha256=record.data_sha256,
        created=record.created,
        seconds=record.seconds,
        parameters=record.parameters,
        bytes=folder.model_bytes(),
        epochs=folder.read_epochs(),
        report=record.report,
        environment=record.environment,
        error=record.error,
        in_use=record.run_id == in_use,
        usable=record.content_sha256 == content_in_use,
    )


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CatalogError(
            f"{file} cannot be read ({error.strerror})",
            expected="a CSV file of users and items",
            remedy="check the path",
        ) from error
