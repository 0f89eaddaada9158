"""Measurements of models of behaviour, kept beside the version they are of.

A file a model and division. Its name says everything that the measurement depends on: the choices, the version's
vectors, the division, and the code that fits and judges; whatever of it changes, the model is measured afresh.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import mmdemo.metrics
import mmdemo.recommend
from mmdemo.engine.behaviour import Source, Used, features_in_use, interactions_in_use, opened
from mmdemo.engine.leaderboard_report import Leaderboard, LeaderboardRow, SplitName
from mmdemo.errors import InteractionsError
from mmdemo.interactions import ItemFeatures
from mmdemo.recommend.behaviour.table import BEHAVIOUR
from mmdemo.store import Workspace

if TYPE_CHECKING:
    from mmdemo.recommend.judging.leaks import Leak

_TEXT, _PER_USER = "measured", "per_user"


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What models are judged on, and where what comes of it is kept.

    Args:
        workspace: The workspace.
        version_id: Of the version in use.
        used: All choices, among the items of that version.
        features: Of the same items.
        choices_sha256: Hash of the choices.
    """

    workspace: Workspace
    version_id: str
    used: Used
    features: ItemFeatures
    choices_sha256: str

    @classmethod
    def of(cls, source: Source) -> "Subject":
        """What is in use in a workspace; a second or two where the engine is not open yet.

        Raises:
            WorkspaceError: It has no version yet, or cannot be read.
            InteractionsError: What was imported cannot be read.
        """
        engine = opened(source)
        used = interactions_in_use(engine)
        return cls(engine.workspace, engine.summary.version, used, features_in_use(engine), used.sha256())


class Kept:
    """What has been measured on one division, and a place for more.

    Args:
        subject: What is judged on.
        split: How its choices are divided.
        seed: Of the division and the models.
        tuned: Whether settings are chosen on a validation part.

    Attributes:
        rows: Models to what came of them; what cannot be read counts as not measured.

    Raises:
        WorkspaceError: The disk cannot be read.
    """

    def __init__(self, subject: Subject, split: SplitName, seed: int, *, tuned: bool) -> None:
        self._subject = subject
        self._division = (split, seed, tuned)
        self._said = [split, seed, tuned, subject.choices_sha256, code_hash()]
        self._leaks: tuple[Leak, ...] = ()
        self.rows: dict[str, LeaderboardRow] = {}
        there = set(subject.workspace.behaviour.keys(subject.version_id))
        for name in BEHAVIOUR:
            if self._key(name) in there:
                self._read(name)

    def add(self, row: LeaderboardRow, leaks: "Iterable[Leak]") -> None:
        """Keep what came of one model, and what the division gives away.

        Raises:
            WorkspaceError: The disk is full or read-only.
        """
        self.rows[row.model], self._leaks = row, tuple(leaks)
        report = row.report.as_json()
        names = list(report.pop(_PER_USER))
        values = np.stack([row.report.per_user[name] for name in names])
        said = {
            "report": report,
            "names": names,
            "leaks": [asdict(leak) for leak in self._leaks],
            "seconds": row.seconds,
            "ms": row.ms,
            "memory_mb": row.memory_mb,
            "options": dict(row.options),
            "tried": row.tried,
            "choosing_seconds": row.choosing_seconds,
        }
        texts = {_TEXT: json.dumps(said, allow_nan=False)}
        subject = self._subject
        if subject.version_id in subject.workspace.versions():  # it may have been removed meanwhile
            subject.workspace.behaviour.write(subject.version_id, self._key(row.model), {_PER_USER: values}, texts)

    def board(self, models: Iterable[str]) -> Leaderboard:
        """Those of `models` that are measured, in the order of the table."""
        asked = set(models)
        rows = tuple(self.rows[name] for name in BEHAVIOUR if name in asked and name in self.rows)
        used = self._subject.used
        return Leaderboard(*self._division, rows, self._leaks, used.simulated, used.about)

    def _read(self, name: str) -> None:
        from mmdemo.recommend.judging.leaks import Leak
        from mmdemo.recommend.judging.report import BehaviourReport

        content = self._subject.workspace.behaviour.read(self._subject.version_id, self._key(name))
        if content is None:
            return
        arrays, texts = content
        try:
            said = json.loads(texts[_TEXT])
            per_user = dict(zip(said["names"], arrays[_PER_USER], strict=True))
            report = BehaviourReport.from_json({**said["report"], _PER_USER: per_user})
            self.rows[name] = LeaderboardRow(
                name,
                report,
                float(said["seconds"]),
                float(said["ms"]),
                float(said["memory_mb"]),
                dict(said["options"]),
                int(said["tried"]),
                float(said["choosing_seconds"]),
            )
            self._leaks = tuple(Leak(**leak) for leak in said["leaks"])
        except (InteractionsError, ValueError, KeyError, TypeError):
            self.rows.pop(name, None)

    def _key(self, name: str) -> str:
        return "judged-" + hashlib.sha256(json.dumps([name, *self._said]).encode()).hexdigest()[:24]


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Hash of the code that fits models and judges them."""
    found = hashlib.sha256()
    behaviour = Path(str(mmdemo.recommend.__file__)).parent
    folders = (behaviour / "behaviour", behaviour / "judging", Path(str(mmdemo.metrics.__file__)).parent)
    for file in (file for folder in folders for file in sorted(folder.rglob("*.py"))):
        found.update(file.read_bytes())
    return found.hexdigest()
