import json
import shutil
from pathlib import Path

import pytest

from mmdemo.cli import main
from mmdemo.engine.runs import list_runs, run_in_use
from mmdemo.fusion import FUSIONS


@pytest.fixture(scope="module")
def workspace(tiny_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(shutil.copytree(tiny_workspace, tmp_path_factory.mktemp("train") / "workspace"))


@pytest.mark.weights
def test_the_last_line_holds_every_figure_and_the_run_ranks(workspace: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "--workspace", workspace, "--fusion", "weighted", "--epochs", "2", "--use", "--json"]
    assert main(words) == 0
    said = capsys.readouterr().out.splitlines()
    printed = json.loads(said[-1])
    assert printed.keys() == {"benchmark", "figures", "limits", "environment"}
    assert (printed["benchmark"], printed["limits"]) == ("train", {})  # limits are for `things`
    figures = printed["figures"]
    recall = [figures[f"weighted.recall@{k}"] for k in (1, 5, 10)]
    assert 0 <= recall[0] <= recall[1] <= recall[2] <= 1
    assert figures["weighted.recall@10.low"] <= recall[2] <= figures["weighted.recall@10.high"]
    weights = [figures[f"weighted.weight.{modality}"] for modality in ("text", "image", "audio")]
    assert sum(weights) == pytest.approx(1.0, abs=1e-4)
    assert figures["weighted.parameters"] == 3
    assert figures["weighted.epochs"] == 2
    assert figures["weighted.seconds"] > 0
    run = list_runs(workspace)[0]
    assert run_in_use(workspace) == run.run_id
    assert said[-2] == f"{run.title} ranks from now on"
    assert main(["recommend", "--workspace", workspace, "--text", "a star", "--json"]) == 0
    assert any(run.title in notice for notice in json.loads(capsys.readouterr().out)["notices"])
    assert main(["recommend", "--workspace", workspace, "--text", "a star", "--rank-by", "evidence", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["notices"] == []


@pytest.mark.weights
def test_an_objective_without_its_data_is_refused_before_any_run_is_made(
    workspace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = list_runs(workspace)
    assert main(["train", "--workspace", workspace, "--fusion", "mean", "--objective", "regress"]) == 1
    assert "regress" in capsys.readouterr().err
    assert list_runs(workspace) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fusion", "magic"], ", ".join(list(FUSIONS)[:3])),
        (["--fusion", "attention", "--objective", "magic"], "self-supervised"),
        (["--fusion", "attention", "--option", "heads"], "NAME=VALUE"),
        (["--fusion", "attention", "--option", "colour=red"], "option 'colour'"),
        (["--fusion", "attention", "--option", "temperature=hot"], "temperature is 'hot'"),
        (["--fusion", "attention", "--epochs", "0"], "epochs 0"),
        (["--fusion", "attention"], "mmdemo import"),
    ],
)
def test_what_cannot_be_trained_is_told(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--workspace", str(tmp_path / "none"), *words]) == 1
    assert said in capsys.readouterr().err
