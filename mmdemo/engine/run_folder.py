"""One training run on disk: `WORKSPACE/runs/RUN_ID` with its record, its epochs, its state and its model.

```
run.json             settings, what it was trained on, how it ended; replaced as a whole
epochs.json          what happened so far; replaced after each epoch
interactions.csv     who chose what, where the run was given such a file
checkpoint.pt        what a stopped run goes on from; gone once it is done
model.safetensors    the trained fusion; there only when it is done
objective.safetensors  what was learned beside it, where the objective has measures of its own; likewise
writer.lock          held by the process that trains it
```
A folder without run.json is no run: it is being made, or its maker was killed.
"""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmdemo.errors import FusionError, MmdemoError, WorkspaceError
from mmdemo.fusion.report import Epoch, FusionReport
from mmdemo.fusion.settings import TrainSettings
from mmdemo.store.document import Fields, read_document, to_json
from mmdemo.store.files import disk_errors, replace_file
from mmdemo.store.writer_lock import WriterLock

FORMAT = 1
RUNS = "runs"
STATES = ("queued", "running", "interrupted", "done", "cancelled", "failed")
_ID = re.compile(r"[0-9]{6,}-[a-z0-9][a-z0-9-]{0,63}")
_LOCK_WAIT_S = 1.0
"""Long enough for a reader that is looking whether anybody holds the lock."""


