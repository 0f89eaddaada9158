import json
import shutil
from pathlib import Path

import pytest

from mmdemo.cli import main
from mmdemo.projection import MapSettings
from mmdemo.store import Workspace


@pytest.mark.weights
def test_a_map_is_made_once_and_its_figures_are_printed(
    tiny_workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "workspace"
    shutil.copytree(tiny_workspace, path)
    words = ["map", "--workspace", str(path), "--method", "pca", "--dimensions", "3", "--if-missing", "--json"]
    assert main(words) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert first["benchmark"] == "map"
    assert {"trustworthiness", "continuity", "knn_preservation", "seconds", "points"} <= first["figures"].keys()
    workspace = Workspace(path)
    version = workspace.current_version_id()
    assert version is not None
    assert workspace.maps.keys(version) == [MapSettings(method="pca", dimensions=3).key()]
    written = workspace.maps.path(version, workspace.maps.keys(version)[0]).stat().st_mtime_ns
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "has this map already" in said
    assert json.loads(said.splitlines()[-1])["figures"] == first["figures"]
    assert workspace.maps.path(version, workspace.maps.keys(version)[0]).stat().st_mtime_ns == written


def test_what_cannot_be_mapped_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", "--workspace", str(tmp_path)]) == 1
    assert "mmdemo import" in capsys.readouterr().err
    assert main(["map", "--workspace", str(tmp_path), "--neighbors", "1"]) == 1
    assert "n_neighbors is 1" in capsys.readouterr().err
