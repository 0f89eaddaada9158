"""Use cases around alignments: measure and compare them, train one into a new version, say how the one in use does."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmdemo.align import METHODS, find
from mmdemo.align.evaluation import best, evaluate_each, overall
from mmdemo.align.report import AlignmentReport
from mmdemo.align.storage import FIRST_METHOD
from mmdemo.engine.measured import EXCLUDED, Measured, Question, find_measured, keep_measured
from mmdemo.errors import WorkspaceError
from mmdemo.progress import Progress, silent
from mmdemo.store import Manifest, Workspace
from mmdemo.types import Modality

__all__ = [
    "EXCLUDED",
    "InUse",
    "Measured",
    "Question",
    "best",
    "compare_alignments",
    "in_use",
    "known_alignments",
    "measure_alignments",
    "overall",
    "train_alignment",
    "version_alignment",
]


@dataclass(frozen=True, slots=True)
class InUse:
    """The alignment of the version in use.

    Args:
        version: The version's id.
        method: Name of its alignment.
        measured: How good it is; None where that has not been measured.
        versions: Version ids by the alignment that each holds, newest last, of the same catalogue and encoders.
    """

    version: str
    method: str
    measured: Measured | None
    versions: dict[str, str]


def compare_alignments(
    path: Path | str,
    methods: Sequence[str] = (),
    *,
    folds: int = 5,
    seed: int = 0,
    exclude: Sequence[str] = EXCLUDED,
    progress: Progress = silent,
) -> dict[str, AlignmentReport]:
    """Cross-validate alignments on the workspace's catalogue with the encoders of the version in use.

    Args:
        path: The workspace.
        methods: Names from `mmdemo.align.METHODS`; none means all.
        folds: Parts of the cross-validation.
        seed: For the parts, the fits and the bootstrap.
        exclude: Items with one of these tags take no part.
        progress: Told how far it is; may cancel. What was finished by then is kept.

    Returns:
        Method to what was measured with centred vectors, in the order of `methods`.

    Raises:
        SpaceMismatchError: No such method, or nothing to measure with.
        WorkspaceError: The workspace has no version yet, or it cannot be read.
    """
    question = Question(folds, seed, tuple(exclude))
    measured = measure_alignments(path, methods, question=question, progress=progress)
    return {method: found.centred for method, found in measured.items()}


def measure_alignments(
    path: Path | str,
    methods: Sequence[str] = (),
    *,
    question: Question | None = None,
    again: bool = False,
    progress: Progress = silent,
) -> dict[str, Measured]:
    """Like `compare_alignments`, with the vectors as they are beside the centred ones.

    Args:
        path: The workspace.
        methods: Names from `mmdemo.align.METHODS`; none means all.
        question: How to measure; None means the default way.
        again: Measure even what was measured before.
        progress: Told how far it is; may cancel.
    """
    asked = question or Question()
    names = [find(name).name for name in methods] or list(METHODS)
    workspace, manifest = _read(path)
    known = {} if again else find_measured(workspace, manifest, names, asked)
    missing = [name for name in names if name not in known]
    if missing:
        known |= _measure(workspace, manifest, missing, asked, progress=progress)
    return {name: known[name] for name in names}


def known_alignments(path: Path | str, *, question: Question | None = None) -> dict[str, Measured]:
    """What has been measured already on the catalogue of the version in use; reads files only."""
    workspace, manifest = _read(path)
    return find_measured(workspace, manifest, METHODS, question or Question())


def train_alignment(
    path: Path | str,
    method: str,
    *,
    seed: int = 0,
    question: Question | None = None,
    use: bool = True,
    progress: Progress = silent,
) -> str:
    """Fit an alignment on the whole catalogue, place every item anew, calibrate, and store it as a new version.

    How good it is on items it has not seen is measured first, where that is not known yet, and kept with the version.
    No version is removed.

    Args:
        path: The workspace.
        method: One of `mmdemo.align.METHODS`.
        seed: For fitting and calibrating.
        question: How to measure; None means the default way.
        use: Put the new version in use, in one step, once it is complete.
        progress: Told how far it is; may cancel; then no version is made.

    Returns:
        The new version's id.

    Raises:
        SpaceMismatchError: No such method.
        WorkspaceError: The workspace has no version of its catalogue yet, another process is writing, or the disk is
            full.
    """
    from mmdemo.indexing import index_workspace

    workspace, manifest = _read(path)
    if manifest.catalog_id != workspace.current_catalog_id():
        raise WorkspaceError(
            f"version {manifest.version_id} is of an older catalogue than the one in use",
            expected="a version of the catalogue in use is needed",
            remedy="index the workspace with `mmdemo index` first",
        )
    measured = measure_alignments(path, [method], question=question, progress=progress)[method]
    return index_workspace(
        workspace,
        encoders={Modality(name): ref.name for name, ref in manifest.encoders.items()},
        alignment=method,
        metrics={"alignment": measured.as_json()},
        switch=use,
        seed=seed,
        progress=progress,
    )


def in_use(path: Path | str) -> InUse:
    """What alignment the version in use has, and how good it is; reads files only.

    Raises:
        WorkspaceError: The workspace has no version yet, or it is damaged.
    """
    workspace, manifest = _read(path)
    method = version_alignment(manifest)
    if "alignment" in manifest.metrics:
        measured = Measured.from_json(manifest.metrics["alignment"])
    else:
        measured = find_measured(workspace, manifest, [method], Question()).get(method)
    versions = {}
    for version in workspace.versions():
        other = workspace.manifest(version)
        if (other.catalog_id, other.encoders) == (manifest.catalog_id, manifest.encoders):
            versions[version_alignment(other)] = version
    return InUse(manifest.version_id, method, measured, {**versions, method: manifest.version_id})


def version_alignment(manifest: Manifest) -> str:
    """Name of the alignment that a version was made with."""
    name = str(manifest.settings.get("asked_alignment", manifest.settings["alignment"]))
    return "ridge" if name == FIRST_METHOD else name


def _read(path: Path | str) -> tuple[Workspace, Manifest]:
    workspace = Workspace(path)
    workspace.require()
    return workspace, workspace.manifest()


def _measure(
    workspace: Workspace, manifest: Manifest, methods: Sequence[str], question: Question, *, progress: Progress
) -> dict[str, Measured]:
    import numpy as np

    from mmdemo.encoders import complete
    from mmdemo.indexing import IndexingRun

    items = workspace.read_catalog(manifest.catalog_id).items
    encoders = {Modality(name): ref.name for name, ref in manifest.encoders.items()}
    data, _ = IndexingRun(workspace, items, complete(encoders), progress=progress).encode()
    found = {}
    for number, method in enumerate(methods):
        reports = evaluate_each(
            method,
            data,
            folds=question.folds,
            seed=question.seed,
            exclude=np.array([not set(question.exclude).isdisjoint(item.tags) for item in items], np.bool_),
            ids=[item.item_id for item in items],
            progress=_one_of(progress, number, len(methods)),
        )
        found[method] = Measured(reports[True], reports[False])
        keep_measured(workspace, manifest, method, question, found[method])
    return found


def _one_of(progress: Progress, number: int, count: int) -> Progress:
    """Progress of one of several measurements as a part of all of them."""

    def report(done: int, total: int, message: str) -> None:
        progress(number * total + done, count * total, message)

    return report