@dataclass(frozen=True, slots=True)
class Record:
    """What run.json holds; for the fields see `mmdemo.engine.runs.Run`."""

    run_id: str
    title: str
    state: str
    settings: TrainSettings
    version_id: str
    content_sha256: str
    data_sha256: str
    created: str
    seconds: float
    parameters: int
    report: FusionReport | None
    environment: Mapping[str, Any]
    error: str

    @classmethod
    def read(cls, path: Path) -> "Record":
        """Read strictly.

        Raises:
            WorkspaceError: It is missing, damaged or of a newer format.
            FusionError: The settings or the report in it are not what mmdemo writes.
        """
        fields = read_document(path, newest_format=FORMAT)
        fields.count("format")
        state = fields.text("state")
        if state not in STATES:
            raise FusionError(f"the state '{state}' in {path}", expected=", ".join(STATES), remedy="delete the run")
        record = cls(
            run_id=fields.text("run_id"),
            title=fields.text("title"),
            state=state,
            settings=_plain(TrainSettings, fields, "settings"),
            version_id=fields.text("version_id"),
            content_sha256=fields.digest("content_sha256"),
            data_sha256=fields.text("data_sha256"),
            created=fields.time("created"),
            seconds=fields.number("seconds"),
            parameters=fields.count("parameters"),
            report=None if fields.is_null("report") else _plain(FusionReport, fields, "report"),
            environment=fields.mapping("environment"),
            error=fields.text("error"),
        )
        fields.no_others()
        return record

    def as_json(self) -> dict[str, Any]:
        """What `read` reads."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        report = None if self.report is None else self.report.as_json()
        settings, environment = self.settings.as_json(), dict(self.environment)
        return {**plain, "format": FORMAT, "settings": settings, "report": report, "environment": environment}


class RunFolder:
    """The folder of one run; making this object touches no disk.

    Args:
        workspace: Folder of the workspace.
        run_id: Which run.

    Raises:
        FusionError: That is no run's id (so it can never lead out of the workspace).
    """

    def __init__(self, workspace: Path, run_id: str) -> None:
        if not _ID.fullmatch(run_id):
            raise FusionError(
                f"the run {run_id!r}",
                expected="an id like 000001-attention is needed",
                remedy="choose a run that is listed",
            )
        self.run_id = run_id
        self.path = workspace / RUNS / run_id
        self.model = self.path / "model.safetensors"
        self.objective = self.path / "objective.safetensors"
        self.checkpoint = self.path / "checkpoint.pt"
        self.interactions = self.path / "interactions.csv"
        self._epochs = self.path / "epochs.json"
        self._lock = self.path / "writer.lock"

    def exists(self) -> bool:
        """Whether there is such a run."""
        return (self.path / "run.json").is_file()

    def require(self) -> None:
        """Do nothing where the run is there.

        Raises:
            FusionError: It is not.
        """
        if not self.exists():
            raise FusionError(
                f"there is no run '{self.run_id}'",
                expected="one of this workspace is needed",
                remedy="choose a run that is listed",
            )

    def read(self) -> Record:
        """The record.

        Raises:
            FusionError: The run is not there, or its record is damaged.
        """
        self.require()
        try:
            record = Record.read(self.path / "run.json")
        except WorkspaceError as error:
            raise FusionError(error.given, expected=error.expected, remedy="delete the run and train again") from error
        if record.run_id != self.run_id:
            raise FusionError(
                f"{self.path} holds run '{record.run_id}'", expected="its own is needed", remedy="rename the folder"
            )
        return record

    def write(self, record: Record) -> None:
        """Replace the record in one step.

        Raises:
            WorkspaceError: The disk is full or read-only.
        """
        self.replace("run.json", to_json(record.as_json(), what="run.json"))

    def read_epochs(self) -> tuple[Epoch, ...]:
        """What happened so far; nothing where none is over or the file is damaged, for the model holds without it."""
        try:
            return tuple(Epoch.from_json(each) for each in json.loads(self._epochs.read_bytes())["epochs"])
        except (OSError, MmdemoError, TypeError, ValueError, KeyError):
            return ()

    def write_epochs(self, epochs: tuple[Epoch, ...]) -> None:
        """Replace what happened so far in one step; raises as `write`."""
        content = {"format": FORMAT, "epochs": [epoch.as_json() for epoch in epochs]}
        self.replace("epochs.json", to_json(content, what="epochs.json"))

    def replace(self, name: str, data: bytes) -> None:
        """Make `data` the content of one of the files in one step; raises as `write`."""
        with disk_errors(self.path, "keep a training run"):
            replace_file(self.path / name, data, staging=self.path / "staging")

    def model_bytes(self) -> int:
        """Size of the trained model; 0 where there is none."""
        return self.model.stat().st_size if self.model.is_file() else 0

    @contextmanager
    def training(self) -> Iterator[None]:
        """Be the only one who trains or deletes this run during the block.

        Raises:
            WorkspaceError: Another process does; says which.
        """
        with WriterLock(self._lock).hold("train", wait_s=_LOCK_WAIT_S):
            yield

    def is_alive(self) -> bool:
        """Whether somebody is training it now."""
        try:
            with self._lock.open("rb") as stream:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def remove(self) -> None:
        """Delete the run; for readers it is gone at once.

        Raises:
            WorkspaceError: It is being trained, or the folder cannot be written.
        """
        with self.training(), disk_errors(self.path, "delete a training run"):
            grave = self.path.with_name(f".gone-{os.urandom(8).hex()}")
            self.path.rename(grave)
            shutil.rmtree(grave, ignore_errors=True)


def run_ids(workspace: Path) -> list[str]:
    """Ids of all runs, newest first."""
    return sorted(_complete(workspace), key=_age, reverse=True)


def make_folder(workspace: Path, name: str) -> RunFolder:
    """An empty folder for a new run, numbered after all others.

    Args:
        workspace: Folder of the workspace.
        name: What follows the number.
    """
    with disk_errors(workspace, "make a folder for a training run"):
        (workspace / RUNS).mkdir(exist_ok=True)
        while True:
            taken = [_age(entry)[0] for entry in os.listdir(workspace / RUNS) if _ID.fullmatch(entry)]
            folder = RunFolder(workspace, f"{max(taken, default=0) + 1:06d}-{name}")
            try:
                folder.path.mkdir()
            except FileExistsError:
                continue  # another process was faster
            return folder


def _complete(workspace: Path) -> Iterator[str]:
    with disk_errors(workspace / RUNS, "list the training runs"):
        try:
            names = os.listdir(workspace / RUNS)
        except FileNotFoundError:
            return
    yield from (name for name in names if _ID.fullmatch(name) and RunFolder(workspace, name).exists())


def _age(run_id: str) -> tuple[int, str]:
    return int(run_id.partition("-")[0]), run_id


def _plain(kind: Any, fields: Fields, name: str) -> Any:
    """Settings or a report out of plain JSON."""
    try:
        return kind.from_json(fields.mapping(name))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise FusionError(
            f"the {name} of a run are damaged ({error!r})",
            expected="what mmdemo wrote is needed",
            remedy="delete the run",
        ) from error
