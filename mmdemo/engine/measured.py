"""Measurements of alignments, kept beside the catalogue they were made on, so that none is made twice.

They hold for a catalogue, its encoders and the code that measures; a change of any of these leaves them behind.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import mmdemo.align
import mmdemo.metrics
from mmdemo.align.report import AlignmentReport
from mmdemo.errors import WorkspaceError
from mmdemo.store import Manifest, Workspace

EXCLUDED = ("symbols",)
"""Tags of items that take no part in measuring: of letters, digits and signs no word says which is which."""
_TEXT = "measured"


@dataclass(frozen=True, slots=True)
class Question:
    """How alignments are measured.

    Args:
        folds: Parts of the cross-validation.
        seed: For the parts, the fits and the bootstrap.
        exclude: Items with one of these tags take no part.
    """

    folds: int = 5
    seed: int = 0
    exclude: tuple[str, ...] = field(default=EXCLUDED)

    def key(self, method: str, manifest: Manifest) -> str:
        """A name for the measurement of `method` on the catalogue and with the encoders of a version."""
        encoders = sorted((modality, ref.key) for modality, ref in manifest.encoders.items())
        said = [self.folds, self.seed, sorted(set(self.exclude)), encoders, code_hash()]
        return f"{method}-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One alignment, measured with centred vectors and with vectors as they are."""

    centred: AlignmentReport
    uncentred: AlignmentReport

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {"centred": self.centred.as_json(), "uncentred": self.uncentred.as_json()}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Measured":
        """Read strictly.

        Raises:
            WorkspaceError: It is something else.
        """
        if not isinstance(content, Mapping) or content.keys() != {"centred", "uncentred"}:
            raise WorkspaceError(
                "a stored measurement of an alignment without its two halves",
                expected="what mmdemo wrote is needed",
                remedy="measure the alignment again",
            )
        return cls(*(AlignmentReport.from_json(content[name]) for name in ("centred", "uncentred")))


def find_measured(
    workspace: Workspace, manifest: Manifest, methods: Iterable[str], question: Question
) -> dict[str, Measured]:
    """What has been measured already of these methods; one that cannot be read counts as not measured."""
    found = {}
    for method in methods:
        kept = None
        if manifest.catalog_id is not None:
            kept = workspace.measured.read(manifest.catalog_id, question.key(method, manifest))
        if kept is not None and _TEXT in kept[1]:
            try:
                found[method] = Measured.from_json(json.loads(kept[1][_TEXT]))
            except (WorkspaceError, ValueError):
                continue
    return found


def keep_measured(
    workspace: Workspace, manifest: Manifest, method: str, question: Question, measured: Measured
) -> None:
    """Keep one measurement.

    Raises:
        WorkspaceError: The disk is full or read-only.
    """
    if manifest.catalog_id is not None:
        text = json.dumps(measured.as_json(), allow_nan=False)
        workspace.measured.write(manifest.catalog_id, question.key(method, manifest), {}, {_TEXT: text})


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Hash of the code that fits and measures."""
    digest = hashlib.sha256()
    for package in (mmdemo.align, mmdemo.metrics):
        for file in sorted(Path(str(package.__file__)).parent.rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
