"""Measuring and training alignments on a real workspace; what was measured is kept, and no version is lost."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mmdemo.engine import Engine, import_into
from mmdemo.engine.alignments import (
    Question,
    compare_alignments,
    in_use,
    known_alignments,
    measure_alignments,
    train_alignment,
    version_alignment,
)
from mmdemo.engine.measured import Measured, find_measured
from mmdemo.errors import CancelledError, SpaceMismatchError, WorkspaceError
from mmdemo.store import Workspace
from mmdemo.types import Modality, Query, QueryPart

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def measured_workspace(tiny_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which two alignments have been measured; for reading only."""
    path = tmp_path_factory.mktemp("measured") / "workspace"
    shutil.copytree(tiny_workspace, path)
    compare_alignments(path, ["ridge", "zero-shot"])
    return path


@pytest.fixture
def workspace(measured_workspace: Path, tmp_path: Path) -> Path:
    shutil.copytree(measured_workspace, tmp_path / "workspace")
    return tmp_path / "workspace"


def refuse(done: int, total: int, message: str) -> None:
    raise AssertionError(f"nothing should be computed, but: {message}")


def test_what_was_measured_is_not_measured_again(measured_workspace: Path) -> None:
    reports = compare_alignments(measured_workspace, ["ridge", "zero-shot"], progress=refuse)
    assert list(reports) == ["ridge", "zero-shot"]
    assert reports["zero-shot"].pairs[Modality.TEXT, Modality.IMAGE].pairs == 24
    assert reports["zero-shot"].centred
    assert known_alignments(measured_workspace).keys() == {"ridge", "zero-shot"}


def test_another_question_is_another_measurement(workspace: Path) -> None:
    for question in (Question(folds=3), Question(seed=1), Question(exclude=("circle",))):
        assert known_alignments(workspace, question=question) == {}
    asked = Question(folds=3)
    found = measure_alignments(workspace, ["zero-shot"], question=asked)
    assert found["zero-shot"].centred.folds == 3
    assert known_alignments(workspace, question=asked) == found
    assert known_alignments(workspace)["zero-shot"].centred.folds == 5


def test_again_means_again(workspace: Path) -> None:
    said: list[str] = []
    measure_alignments(workspace, ["zero-shot"], again=True, progress=lambda *report: said.append(report[2]))
    assert any("part 5 of 5" in message for message in said)


def test_tags_leave_items_out(workspace: Path) -> None:
    engine = Engine.open(workspace)
    tag, count = engine.tags()[0]
    report = compare_alignments(workspace, ["zero-shot"], exclude=[tag], folds=2)["zero-shot"]
    assert report.items == 24 - count
    left_out = {item.item_id for item in engine.items if tag in item.tags}
    assert left_out.isdisjoint(failure.item_id for failure in report.failures)


def test_a_damaged_measurement_counts_as_none(workspace: Path) -> None:
    for file in (workspace / "measured").rglob("ridge-*"):
        file.write_bytes(file.read_bytes()[:-9])
    assert known_alignments(workspace).keys() == {"zero-shot"}
    opened, manifest = Workspace(workspace), Workspace(workspace).manifest()
    assert manifest.catalog_id is not None
    opened.measured.write(manifest.catalog_id, Question().key("ridge", manifest), {}, {"measured": "{}"})
    assert find_measured(opened, manifest, ["ridge"], Question()) == {}


def test_a_trained_alignment_is_a_new_version_that_answers(workspace: Path) -> None:
    before = Workspace(workspace).versions()
    version = train_alignment(workspace, "zero-shot")
    opened = Workspace(workspace)
    assert opened.versions() == [*before, version]
    assert opened.current_version_id() == version
    manifest = opened.manifest()
    kept = Measured.from_json(manifest.metrics["alignment"])
    assert kept == known_alignments(workspace)["zero-shot"]
    json.dumps(manifest.metrics, allow_nan=False)
    now = in_use(workspace)
    assert (now.version, now.method, now.measured) == (version, "zero-shot", kept)
    assert now.versions["zero-shot"] == version
    engine = Engine.open(workspace)
    text = engine.items[0].media[Modality.TEXT]
    assert engine.recommend(Query((QueryPart(Modality.TEXT, text),), k=1)).ids
    assert {table.space for name, table in opened.read_version().tables.items() if name.startswith("shared.")} == {
        "zero-shot"
    }


def test_training_can_leave_the_version_in_use_alone_and_removes_none(workspace: Path) -> None:
    first = Workspace(workspace).current_version_id()
    made = [train_alignment(workspace, method, use=False) for method in ("zero-shot", "ridge", "zero-shot")]
    assert Workspace(workspace).current_version_id() == first
    assert Workspace(workspace).versions() == [first, *made]
    known = in_use(workspace).versions
    assert (known["zero-shot"], known["ridge"]) == (made[2], made[1])


def test_cancelled_training_leaves_no_version(workspace: Path) -> None:
    before = Workspace(workspace).versions()

    def cancel(done: int, total: int, message: str) -> None:
        if "shared space" in message:
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        train_alignment(workspace, "ridge", progress=cancel)
    assert Workspace(workspace).versions() == before


def test_cancelled_measuring_keeps_what_was_finished(tiny_workspace: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_workspace, tmp_path / "workspace")

    def cancel(done: int, total: int, message: str) -> None:
        if message.startswith("Ridge"):
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        compare_alignments(tmp_path / "workspace", ["zero-shot", "ridge"], progress=cancel)
    assert known_alignments(tmp_path / "workspace").keys() == {"zero-shot"}


def test_a_version_of_an_older_catalogue_is_not_trained_on(workspace: Path) -> None:
    import_into(workspace, "world", n=12, seed=5)
    with pytest.raises(WorkspaceError, match="mmdemo index"):
        train_alignment(workspace, "zero-shot")


def test_an_alignment_of_the_first_mmdemo_has_todays_name(measured_workspace: Path) -> None:
    manifest = Workspace(measured_workspace).manifest()
    assert version_alignment(replace(manifest, settings={"alignment": "text-pivot"})) == "ridge"
    assert version_alignment(replace(manifest, settings={"alignment": "zero-shot", "asked_alignment": "kernel"})) == (
        "kernel"
    )


def test_what_cannot_be_measured_is_told(measured_workspace: Path, tmp_path: Path) -> None:
    with pytest.raises(SpaceMismatchError, match="alignment 'magic'"):
        compare_alignments(measured_workspace, ["magic"])
    with pytest.raises(WorkspaceError, match="mmdemo import"):
        compare_alignments(tmp_path / "none")
    Workspace(tmp_path / "empty").create("empty")
    with pytest.raises(WorkspaceError, match="mmdemo index"):
        in_use(tmp_path / "empty")
