"""The Train page: what is there without runs, real runs from click to ranking, and everything that can go wrong."""

import shutil
import time
from pathlib import Path

import pytest
from run_steps import PATIENCE_S, change, finish, keys

from mmdemo.engine import runs
from mmdemo.engine.run_folder import RunFolder
from mmdemo.engine.run_training import train_run
from mmdemo.errors import CancelledError
from mmdemo.fusion import FUSIONS
from mmdemo.fusion.settings import TrainSettings

pytestmark = pytest.mark.weights
PAGE = "pages/train.py"


@pytest.fixture(scope="module")
def trained_workspace(tiny_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with one short run of attention; for reading only."""
    path = tmp_path_factory.mktemp("trained") / "workspace"
    shutil.copytree(tiny_workspace, path)
    train_run(path, runs.create_run(path, TrainSettings("attention", epochs=2)))
    return path


@pytest.fixture
def workspace(trained_workspace: Path, tmp_path: Path) -> Path:
    path = tmp_path / "workspace"
    shutil.copytree(trained_workspace, path)
    return path


def written(app) -> str:
    blocks = [*app.markdown, *app.info, *app.success, *app.warning]
    tables = [table.value.to_csv() for table in app.table]
    return "\n".join([*(block.value for block in blocks), *tables]).replace("\\", "")


def unfold(app):
    app.session_state["train-form"] = True
    return app.run()


def wait(job) -> None:
    assert job is not None
    assert job.wait(PATIENCE_S)


def test_without_a_catalogue_it_says_how_to_get_one(open_app, tmp_path):
    app = open_app(tmp_path / "none", PAGE)
    assert not app.exception
    assert "set_up" in keys(app)
    assert not any(key.startswith("train:") for key in keys(app))


def test_without_runs_one_click_trains_and_the_run_is_told_in_full(open_app, workspace):
    [old] = runs.list_runs(workspace)
    runs.delete_run(workspace, old.run_id)
    app = open_app(workspace, PAGE)
    assert not app.exception
    assert "Here you will watch a fusion learn" in written(app)
    app.button(key="train:first").click().run()
    assert not app.exception
    app = finish(app)
    assert not app.exception
    [run] = runs.list_runs(workspace)
    assert (run.state, run.settings) == ("done", TrainSettings("attention"))
    words = written(app)
    assert "Recall@10" in words
    assert "by chance" in words
    assert "train:first" not in keys(app)
    app.button(key=f"train:details:{run.run_id}").click().run()
    assert not app.exception
    words = written(app)
    for expected in (run.data_sha256, "MRR", "Learning rate", run.version_id, "Torch"):
        assert expected in words
    assert len(app.get("plotly_chart")) == 2


def test_every_fusion_is_offered_with_its_sentence_and_what_cannot_be_learned_with_its_reason(open_app, tiny_workspace):
    app = open_app(tiny_workspace, PAGE)
    assert not app.checkbox, "folded, nothing of the form is drawn"
    app = unfold(app)
    assert not app.exception
    assert {box.key for box in app.checkbox} == {f"train:fusion:{name}" for name in FUSIONS}
    words = written(app)
    for spec in FUSIONS.values():
        assert spec.summary.rstrip(".")[1:] in words
        assert app.checkbox(key=f"train:fusion:{spec.name}").value == (spec.name == "attention")
    assert "self-supervised" not in words
    assert app.radio(key="train:objective").value == "self-supervised"
    assert "Predict a number** · The items have no number to predict" in words
    app.checkbox(key="train:fusion:attention").uncheck().run()
    assert app.button(key="train:start").disabled


def test_several_fusions_with_other_settings_are_queued_and_each_can_be_cancelled(open_app, workspace):
    from mmdemo.ui import resources, train_jobs

    app = unfold(open_app(workspace, PAGE))
    app.checkbox(key="train:fusion:mean").check().run()
    app.checkbox(key="train:fusion:hybrid").check().run()
    app.number_input(key="train:setting:epochs").set_value(3).run()
    app.segmented_control(key="train:setting:optimizer").set_value("sgd").run()
    assert app.button(key="train:start").label == "Queue 3 fusions"
    blocker = resources.job_queue().submit("waits", lambda _: time.sleep(2))
    app.button(key="train:start").click().run()
    assert not app.exception
    assert not app.checkbox, "the form is folded again"
    made = {run.settings.fusion: run for run in runs.list_runs(workspace)[:3]}
    assert set(made) == {"mean", "hybrid", "attention"}
    assert all((run.settings.epochs, run.settings.optimizer) == (3, "sgd") for run in made.values())
    assert train_jobs.ahead(made["mean"].run_id) == 1
    app.button(key=f"train:cancel:{made['hybrid'].run_id}").click().run()
    assert not app.exception
    assert "not started" in written(app)
    wait(blocker)
    app = finish(app)
    assert not app.exception
    assert [runs.read_run(workspace, made[name].run_id).state for name in ("mean", "hybrid", "attention")] == [
        "done",
        "queued",
        "done",
    ]
    app.button(key=f"train:resume:{made['hybrid'].run_id}").click().run()
    finish(app)
    assert runs.read_run(workspace, made["hybrid"].run_id).state == "done"


def test_a_stopped_run_shows_its_curves_goes_on_and_can_be_deleted(open_app, workspace):
    run_id = runs.create_run(workspace, TrainSettings("transformer", epochs=4))

    def stop(done: int, total: int, message: str) -> None:
        if RunFolder(workspace, run_id).read_epochs():
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        train_run(workspace, run_id, progress=stop)
    app = open_app(workspace, PAGE)
    assert not app.exception
    app.button(key=f"train:details:{run_id}").click().run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 2
    assert "Not measured" in written(app)
    change(workspace, run_id, state="running")  # as a killed process leaves it
    app = app.run()
    assert "interrupted" in written(app)
    app.button(key=f"train:resume:{run_id}").click().run()
    app = finish(app)
    assert not app.exception
    assert runs.read_run(workspace, run_id).state == "done"
    app.button(key=f"train:delete-now:{run_id}").click().run()
    assert not app.exception
    assert [run.settings.fusion for run in runs.list_runs(workspace)] == ["attention"]


def test_a_failed_run_says_why(open_app, workspace):
    [run] = runs.list_runs(workspace)
    change(workspace, run.run_id, state="failed", error="The loss is no number.", report=None)
    app = open_app(workspace, PAGE)
    assert not app.exception
    assert "The loss is no number." in written(app)
    assert f"train:resume:{run.run_id}" in keys(app)


def test_a_run_made_for_an_older_version_is_labelled_and_cannot_rank(open_app, workspace):
    [run] = runs.list_runs(workspace)
    runs.use_run(workspace, run.run_id)
    change(workspace, run.run_id, content_sha256="0" * 64)
    app = open_app(workspace, PAGE)
    assert not app.exception
    assert "made for an older version" in written(app)
    assert app.button(key=f"train:use:{run.run_id}").disabled
    app = app.switch_page("pages/recommend.py").run()
    assert not app.exception
    assert "Ranked by: **calibrated evidence**" in written(app)
    assert "was made for an older version" in written(app)


def test_a_click_lets_a_run_rank_and_another_brings_the_evidence_back(open_app, workspace):
    [run] = runs.list_runs(workspace)
    app = open_app(workspace, text="a red circle")
    assert "Ranked by: **calibrated evidence**" in written(app)
    before = answer(app)
    app = app.switch_page(PAGE).run()
    app.button(key=f"train:use:{run.run_id}").click().run()
    assert not app.exception
    assert runs.run_in_use(workspace) == run.run_id
    assert "ranks the Recommend page" in written(app)
    app = app.switch_page("pages/recommend.py").run()
    assert not app.exception
    assert f"Ranked by: **{run.title}**" in written(app)
    fused = answer(app)
    assert fused.scores.tolist() != before.scores.tolist()
    assert "Ranked by the trained fusion" not in written(app), "it is said once"
    app.button(key=f"why:{fused.ids[0]}").click().run()
    assert not app.exception
    assert f"The order is that of **{run.title}**" in written(app)
    app.button(key="ranked-by:back").click().run()
    assert not app.exception
    assert runs.run_in_use(workspace) is None
    assert answer(app).ids == before.ids


def answer(app):
    return app.session_state["answer"][1]


def test_a_damaged_run_is_told_and_evidence_goes_on_ranking(open_app, workspace):
    [run] = runs.list_runs(workspace)
    runs.use_run(workspace, run.run_id)
    (workspace / "runs" / run.run_id / "run.json").write_text("{}")
    app = open_app(workspace, text="a red circle")
    assert not app.exception
    assert "What to do" in written(app)
    assert len(answer(app).ids) > 0
    app.button(key="ranked-by:back").click().run()
    assert "What to do" not in written(app)
    app = app.switch_page(PAGE).run()
    assert not app.exception
