"""The page about a person: what is there at once, likes and what they change, why, a blind test, what is kept."""

import shutil
from pathlib import Path

import pytest
from planted_choices import kinds, with_choices

from mmdemo.engine import Engine
from mmdemo.feedback import FeedbackStore, database_of

pytestmark = pytest.mark.weights
PAGE = "pages/for_a_person.py"


@pytest.fixture(scope="module")
def chosen(tiny_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with imported choices and the models of the tests; for reading only."""
    from mmdemo.engine.behaviour import fitted

    path = with_choices(tiny_workspace, tmp_path_factory.mktemp("persons") / "workspace")
    engine = Engine.open(path)
    for name in ("instant", "popularity", "item-knn"):
        fitted(engine, name)
    return path


@pytest.fixture
def workspace(chosen: Path, tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.delenv("MMDEMO_DATABASE", raising=False)
    path = tmp_path / "workspace"
    shutil.copytree(chosen, path)
    return path


def written(app) -> str:
    blocks = [*app.markdown, *app.info, *app.success, *app.warning, *app.get("html")]
    return "\n".join(getattr(block, "value", None) or block.proto.body for block in blocks).replace("\\", "")


def keys(app, start: str) -> list[str]:
    return [button.key.removeprefix(start) for button in app.button if (button.key or "").startswith(start)]


def shown(app) -> list[str]:
    """Ids of the recommendations, best first."""
    return keys(app, "person-why:")


def stored(workspace: Path) -> FeedbackStore:
    return FeedbackStore(database_of(workspace))


def test_without_a_catalogue_it_says_how_to_get_one(open_app, tmp_path):
    app = open_app(tmp_path / "none", PAGE)
    assert not app.exception
    assert keys(app, "set_up") == [""]


def test_a_persona_has_a_history_recommendations_and_reasons_at_once(open_app, workspace):
    app = open_app(workspace, PAGE)
    assert not app.exception
    words = written(app)
    assert "things they chose" in words
    assert "choices from “workspace.csv”" in words
    assert "simulated" not in words
    assert len(shown(app)) == 12
    assert "Because of " in words
    assert "people chose both" in words
    assert app.selectbox(key="by").value == "instant"


def test_simulated_people_are_labelled_and_the_model_chosen_on_the_leaderboard_recommends(
    open_app, tiny_workspace, tmp_path
):
    from mmdemo.engine.behaviour_choice import use_model

    path = tmp_path / "workspace"
    shutil.copytree(tiny_workspace, path)
    use_model(path, "popularity")
    app = open_app(path, PAGE)
    assert not app.exception
    assert "simulated people" in written(app)
    assert app.selectbox(key="by").value == "popularity"
    assert "Chosen by " in written(app)


def test_a_like_is_stored_changes_the_list_and_can_be_taken_back(open_app, workspace):
    app = open_app(workspace, PAGE, **{"for": "Somebody new"})
    assert not app.exception
    assert "Nothing is liked yet" in written(app) or "says nothing of somebody without likes" in written(app)
    first = next(iter(kinds(Engine.open(workspace)).values()))[0]
    before = shown(app)
    app.text_input(key="person:find").set_value(Engine.open(workspace).item(first).title).run()
    app.button(key=f"person-begin:{first}").click().run()
    assert not app.exception
    assert "After liking" in written(app)
    assert "came" in written(app)
    assert shown(app) != before
    assert first not in shown(app)
    assert "All of this comes from a single liked item" in written(app)
    [person] = stored(workspace).persons()
    assert stored(workspace).state(person) == ((first,), ())
    second = shown(app)[0]
    app.button(key=f"person-dislike:{second}").click().run()
    assert second not in shown(app)
    third = shown(app)[0]
    app.button(key=f"person-skip:{third}").click().run()
    assert third not in shown(app)
    assert [event.kind for event in stored(workspace).of(person)] == ["like", "dislike", "skip"]
    app.toggle(key="person-moves").set_value(True).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1
    app.button(key="person-unrate-all").click().run()
    assert not app.exception
    assert stored(workspace).state(person) == ((), ())
    assert shown(app) == before


def test_why_tells_every_liked_item_and_how_alike_they_are(open_app, workspace):
    app = open_app(workspace, PAGE, by="Item neighbours")
    assert app.selectbox(key="by").value == "item-knn"
    app.button(key=f"person-why:{shown(app)[0]}").click().run()
    assert not app.exception
    table = app.table[0].value
    assert list(table.columns) == ["Rated item", "Adds", "Came through", "Most alike in"]
    assert "what people chose" in table.to_csv()
    assert "closer than" in table.to_csv()
    assert "Exact: the score is the sum" in written(app)
    app.button(key=f"person-close:{shown(app)[0]}").click().run()
    assert not app.table


def test_filters_and_sliders_change_the_list(open_app, workspace):
    app = open_app(workspace, PAGE)
    plain = shown(app)
    app.slider(key="varied").set_value(0.9).run()
    assert not app.exception
    assert shown(app) != plain
    assert shown(app)[0] == plain[0]
    app.button_group(key="with").set_value(["audio"]).run()
    assert not app.exception
    engine = Engine.open(workspace)
    assert shown(app)
    assert all("audio" in engine.item(item_id).media for item_id in shown(app))


def test_listening_is_kept_and_changes_nothing(open_app, workspace):
    app = open_app(workspace, PAGE)
    before = shown(app)
    playable = keys(app, "person-play:")
    assert playable == [i for i in before if "audio" in Engine.open(workspace).item(i).media]
    app.button(key=f"person-play:{playable[0]}").click().run()
    assert not app.exception
    assert len(app.get("audio")) == 1
    assert shown(app) == before
    [person] = stored(workspace).persons()
    assert [(event.kind, event.item_id) for event in stored(workspace).of(person)] == [("play", playable[0])]
    assert keys(app, "person-play:") == playable[1:]


def test_a_blind_test_hides_the_models_stores_the_vote_and_tells_the_outcome(open_app, workspace):
    app = open_app(workspace, PAGE, show="Blind test")
    assert not app.exception
    app.button(key="person-blind-start").click().run()
    assert not app.exception
    choices = keys(app, "person-blind:")
    assert len(choices) == 8
    badges = [block.value for block in app.markdown if block.value.endswith("badge[Instant]")]
    assert not badges
    app.button(key=f"person-blind:{choices[0]}").click().run()
    assert app.button(key=f"person-blind:{choices[0]}").label == "Chosen"
    app.button(key="person-blind-vote").click().run()
    assert not app.exception
    assert "of what you chose" in written(app)
    assert "Your vote goes to" in written(app)
    [vote] = stored(workspace).votes()
    assert (vote.first, vote.second, vote.chosen) == ("instant", "popularity", (choices[0],))
    assert vote.shown == tuple(choices)
    table = app.table[0].value.to_csv()
    assert "Instant against Popularity" in table
    assert "no difference shown yet" in table
    app.button(key="person-blind-next").click().run()
    assert "of what you chose" not in written(app)
    assert len(stored(workspace).votes()) == 1


def test_what_is_kept_can_be_exported_and_erased(open_app, workspace):
    app = open_app(workspace, PAGE)
    liked = shown(app)[0]
    app.button(key=f"person-like:{liked}").click().run()
    assert len(app.get("download_button")) == 2
    [person] = stored(workspace).persons()
    assert stored(workspace).export(person, workspace / "mine.csv") == 1
    assert liked in (workspace / "mine.csv").read_text("utf-8")
    assert app.button(key="person-erase").disabled
    app.checkbox(key="person-sure").check().run()
    app.button(key="person-erase").click().run()
    assert not app.exception
    assert stored(workspace).persons() == ()
    assert not keys(app, "person-unrate:")
    assert app.button(key="person-erase").disabled
    assert person.startswith("session-")


def test_a_model_that_was_never_fitted_is_fitted_in_the_background(open_app, workspace):
    app = open_app(workspace, PAGE, by="PureSVD")
    assert not app.exception
    assert len(shown(app)) == 12
    assert "PureSVD" in str(app.selectbox(key="by").options)


def test_a_damaged_database_is_told_and_the_rest_goes_on(open_app, workspace):
    database_of(workspace).write_bytes(b"no database" * 1000)
    app = open_app(workspace, PAGE)
    assert not app.exception
    assert app.warning
    assert "What to do" in written(app)
    assert len(shown(app)) == 12
    app.button(key=f"person-like:{shown(app)[0]}").click().run()
    assert not app.exception
    assert len(shown(app)) == 12
