"""The alignment panel under the map: measured, compared, trained, used."""

import shutil
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mmdemo.align import METHODS
from mmdemo.engine.alignments import compare_alignments, in_use, measure_alignments
from mmdemo.store import Workspace

pytestmark = pytest.mark.weights
PATIENCE_S = 120


def panel() -> None:
    from mmdemo.ui import alignment_panel, layout

    with layout.frame("space"):
        alignment_panel.draw()


@pytest.fixture(scope="module")
def measured_workspace(tiny_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which the alignment in use and another are measured; for reading only."""
    path = tmp_path_factory.mktemp("panel") / "workspace"
    shutil.copytree(tiny_workspace, path)
    compare_alignments(path, sorted({in_use(path).method, "zero-shot", "ridge"}))
    return path


@pytest.fixture
def open_panel(monkeypatch: pytest.MonkeyPatch):
    import streamlit as st

    st.cache_resource.clear()

    def open_on(workspace: Path) -> AppTest:
        monkeypatch.setenv("MMDEMO_WORKSPACE", str(workspace))
        return AppTest.from_function(panel, default_timeout=PATIENCE_S).run()

    yield open_on
    st.cache_resource.clear()


def written(app: AppTest) -> str:
    return "\n".join(block.value for block in [*app.markdown, *app.info, *app.success, *app.warning])


def finish(app: AppTest) -> AppTest:
    """Run the page until its task has ended."""
    from mmdemo.ui import resources

    deadline = time.monotonic() + PATIENCE_S
    while resources.job_queue().active() and time.monotonic() < deadline:
        resources.job_queue().active()[-1].wait(PATIENCE_S)
    return app.run()


def test_without_a_version_it_draws_nothing(open_panel, tmp_path: Path) -> None:
    app = open_panel(tmp_path / "none")
    assert not app.exception
    assert not app.button


def test_what_was_measured_is_shown_with_chance_intervals_and_failures(open_panel, measured_workspace: Path) -> None:
    app = open_panel(measured_workspace)
    assert not app.exception
    table = app.table[0].value
    assert {"Recall@10", "95% interval", "Chance", "Median rank"} <= set(table.columns)
    assert "text → picture" in table.iloc[:, 0].tolist()
    words = written(app)
    for expected in ("Recall@k", "Modality gap", "Hubness", "Alignment", "Uniformity", "Which items fail?", "of 24"):
        assert expected in words
    app.session_state["alignment:k"] = 1
    app.run()
    assert "Recall@1" in app.table[0].value.columns
    centred = app.table[0].value.to_string()
    app.toggle(key="alignment:centred").set_value(False).run()
    assert not app.exception
    assert "Not centred" in written(app)
    assert app.table[0].value.to_string() != centred


def test_every_alignment_is_explained_and_the_best_is_marked(open_panel, measured_workspace: Path) -> None:
    app = open_panel(measured_workspace)
    words = written(app).replace("\\", "")
    for method in METHODS.values():
        assert method.summary.rstrip(".")[1:] in words
        assert method.reference in words
    assert [box.value for box in app.checkbox] == [True] * len(METHODS)
    assert "Best over all kinds of media" in words
    assert "best]" in words


def test_an_alignment_that_was_not_measured_is_measured_with_a_click(
    open_panel, tiny_workspace: Path, tmp_path: Path
) -> None:
    shutil.copytree(tiny_workspace, tmp_path / "workspace")
    app = open_panel(tmp_path / "workspace")
    assert "Not measured yet" in written(app)
    app.button(key="alignment:measure-this").click().run()
    app = finish(app)
    assert not app.exception
    assert "Not measured yet" not in written(app)
    assert in_use(tmp_path / "workspace").measured is not None


def test_measuring_others_training_one_and_using_the_best(open_panel, measured_workspace: Path, tmp_path: Path) -> None:
    path = tmp_path / "workspace"
    shutil.copytree(measured_workspace, path)
    before = Workspace(path).current_version_id()
    other = "zero-shot" if in_use(path).method != "zero-shot" else "ridge"
    app = open_panel(path)
    app.button(key=f"alignment:train:{other}").click().run()
    app = finish(app)
    assert not app.exception
    assert "The version in use stays as it was" in written(app)
    assert Workspace(path).current_version_id() == before
    assert len(Workspace(path).versions()) == 2
    app.button(key=f"alignment:use:{other}").click().run()
    assert not app.exception
    assert in_use(path).method == other
    assert METHODS[other].title in written(app).replace("\\", "")
    assert "stays as it was" not in written(app)


def test_a_cancelled_measurement_says_so_and_leaves_the_rest(open_panel, tiny_workspace: Path, tmp_path: Path) -> None:
    from mmdemo.ui import alignment_jobs

    path = tmp_path / "workspace"
    shutil.copytree(tiny_workspace, path)
    app = open_panel(path)
    app.button(key="alignment:measure-this").click().run()
    task = alignment_jobs.last()
    assert task is not None
    task.job.cancel()
    app = finish(app)
    assert not app.exception
    assert "cancelled" in written(app) or in_use(path).measured is not None


def test_what_cannot_be_measured_is_told_with_its_remedy(open_panel, measured_workspace: Path, tmp_path: Path) -> None:
    path = tmp_path / "workspace"
    shutil.copytree(measured_workspace, path)
    measure_alignments(path, ["zero-shot"])
    for lock in path.glob("versions/*/manifest.json"):
        lock.write_text("{}")
    app = open_panel(path)
    assert not app.exception
    assert "What to do" in written(app)
