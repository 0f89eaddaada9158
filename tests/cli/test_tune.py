import json

import pytest
from planted_media import tone_workspace

from mmdemo.cli import main
from mmdemo.encoders import load
from mmdemo.store import SourceInfo, Workspace
from mmdemo.types import Item


@pytest.fixture(scope="module")
def tones(tmp_path_factory):
    return tone_workspace(tmp_path_factory.mktemp("tones") / "workspace").path


def test_what_cannot_be_trained_is_a_plain_error(tmp_path, capsys):
    Workspace(tmp_path / "w").create("w").write_catalog(
        [Item("a", "A", {})], SourceInfo("t", "CC0-1.0", "t", "", synthetic=True), {}
    )
    assert main(["tune", "cnn", "--workspace", str(tmp_path / "w")]) == 1
    assert "without image to learn tags of" in capsys.readouterr().err
    assert main(["tune", "cnn", "--name", "Ä b", "--workspace", str(tmp_path / "w")]) == 1
    assert "choose another name" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["tune", "minilm"])


def test_a_trained_encoder_is_reported_as_json_and_can_be_loaded(tones, capsys):
    arguments = ["tune", "attention-audio", "--epochs", "2", "--json", "--workspace", str(tones)]
    assert main([*arguments, "--name", "mine"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["name"] == f"attention-audio:{tones / 'encoders' / 'mine'}"
    assert report["epochs"] == 2
    assert 0 <= report["chance"] <= report["lucky"] <= 1
    assert load(report["name"], device="cpu").class_names == ("high", "low")
    assert main([*arguments, "--name", "mine"]) == 1
    assert "is there already" in capsys.readouterr().err


def test_the_words_say_how_to_use_it(tones, capsys):
    assert main(["tune", "lstm-audio", "--epochs", "1", "--name", "two", "--workspace", str(tones)]) == 0
    told = capsys.readouterr().out
    assert "guessing" in told
    assert f"mmdemo index --audio lstm-audio:{tones / 'encoders' / 'two'}" in told
