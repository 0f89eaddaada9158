import json
import shutil
from pathlib import Path

import pytest

from mmdemo.align.report import AlignmentReport, PairScores
from mmdemo.cli import main
from mmdemo.cli.align import figures_of
from mmdemo.store import Workspace
from mmdemo.types import Modality


@pytest.fixture
def workspace(tiny_workspace: Path, tmp_path: Path) -> str:
    shutil.copytree(tiny_workspace, tmp_path / "workspace")
    return str(tmp_path / "workspace")


@pytest.mark.weights
def test_the_last_line_holds_every_figure(workspace: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["align", "--workspace", workspace, "--method", "zero-shot", "--folds", "3", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert printed.keys() == {"benchmark", "figures", "limits", "environment"}
    assert printed["benchmark"] == "align"
    assert printed["limits"] == {}  # they are for `things`
    figures = printed["figures"]
    for pair in ("text_to_image", "image_to_text", "text_to_audio", "audio_to_image"):
        recall = [figures[f"zero-shot.{pair}.recall@{k}"] for k in (1, 5, 10)]
        assert 0 <= recall[0] <= recall[1] <= recall[2] <= 1
        assert figures[f"zero-shot.{pair}.recall@10.low"] <= recall[2] <= figures[f"zero-shot.{pair}.recall@10.high"]
        assert 1 <= figures[f"zero-shot.{pair}.median_rank"] <= 24
        assert f"zero-shot.{pair}.hubness" in figures
    for name in ("text_to_image.gap_before", "text_to_image.gap_after", "text_to_image.alignment", "text.uniformity"):
        assert f"zero-shot.{name}" in figures
    assert figures["seconds"] == figures["zero-shot.seconds"] > 0


@pytest.mark.weights
def test_use_puts_a_trained_version_in_use_and_exclude_takes_tags(
    workspace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Workspace(workspace).current_version_id()
    words = ["align", "--workspace", workspace, "--method", "zero-shot", "--folds", "2", "--exclude", ""]
    assert main([*words, "--write"]) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.endswith("is aligned by zero-shot")
    assert Workspace(workspace).current_version_id() == before
    assert main([*words, "--use"]) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said == f"version {Workspace(workspace).current_version_id()} is aligned by zero-shot and in use"
    assert Workspace(workspace).current_version_id() != before


def test_an_unknown_alignment_or_workspace_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["align", "--workspace", str(tmp_path), "--method", "magic"]) == 1
    assert "alignment 'magic'" in capsys.readouterr().err
    assert main(["align", "--workspace", str(tmp_path)]) == 1
    assert "mmdemo import" in capsys.readouterr().err


def _report(method: str, first: float, tenth: float) -> AlignmentReport:
    scores = PairScores(
        50, 60, {1: first, 10: tenth}, {1: (0.0, 1.0), 10: (0.0, 1.0)}, {1: 0.02, 10: 0.2}, 7.0, (5.0, 9.0)
    )
    pairs = {(Modality.TEXT, Modality.IMAGE): scores}
    return AlignmentReport(method, True, 5, 0, 60, pairs, {}, {}, {}, {}, {}, (), (), 2.0)


def test_limits_hold_the_best_and_every_trained_method_to_what_is_possible() -> None:
    reports = {
        "zero-shot": _report("zero-shot", 0.2, 0.42),
        "ridge": _report("ridge", 0.2, 0.41),
        "kernel": _report("kernel", 0.21, 0.6),
    }
    held = figures_of(reports, limits=True)
    assert held.figures["best.text_to_image.recall@10"] == 0.6
    assert {name: limit["holds"] for name, limit in held.limits.items()} == {
        "ridge.text_to_image.recall@10": False,
        "kernel.text_to_image.recall@10": True,
        "best.text_to_image.recall@1": True,
        "best.text_to_image.recall@10": True,
    }
    assert held.figures["seconds"] == 6.0
    assert figures_of(reports, limits=False).limits == {}
    assert "best.text_to_image.recall@10" not in figures_of({"ridge": reports["ridge"]}, limits=True).figures
