import json
from pathlib import Path

import pytest

from mmdemo.cli import main
from mmdemo.engine import import_into

CLICKS = "user,item,rating,time\nu1,world-0-000002,4,86400\nu1,world-0-000000,2,172800\nu2,elsewhere,1,1\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that no test changes."""
    path = tmp_path_factory.mktemp("interactions") / "workspace"
    import_into(path, "world", n=3)
    return path


def test_simulated_choices_are_shown_and_exported_as_such(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["interactions", "show", "--workspace", str(world)]) == 0
    assert "(simulated: these users are made up)" in capsys.readouterr().out
    assert main(["interactions", "export", str(tmp_path / "out.csv"), "--workspace", str(world)]) == 0
    assert "(simulated: these users are made up)" in capsys.readouterr().out
    assert (tmp_path / "out.csv").read_text().startswith("user,item\nuser-0-00000,world-0-")


def test_an_import_is_reported_shown_and_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, file = tmp_path / "w", tmp_path / "clicks.csv"
    import_into(path, "world", n=3)
    file.write_text(CLICKS)
    assert main(["interactions", "import", str(file), "--workspace", str(path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "clicks.csv (CSV): read 3, kept 2 choices",
        "1 users, 3 items",
        "  left out 1: it names an item that is not in the catalogue (first: clicks.csv, line 4)",
    ]
    assert main(["interactions", "show", "--workspace", str(path)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "2 choices of 1 users among 3 items"
    assert "ratings from 2 to 4, 3.00 on average" in shown
    assert "from 1970-01-02 to 1970-01-03" in shown
    assert shown[-3:] == said
    assert main(["interactions", "show", "--workspace", str(path), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["choices"], figures["items_without_choice"], figures["simulated"]) == (2, 1, False)
    assert (figures["rating_mean"], figures["first_time"], figures["last_time"]) == (3.0, 86400, 172800)
    assert main(["interactions", "import", str(file), "--workspace", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == figures["report"]
    assert main(["interactions", "export", str(tmp_path / "out.tsv"), "--workspace", str(path)]) == 0
    assert len((tmp_path / "out.tsv").read_text().splitlines()) == 3


def test_what_cannot_be_done_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["interactions", "show", "--workspace", str(tmp_path / "none")]) == 1
    assert "mmdemo import" in capsys.readouterr().err
    path = tmp_path / "w"
    (tmp_path / "a.jsonl").write_text('{"text": "a plain thing"}\n')
    import_into(path, str(tmp_path / "a.jsonl"))
    assert main(["interactions", "show", "--workspace", str(path)]) == 1
    assert "mmdemo interactions import" in capsys.readouterr().out
    assert main(["interactions", "show", "--workspace", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out) is None
    assert main(["interactions", "import", str(tmp_path / "a.jsonl"), "--workspace", str(path)]) == 1
    assert "no file of interactions" in capsys.readouterr().err
