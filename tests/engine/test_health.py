from pathlib import Path

import pytest

from mmdemo.engine.health import State, check_health


def test_a_missing_workspace_is_named_with_its_remedy(tmp_path: Path) -> None:
    found = {check.name: check for check in check_health(tmp_path / "none")}
    workspace = found[f"workspace {tmp_path / 'none'}"]
    assert workspace.state is State.MISSING
    assert "mmdemo import" in workspace.remedy
    assert not (tmp_path / "none").exists()


def test_missing_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMDEMO_CACHE", str(tmp_path))
    missing = [check for check in check_health(tmp_path) if "encoder" in check.name]
    assert missing
    assert all(check.state is State.MISSING and "mmdemo setup" in check.remedy for check in missing)


@pytest.mark.weights
def test_a_finished_workspace_is_all_there(tiny_workspace: Path) -> None:
    assert [check for check in check_health(tiny_workspace) if check.state is State.MISSING] == []
