"""The System page's encoders: choosing others, what it costs, the change, going back, what runs, training."""

import shutil
import time

import pytest
from hub_server import running_hub

from mmdemo.store import Workspace

PAGE = "pages/system.py"
FAMILY, SOURCE = "encoders:{}:{}:0:family", "encoders:{}:{}:0:source:{}"
PATIENCE_S = 120


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """No test asks a real hub."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def workspace(tiny_workspace, tmp_path):
    shutil.copytree(tiny_workspace, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


def written(app) -> str:
    blocks = [*app.markdown, *app.info, *app.success, *app.warning]
    return "\n".join([*(block.value for block in blocks), *(str(t.value) for t in app.table)]).replace("\\", "")


def finish(app):
    """Run the page until its jobs have ended."""
    from mmdemo.ui import resources

    deadline = time.monotonic() + PATIENCE_S
    while resources.job_queue().active() and time.monotonic() < deadline:
        resources.job_queue().active()[-1].wait(PATIENCE_S)
    return app.run()


def choose(app, modality: str, family: str, generation: int = 0):
    return app.radio(key=FAMILY.format(generation, modality)).set_value(family).run()


def keys(app) -> set[str]:
    return {button.key for button in app.button}


def test_without_a_catalogue_the_defaults_are_shown_and_nothing_can_be_indexed(open_app, tmp_path):
    app = open_app(tmp_path / "none", PAGE)
    assert not app.exception
    assert "No model is loaded yet" in written(app) or "Pieces a second" in written(app)
    choose(app, "text", "static-words")
    assert not app.exception
    assert "`minilm` → `static-words`" in written(app)
    assert app.button(key="encoders:apply").disabled
    assert "Import a catalogue first" in written(app)


@pytest.mark.weights
def test_a_change_is_told_with_its_cost_made_and_taken_back(open_app, workspace):
    before = workspace.current_version_id()
    app = open_app(workspace.path, PAGE)
    assert app.button(key="encoders:apply").disabled
    assert "these are the encoders in use" in written(app)
    app.button(key="encoders:0:audio:0:remove").click().run()
    assert not app.exception
    assert "`aisfx+musicnn` → `musicnn`" in written(app)
    assert "must be encoded" in written(app)
    assert "The alignment stays" in written(app)
    app.button(key="encoders:apply").click().run()
    assert not app.exception
    app = finish(app)
    after = workspace.current_version_id()
    assert after != before
    assert workspace.manifest().encoders["audio"].name == "musicnn"
    assert f"**Version `{after}` is in use.**" in written(app)
    assert "these are the encoders in use" in written(app)
    app.button(key="encoders:back").click().run()
    assert not app.exception
    assert workspace.current_version_id() == before
    assert f"use:{after}" in keys(app)
    assert "is in use.**" not in written(app)


@pytest.mark.weights
def test_what_was_encoded_before_costs_nothing(open_app, workspace):
    from mmdemo.engine.encoders import change_encoders
    from mmdemo.types import Modality

    before = workspace.current_version_id()
    change_encoders(workspace.path, {Modality.TEXT: "static-words"})
    workspace.use_version(before)
    app = choose(open_app(workspace.path, PAGE), "text", "static-words")
    assert "pieces are known already" in written(app)
    assert "must be encoded" not in written(app)


@pytest.mark.weights
def test_a_cancelled_change_says_so_and_the_old_version_serves(open_app, workspace):
    from mmdemo.ui import encoder_jobs, resources

    before = workspace.current_version_id()
    app = choose(open_app(workspace.path, PAGE), "text", "static-words")
    blocker = resources.job_queue().submit("waits", lambda _: time.sleep(2))
    app.button(key="encoders:apply").click().run()
    assert not app.exception
    assert f"version `{before}` goes on serving" in written(app)
    assert app.button(key="encoders:apply").disabled
    task = encoder_jobs.last(encoder_jobs.Kind.CHANGE)
    app.button(key=f"cancel:{task.job.job_id}").click().run()
    blocker.wait(PATIENCE_S)
    app = finish(app)
    assert not app.exception
    assert "Cancelled." in written(app)
    assert f"Version `{before}` goes on serving" in written(app)
    assert workspace.versions() == [before]


@pytest.mark.weights
def test_a_failed_change_says_what_to_do_and_the_old_version_serves(open_app, workspace, tmp_path):
    before = workspace.current_version_id()
    (tmp_path / "vectors.txt").write_text("not a table of words\n")
    app = choose(open_app(workspace.path, PAGE), "text", "static-words")
    app.text_input(key=SOURCE.format(0, "text", "static-words")).set_value(str(tmp_path / "vectors.txt")).run()
    assert not app.exception
    app.button(key="encoders:apply").click().run()
    app = finish(app)
    assert not app.exception
    assert "What to do" in written(app)
    assert f"Version `{before}` goes on serving" in written(app)
    assert workspace.versions() == [before]


def test_a_folder_that_is_not_there_is_refused_at_once(open_app, tmp_path):
    app = choose(open_app(tmp_path / "none", PAGE), "text", "static-words")
    app.text_input(key=SOURCE.format(0, "text", "static-words")).set_value("/no/such/file").run()
    assert not app.exception
    assert "/no/such/file" in written(app)
    assert "What to do" in written(app)
    assert app.button(key="encoders:apply").disabled


def test_a_family_that_needs_a_model_asks_for_it(open_app, tmp_path):
    app = choose(open_app(tmp_path / "none", PAGE), "image", "cnn")
    assert not app.exception
    assert "Name the model first" in written(app)
    assert "Something is still missing for: picture" in written(app)


def test_encoders_can_be_joined_and_taken_apart(open_app, tmp_path):
    app = open_app(tmp_path / "none", PAGE)
    app.button(key="encoders:0:text:join").click().run()
    assert not app.exception
    assert "`minilm` → `minilm+static-words`" in written(app)
    app.selectbox(key="encoders:1:text:1:family").set_value("minilm").run()
    assert "joins an encoder with itself" in written(app)
    app.button(key="encoders:1:text:1:remove").click().run()
    assert not app.exception
    assert "these are the encoders in use" in written(app)


def test_choices_stay_while_other_pages_are_visited(open_app, tmp_path):
    app = choose(open_app(tmp_path / "none", PAGE), "text", "static-words")
    app = app.switch_page("pages/catalogue.py").run().switch_page(PAGE).run()
    assert not app.exception
    assert "`minilm` → `static-words`" in written(app)
    app.button(key="encoders:reset").click().run()
    assert "these are the encoders in use" in written(app)


@pytest.mark.weights
def test_where_no_hub_answers_it_says_how_to_bring_the_models(open_app, workspace):
    app = open_app(workspace.path, PAGE)
    deadline = time.monotonic() + PATIENCE_S
    while "No model hub can be reached" not in written(app) and time.monotonic() < deadline:
        time.sleep(0.1)
        app.run()
    assert "No model hub can be reached" in written(app)
    assert "open_clip_config.json" in written(app)
    assert "hub:use" not in keys(app)


@pytest.mark.weights
def test_where_a_hub_answers_better_models_are_one_click_away(open_app, workspace, monkeypatch, tmp_path):
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path / "cache"))
    before = workspace.current_version_id()
    with running_hub(monkeypatch):  # it answers, but has not these models: the download fails at once
        app = open_app(workspace.path, PAGE)
        deadline = time.monotonic() + PATIENCE_S
        while "hub:use" not in keys(app) and time.monotonic() < deadline:
            time.sleep(0.1)
            app.run()
        assert "Better models: OpenCLIP + CLAP" in written(app)
        assert "laion/clap-htsat-unfused" in written(app)
        assert app.button(key="hub:use").label == "Download 1.2 GB and use them"
        app.button(key="hub:use").click().run()
        app = finish(app)
    assert not app.exception
    assert "What to do" in written(app)
    assert f"Version `{before}` goes on serving" in written(app)
    assert workspace.versions() == [before]


@pytest.mark.weights
def test_an_option_can_be_measured_before_it_is_used(open_app, workspace):
    app = open_app(workspace.path, PAGE)
    app.button_group(key="encoders:0:text:0:options:minilm").set_value(["int8"]).run()
    assert not app.exception
    assert "`minilm` → `minilm@int8`" in written(app)
    assert "not measured on this catalogue yet" in written(app)
    app.button(key="encoders:0:text:measure:minilm:int8").click().run()
    app = finish(app)
    assert not app.exception
    assert "Recall@10" in written(app)
    assert "times the speed in batches" in written(app)


@pytest.mark.weights
def test_what_ran_is_told_with_its_speed(open_app, workspace):
    from mmdemo.engine import Engine
    from mmdemo.types import Modality, Query, QueryPart

    Engine.open(workspace.path).recommend(Query((QueryPart(Modality.TEXT, "a red circle"),), k=3))
    app = open_app(workspace.path, PAGE)
    table = next(table.value for table in app.table if "Pieces a second" in table.value.columns)
    row = next(row for _, row in table.iterrows() if "minilm" in row["Model"])
    assert row["Precision"] == "float32"
    assert "MB" in row["Memory"]
    assert row["Encoded"] != "0"


@pytest.mark.weights
def test_each_version_tells_its_encoders_and_whether_they_are_gone(open_app, workspace, tmp_path):
    import json

    version = workspace.current_version_id()
    path = workspace.path / "versions" / version / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["encoders"]["image"]["name"] = f"cnn:{tmp_path / 'moved'}"
    path.write_text(json.dumps(manifest))
    app = open_app(workspace.path, PAGE)
    assert not app.exception
    assert "alignment" in written(app)
    assert "are gone: items can be browsed" in written(app)


@pytest.mark.weights
def test_training_shows_the_score_beside_chance_and_fills_the_form(open_app, workspace):
    from mmdemo.engine import import_into
    from mmdemo.engine.tuning import tune_encoder

    import_into(workspace.path, "world", n=48, seed=1)
    tuned = tune_encoder(workspace.path, "cnn", labels="pairs", name="mine", epochs=1)
    app = open_app(workspace.path, PAGE)
    assert not app.exception
    assert f"**{tuned.metric:.0%}**, guessing {tuned.chance:.0%}" in written(app)
    app.button(key="train:use:mine").click().run()
    assert not app.exception
    assert f"`efficientnet-lite0` → `{tuned.name}`" in written(app)
    assert not app.button(key="encoders:apply").disabled


@pytest.mark.weights
def test_a_training_can_be_cancelled(open_app, workspace):
    from mmdemo.ui import encoder_jobs, resources

    app = open_app(workspace.path, PAGE)
    blocker = resources.job_queue().submit("waits", lambda _: time.sleep(2))
    app.button(key="train:start").click().run()
    app.button(key=f"cancel:{encoder_jobs.last(encoder_jobs.Kind.TRAIN).job.job_id}").click().run()
    blocker.wait(PATIENCE_S)
    app = finish(app)
    assert not app.exception
    assert "Cancelled." in written(app)


@pytest.mark.weights
def test_a_catalogue_too_small_to_learn_from_is_told(open_app, workspace):
    app = open_app(workspace.path, PAGE)
    app.button(key="train:start").click().run()
    app = finish(app)
    assert not app.exception
    assert "What to do" in written(app)
