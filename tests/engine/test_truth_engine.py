"""Worlds made, encoded by real encoders, and what is kept of them."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from mmdemo.catalog.world import FACTORS, World
from mmdemo.engine.truth import known_truth, measure_truth
from mmdemo.engine.truth_worlds import MODALITIES, truth_worlds, world_bits
from mmdemo.errors import CancelledError, FusionError, WorkspaceError


@pytest.fixture
def workspace(tiny_workspace: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_workspace, tmp_path / "workspace"))


@pytest.mark.parametrize("seed", range(4))
def test_worlds_deal_out_every_factor_once_and_every_modality_gets_different_amounts(seed):
    worlds = truth_worlds([seed], items=5)
    assert len(worlds) == 3
    for world in worlds.values():
        dealt = [name for modality in MODALITIES for name in world.carried[modality]]
        assert sorted(dealt) == sorted(FACTORS), "each factor is in one modality, none in two"
        assert sum(world_bits(world).values()) == pytest.approx(1.0)
    for modality in MODALITIES:
        assert len({len(world.carried[modality]) for world in worlds.values()}) > 1


def test_seeds_differ_in_their_worlds_by_name():
    assert len(truth_worlds(range(6), items=5)) == 18


def test_nothing_is_known_before_it_is_measured(workspace):
    assert known_truth(workspace) is None


def test_a_workspace_without_a_version_is_refused(tmp_path):
    with pytest.raises(WorkspaceError):
        known_truth(tmp_path / "nothing")


def test_an_unknown_fusion_is_refused_before_anything_is_encoded(workspace):
    with pytest.raises(FusionError, match="stirring"):
        measure_truth(workspace, fusions=["stirring"])


@pytest.mark.slow
def test_real_encoders_cancel_go_on_and_nothing_twice(workspace, monkeypatch):
    def stop_in_second_world(done: int, total: int, message: str) -> None:
        if done > 0.5 * total:
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        measure_truth(workspace, fusions=["weighted"], items=12, progress=stop_in_second_world)
    kept = known_truth(workspace)
    assert kept is not None
    assert len(kept.worlds) == 1, "what was finished is kept"
    told: list[int] = []
    report = measure_truth(
        workspace,
        fusions=["weighted"],
        items=12,
        progress=lambda done, total, _: told.append(round(100 * done / total)),
    )
    assert told == sorted(told)
    assert max(told) <= 100
    assert len(report.worlds) == 3
    assert len(report.points) == 9
    assert -1 <= report.spearman["weighted"] <= 1
    for run in report.runs:
        assert sum(run.weights.values()) == pytest.approx(1.0, abs=1e-4)
        assert np.isfinite(run.accuracy)
    with monkeypatch.context() as patch:
        patch.delattr(World, "item")  # what was measured is not even made again
        assert measure_truth(workspace, fusions=["weighted"], items=12) == report
    both = measure_truth(workspace, fusions=["weighted", "attention"], items=12)
    assert set(both.spearman) == {"weighted", "attention"}
    known = known_truth(workspace)
    assert known is not None
    assert set(known.points) == set(both.points)
