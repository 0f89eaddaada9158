import csv
import json

import pytest

from mmdemo.cli import main
from mmdemo.feedback import FeedbackStore, person_key, session_person, signed_in_person
from mmdemo.store import Workspace

ANN = session_person()


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    for name in ("MMDEMO_DATABASE", "MMDEMO_PERSON_KEY"):
        monkeypatch.delenv(name, raising=False)
    return Workspace(tmp_path / "w").create("w").path


@pytest.fixture
def zoe(workspace):
    """Somebody who signed in, in a database with what they and Ann did."""
    store = FeedbackStore(workspace / "feedback.sqlite")
    zoe = signed_in_person("Zoë", person_key(workspace))
    for person in (ANN, zoe):
        store.add(person, "like", "drum", workspace_catalog="c")
        store.add(person, "dislike", "cat", workspace_catalog="c")
    shown = {"shown": ["x", "y"], "teams": [0, 1], "chosen": ["x"], "workspace_catalog": "c"}
    store.add_vote(zoe, "instant", "ease", **shown)
    return zoe


def run(workspace, *arguments):
    return main(["feedback", *arguments, "--workspace", str(workspace)])


def test_show_says_how_much_there_is_and_what_the_votes_say(workspace, zoe, capsys):
    assert run(workspace, "show", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["people"], found["like"], found["dislike"], found["votes"]) == (2, 2, 2, 1)
    (outcome,) = found["outcomes"]
    assert (outcome["models"], outcome["second"], outcome["p"]) == (["ease", "instant"], 1, 1.0)
    assert run(workspace, "show") == 0
    told = capsys.readouterr().out
    assert "people: 2\n" in told
    assert "ease 0 : 1 instant, 0 ties, by 1 people" in told


def test_show_of_a_person_by_id_or_by_name(workspace, zoe, capsys):
    assert run(workspace, "show", ANN, "--json") == 0
    assert json.loads(capsys.readouterr().out)["likes"] == ["drum"]
    assert run(workspace, "show", "--name", "Zoë") == 0
    told = capsys.readouterr().out
    assert f"person: {zoe}\nlikes: drum\ndislikes: cat\nevents: 2\nvotes: 1\n" in told
    assert run(workspace, "show", "--name", "Zoe", "--json") == 0
    assert json.loads(capsys.readouterr().out)["events"] == 0


def test_export_and_erase(workspace, zoe, tmp_path, capsys):
    everything, hers = tmp_path / "all.csv", tmp_path / "hers.jsonl"
    assert run(workspace, "export", str(everything)) == 0
    assert run(workspace, "export", str(hers), "--name", "Zoë") == 0
    assert "3 events and votes" in capsys.readouterr().out
    with everything.open(newline="") as stream:
        assert sorted({row["person"] for row in csv.DictReader(stream)}) == sorted({ANN, zoe})
    assert {json.loads(line)["person"] for line in hers.read_text().splitlines()} == {zoe}
    assert run(workspace, "erase", "--name", "Zoë") == 0
    assert "erased 3 events and votes" in capsys.readouterr().out
    assert zoe.encode() not in (workspace / "feedback.sqlite").read_bytes()
    assert run(workspace, "erase", "--everybody") == 0
    assert FeedbackStore(workspace / "feedback.sqlite").persons() == ()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["erase"], "--everybody"),
        (["erase", ANN, "--everybody"], "--everybody"),
        (["show", ANN, "--name", "Zoë"], "leave one out"),
        (["show", "Zoë"], "session-"),
        (["export", "out.pdf"], ".csv or .jsonl"),
        (["show", "--database", "mysql://server/x"], "postgresql://"),
    ],
)
def test_what_cannot_be_done_is_a_plain_error(workspace, zoe, capsys, arguments, told):
    assert run(workspace, *arguments) == 1
    assert told in capsys.readouterr().err
    assert len(FeedbackStore(workspace / "feedback.sqlite").persons()) == 2


def test_a_folder_that_is_no_workspace_has_no_feedback(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("MMDEMO_DATABASE", raising=False)
    assert run(tmp_path / "nowhere", "show") == 1
    assert "mmdemo import" in capsys.readouterr().err


def test_another_database_needs_no_workspace(tmp_path, capsys, monkeypatch):
    url = f"sqlite:///{tmp_path}/other.sqlite"
    FeedbackStore(url).add(ANN, "like", "x", workspace_catalog="c")
    assert run(tmp_path / "nowhere", "show", "--database", url, "--json") == 0
    monkeypatch.setenv("MMDEMO_DATABASE", url)
    assert run(tmp_path / "nowhere", "show", "--json") == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [found["like"] for found in told] == [1, 1]
