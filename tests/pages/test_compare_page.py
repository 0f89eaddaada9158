"""The Compare page: what it says without runs and with one, and everything it tells of two real ones."""

import shutil
import threading
from pathlib import Path

import pytest
from run_steps import PATIENCE_S, change, finish, keys

from mmdemo.engine import runs
from mmdemo.engine.run_folder import RunFolder
from mmdemo.engine.run_training import train_run
from mmdemo.fusion import FUSIONS
from mmdemo.fusion.settings import TrainSettings
from mmdemo.ui import compare_jobs, resources
from mmdemo.ui.jobs import JobState

pytestmark = pytest.mark.weights
PAGE = "pages/compare.py"


@pytest.fixture(scope="module")
def compared_workspace(tiny_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with two trained runs; for reading only."""
    path = tmp_path_factory.mktemp("compared") / "workspace"
    shutil.copytree(tiny_workspace, path)
    for fusion in ("mean", "weighted"):
        train_run(path, runs.create_run(path, TrainSettings(fusion, epochs=2)))
    return path


@pytest.fixture
def workspace(compared_workspace: Path, tmp_path: Path) -> Path:
    path = tmp_path / "workspace"
    shutil.copytree(compared_workspace, path)
    return path


def written(app) -> str:
    blocks = [*app.markdown, *app.subheader, *app.info, *app.success, *app.warning]
    return "\n".join(block.value for block in blocks).replace("\\", "")


def figures(app) -> str:
    return "\n".join(chart.proto.spec for chart in app.get("plotly_chart"))


def tables(app) -> str:
    return "\n".join(table.value.to_string() for table in app.table).replace("\\", "")


def test_without_a_catalogue_it_says_how_to_get_one(open_app, tmp_path):
    app = open_app(tmp_path / "none", PAGE)
    assert not app.exception
    assert "set_up" in keys(app)


def test_without_runs_it_says_what_will_be_here_and_leads_to_training(open_app, tiny_workspace):
    app = open_app(tiny_workspace, PAGE)
    assert not app.exception
    assert "No trained model yet" in written(app)
    assert {"compare:train", "compare:baselines", "compare:truth-measure"} <= keys(app)
    assert not app.get("plotly_chart")
    app.button(key="compare:train").click().run()
    assert [title.value for title in app.title] == ["Train"]


def test_one_run_asks_for_another_and_the_fixed_fusions_come_with_a_click(open_app, workspace):
    runs.delete_run(workspace, "000002-weighted")
    app = open_app(workspace, PAGE)
    assert not app.exception
    assert "One model is not a comparison" in written(app)
    fixed = [name for name, spec in FUSIONS.items() if not spec.learned]
    assert app.button(key="compare:baselines").label == f"Add {len(fixed) - 1} fixed fusions"
    app.button(key="compare:baselines").click().run()
    app = finish(app)
    assert not app.exception
    assert {run.settings.fusion for run in runs.list_runs(workspace) if run.state == "done"} == set(fixed)
    assert len(app.multiselect(key="run").value) == len(fixed)
    assert "compare:baselines" not in keys(app)


def test_two_runs_are_scored_compared_query_by_query_and_costed(open_app, workspace):
    app = finish(open_app(workspace, PAGE))
    assert not app.exception
    report = runs.read_run(workspace, "000001-mean").report
    assert report is not None
    assert f"{report.queries} queries" in written(app)
    assert "right most often" in figures(app)
    assert "behind" in figures(app)
    assert {"Recall@1", "Recall@5", "Recall@10", "MRR"} <= set(app.table[0].value.columns)
    assert f"{report.recall[10]:.1%}" in tables(app)
    assert "highest" in tables(app)
    assert any(verdict in tables(app) for verdict in ("no real difference", "really worse"))
    assert {"Parameters", "Training", "Answer time", "Memory"} <= set(app.table[-1].value.columns)
    assert "By chance: Recall@1" in written(app)
    [job] = resources.job_queue().jobs()
    assert job.state is JobState.DONE
    app.run()
    assert len(resources.job_queue().jobs()) == 1, "a comparison is made once"


def test_the_same_query_brings_two_lists_their_overlap_and_the_moves(open_app, workspace):
    app = open_app(workspace, PAGE, show="Same query", words="a red circle")
    assert not app.exception
    [lists] = [block.proto.body for block in app.get("html") if "<table" in block.proto.body]
    assert "Mean</th>" in lists
    assert "Weighted mean</th>" in lists
    assert lists.count("<tr") == 11
    assert lists.count("<img") == 20
    assert "results are in both lists (overlap@10" in written(app)
    assert "place in the list" in figures(app)
    app.segmented_control(key="compare-ask").set_value("item").run()
    assert not app.exception
    assert app.selectbox(key="compare-item").value
    app.text_input(key="compare-find").set_value("no such thing").run()
    assert "No item has all of these words" in written(app)
    assert "Nothing is asked yet" in written(app)


def test_the_query_of_the_recommend_page_is_taken(open_app, workspace):
    app = open_app(workspace, "", text=["a high tone"]).switch_page(PAGE)
    app.session_state["show"] = "Same query"
    app.run()
    assert not app.exception
    assert app.segmented_control(key="compare-ask").value == "draft"
    assert "“a high tone”" in written(app)


def test_what_each_used_is_drawn(open_app, workspace):
    app = open_app(workspace, PAGE, show="What each used")
    assert not app.exception
    assert "mean weight, share of the whole" in figures(app)


def test_stress_is_measured_with_a_click_and_kept(open_app, workspace):
    import streamlit as st

    app = open_app(workspace, PAGE, show="Stress")
    assert "Not measured yet" in written(app)
    app.button(key="compare:stress").click().run()
    app = finish(app)
    assert not app.exception
    assert "share of queries without their pictures" in figures(app)
    assert {"0%", "50%", "100%"} <= set(app.table[0].value.columns)
    assert "compare:stress" not in keys(app)
    st.cache_resource.clear()
    app = open_app(workspace, PAGE, show="Stress")
    assert "share of queries without their pictures" in figures(app)
    app.segmented_control(key="compare-stress-kind").set_value("noise").run()
    assert "Not measured yet" in written(app)


def test_a_run_that_learned_tags_is_stressed_on_them_too(open_app, workspace):
    train_run(workspace, runs.create_run(workspace, TrainSettings("mean", objective="classify", epochs=1)))
    app = open_app(workspace, PAGE, show="Stress")
    app.button(key="compare:stress").click().run()
    app = finish(app)
    measures = app.segmented_control(key="compare-stress-measure")
    assert [option.content for option in measures.proto.options] == [
        "finding items (Recall@10)",
        "their labels (mean average precision)",
        "their labels (F1)",
    ]
    assert len(app.table[0].value) == 3
    measures.set_value("F1").run()
    assert not app.exception
    assert len(app.table[0].value) == 1
    assert "share of test items without their pictures" in figures(app)


@pytest.mark.parametrize(
    ("view", "button", "kind"), [("Stress", "stress", "stress"), ("Weight and signal", "truth-measure", "truth")]
)
def test_a_cancelled_measurement_says_so_and_can_be_started_again(open_app, workspace, view, button, kind):
    app = open_app(workspace, PAGE, show=view)
    held = threading.Event()
    resources.job_queue().submit("another job", lambda progress: held.wait(PATIENCE_S))
    app.button(key=f"compare:{button}").click().run()
    assert app.button(key=f"compare:{button}").disabled
    job = compare_jobs.running(kind)
    assert job is not None
    app.button(key=f"cancel:{job.job_id}").click().run()
    held.set()
    app = finish(app)
    assert not app.exception
    assert job.state is JobState.CANCELLED
    assert "What was measured before is kept" in written(app)
    assert not app.button(key=f"compare:{button}").disabled


def test_runs_that_cannot_be_compared_stand_apart_with_why(open_app, workspace):
    ids = [runs.create_run(workspace, TrainSettings("mean")) for _ in range(3)]
    change(workspace, ids[0], state="failed", error="the disk is full")
    done = RunFolder(workspace, "000001-mean").read()
    change(workspace, ids[1], state="done", report=done.report, content_sha256="0" * 64)
    change(workspace, ids[2], state="cancelled")
    app = open_app(workspace, PAGE)
    assert not app.exception
    assert sorted(app.multiselect(key="run").options) == ["Mean", "Weighted mean"]
    words = written(app)
    assert "the disk is full" in words
    assert "holds other items or other vectors" in words
    assert "stopped before it was finished" in words


def test_with_one_chosen_it_asks_for_a_second(open_app, workspace):
    app = open_app(workspace, PAGE, run=["Mean"])
    assert not app.exception
    assert app.multiselect(key="run").value == ["000001-mean"]
    assert "Choose at least two models" in written(app)
