import json
import shutil
from pathlib import Path

import pytest

from mmdemo.cli import main
from mmdemo.engine import Engine
from mmdemo.engine.alignments import version_alignment
from mmdemo.store import Workspace
from mmdemo.types import Modality


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.weights
def test_recommend_prints_the_promised_object(tiny_workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine = Engine.open(tiny_workspace)
    item = next(item for item in engine.items if Modality.IMAGE in item.media and Modality.AUDIO in item.media)
    picture, sound = (str(engine.media_path(item, m)) for m in (Modality.IMAGE, Modality.AUDIO))
    words = ["recommend", "--workspace", str(tiny_workspace), "--text", "a red circle", "--text", "a red circle"]
    found = _json(capsys, *words, "--image", picture, "--audio", sound, "--weight", "text.2=-0.5", "--k", "4")
    assert set(found) == {"items", "no_match", "notices", "timings_ms"}
    assert len(found["items"]) == 4
    best = found["items"][0]
    assert set(best) == {"id", "title", "score", "percentile", "contributions"}
    assert len(best["contributions"]) == 4
    assert sum(best["contributions"].values()) == pytest.approx(best["score"], abs=1e-2)
    assert best["contributions"]["a red circle (2)"] <= 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--text", "x", "--weight", "image=0.5"], "a weight for 'image'"),
        (["--text", "x", "--weight", "text"], "PART=NUMBER"),
        (["--text", "x", "--weight", "text=7"], "from -1 to 1"),
        (["--image", "no-such-file.png"], "no-such-file.png cannot be read"),
        ([], "an empty query"),
        (["--text", "x", "--k", "0"], "k is 0"),
    ],
)
def test_a_wrong_query_is_told_in_one_line(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recommend", "--workspace", str(tmp_path), *arguments]) == 1
    assert says in capsys.readouterr().err


def test_a_folder_without_a_workspace_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recommend", "--workspace", str(tmp_path), "--text", "x"]) == 1
    assert "mmdemo import" in capsys.readouterr().err


def test_doctor_fails_where_something_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--workspace", str(tmp_path)]) == 1
    assert "MISSING" in capsys.readouterr().out


@pytest.mark.weights
def test_importing_a_folder_and_indexing_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "mine"
    source.mkdir()
    for name, text in {"fox": "a quick red fox", "sea": "the calm blue sea", "car": "a loud fast car"}.items():
        (source / f"{name}.txt").write_text(text)
    (source / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    workspace = ["--workspace", str(tmp_path / "workspace")]
    report = _json(capsys, "import", str(source), *workspace)
    assert report["kept"] == 3
    assert {entry["where"] for entry in report["skipped"]} == {"broken.png"}
    assert main(["index", *workspace]) == 0
    assert main(["index", "--if-stale", *workspace]) == 0
    assert "indexed already" in capsys.readouterr().out
    found = _json(capsys, "recommend", *workspace, "--text", "ocean waves", "--k", "1")
    assert "sea" in found["items"][0]["id"]


@pytest.fixture
def workspace(tiny_workspace: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(tiny_workspace, tmp_path / "copy")
    return Workspace(tmp_path / "copy")


def _encoders(workspace: Workspace) -> dict[str, str]:
    return {modality: ref.name for modality, ref in workspace.manifest().encoders.items()}


@pytest.mark.weights
def test_index_changes_what_is_named_and_keeps_the_rest(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--workspace", str(workspace.path)]
    before = _encoders(workspace)
    assert main(["index", *at, "--audio", "musicnn", "--alignment", "zero-shot"]) == 0
    assert "audio musicnn" in capsys.readouterr().out
    assert main(["index", *at]) == 0
    assert _encoders(workspace) == {**before, "audio": "musicnn"}
    assert version_alignment(workspace.manifest()) == "zero-shot"
    assert len(workspace.versions()) == 3


@pytest.mark.weights
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--text", "no-such"], "no encoder is named 'no-such'"),
        (["--image", "aisfx"], "'aisfx' takes audio"),
        (["--text", "hf-text"], "SOURCE"),
        (["--alignment", "no-such"], "alignment 'no-such'"),
    ],
)
def test_a_wrong_index_option_is_told_and_changes_nothing(
    arguments: list[str], says: str, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    before = workspace.current_version_id()
    assert main(["index", "--workspace", str(workspace.path), *arguments]) == 1
    assert says in capsys.readouterr().err
    assert workspace.versions() == [before]


@pytest.mark.weights
def test_short_names_stand_for_both_towers_and_missing_weights_are_told(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path / "cache"))
    before = workspace.current_version_id()
    names = ["--text", "openclip", "--image", "openclip", "--audio", "clap"]
    assert main(["index", "--workspace", str(workspace.path), *names]) == 1
    told = capsys.readouterr().err
    assert "openclip-text:/path/to/folder" in told
    assert "meanwhile minilm can be used" in told
    assert workspace.versions() == [before]


def test_setup_tells_the_sizes_of_the_hub_models_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
    assert main(["setup", "--encoders", "hub"]) == 1
    told = capsys.readouterr()
    assert "OpenCLIP" in told.out
    assert "605 MB" in told.out
    assert "is not on this machine" in told.err


def test_doctor_names_the_hub_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
    main(["doctor", "--workspace", str(tmp_path)])
    assert "mmdemo setup --encoders hub" in capsys.readouterr().out
