"""The benchmark of fusions, on a tiny catalogue."""

import json
import runpy
import shutil
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "fusion.py"
MISSING = SCRIPT.with_name("fusion_missing.py")
FUSIONS = ("mean", "product", "concat", "weighted")


def run(monkeypatch, capsys, *arguments: str | Path, script: Path = SCRIPT) -> dict:
    monkeypatch.setattr(sys, "argv", [str(script), "--json", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(script), run_name="__main__")
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    holds = all(limit["holds"] for limit in found["limits"].values())
    assert ended.value.code == (0 if holds else 1)
    return found


@pytest.mark.weights
def test_it_prints_every_figure_and_a_second_run_trains_nothing(tiny_workspace, tmp_path, monkeypatch, capsys):
    workspace = shutil.copytree(tiny_workspace, tmp_path / "workspace")
    asked = ("--cache", tmp_path / "cache", "--data", "things", "--seeds", "2", "--epochs", "2", "--fusions", *FUSIONS)
    first = run(monkeypatch, capsys, *asked, "--workspace", workspace)
    figures = first["figures"]
    assert first["benchmark"] == "fusion"
    for fusion in FUSIONS:
        low, value, high = (figures[f"things.{fusion}.recall@10{end}"] for end in (".low", "", ".high"))
        assert low <= value <= high
    assert set(first["limits"]) == {
        "train_seconds.concat",
        "train_seconds.weighted",
        "things.best_learned_minus_best_fixed",
    }
    learned, fixed = (max(figures[f"things.{f}.recall@10"] for f in some) for some in (FUSIONS[2:], FUSIONS[:2]))
    assert figures["things.best_learned_minus_best_fixed"] == pytest.approx(learned - fixed, abs=1e-5)
    again = run(monkeypatch, capsys, *asked, "--workspace", tmp_path / "nowhere")
    assert again["figures"] == figures


@pytest.mark.weights
def test_what_is_lost_is_measured_for_the_best_by_validation(tiny_workspace, tmp_path, monkeypatch, capsys):
    workspace = shutil.copytree(tiny_workspace, tmp_path / "workspace")
    asked = ("--cache", tmp_path / "cache", "--folds", "2", "--epochs", "2", "--fusions", "weighted", "early")
    found = run(monkeypatch, capsys, *asked, "--workspace", workspace, script=MISSING)
    figures = {name.removeprefix("things."): value for name, value in found["figures"].items()}
    lost = {name: figures[f"{name}.tags.missing_image_50.loss"] for name in ("weighted", "early", "plain-concat")}
    kept = [json.loads(file.read_text()) for file in (tmp_path / "cache").glob("tags-*-0.5-*.json")]
    validation = {name: [k["result"]["validation"] for k in kept if k["settings"]["fusion"] == name] for name in lost}
    best = min(("weighted", "early"), key=lambda name: sum(validation[name]))
    assert figures["tags.missing_image_50.best_learned_loss"] == lost[best]
    assert figures["tags.missing_image_50.concat_loss"] == lost["plain-concat"]
    spared = figures["tags.missing_image_50.loss_spared"]
    assert spared == pytest.approx(lost["plain-concat"] - lost[best], abs=1e-5)
    again = run(monkeypatch, capsys, *asked, "--workspace", tmp_path / "nowhere", script=MISSING)
    assert again["figures"] == found["figures"]


def test_a_result_of_other_settings_is_not_taken_for_this_one(tmp_path):
    benchmark = runpy.run_path(str(SCRIPT))
    settings = benchmark["settings_of"]("weighted", seed=1, epochs=None)
    hit = benchmark["Hit"]("a", (benchmark["Modality"].TEXT,), benchmark["Modality"].IMAGE, 2.5, 7)
    result = benchmark["Result"]((hit,), (0.5, 0.25), 1.0, 0.5, settings.as_json())
    benchmark["write"](tmp_path / "kept.json", result)
    assert benchmark["read"](tmp_path / "kept.json", settings) == result
    other = benchmark["settings_of"]("weighted", seed=2, epochs=None)
    assert benchmark["read"](tmp_path / "kept.json", other) is None
    assert benchmark["read"](tmp_path / "none.json", settings) is None


def test_seeds_are_pooled_as_different_items():
    benchmark = runpy.run_path(str(SCRIPT))
    hit = benchmark["Hit"]("a", (benchmark["Modality"].TEXT,), benchmark["Modality"].IMAGE, 2.5, 7)
    one = benchmark["Result"]((hit,), (1.0, 0.5), 1.0, 0.5, {})
    other = benchmark["Result"]((benchmark["replace"](hit, rank=11.0),), (0.0, 0.0), 3.0, 0.5, {})
    pooled = benchmark["pooled"]([one, other])
    assert pooled.recall == 0.5
    assert len({(h.query, h.group) for h in pooled.hits}) == 2
    assert pooled.loss == pytest.approx(0.25)
    assert pooled.seconds == 3.0


def test_only_plain_concatenation_is_trained_with_nothing_hidden():
    benchmark = runpy.run_path(str(SCRIPT))
    assert benchmark["settings_of"](benchmark["PLAIN"], seed=0, epochs=None).modality_dropout == 0.0
    assert benchmark["settings_of"]("concat", seed=0, epochs=None).modality_dropout > 0.0
