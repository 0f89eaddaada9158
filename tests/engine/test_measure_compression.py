import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from mmdemo.engine.compression import known_compression, measure_compression
from mmdemo.errors import CancelledError, EncoderError, WorkspaceError
from mmdemo.store import Workspace

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def workspace(tiny_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compression") / "workspace"
    shutil.copytree(tiny_workspace, path)
    return path


def test_loss_and_gain_are_measured_once_and_kept(tiny_workspace, tmp_path):
    workspace = shutil.copytree(tiny_workspace, tmp_path / "workspace")
    assert known_compression(workspace, "minilm", "int8") is None
    told: list[int] = []
    found = measure_compression(workspace, "minilm", "int8", progress=lambda done, total, _: told.append(done))
    assert (found.encoder, found.option, found.compared_with) == ("minilm", "int8", "image")
    assert found.speedup > 0
    assert found.speedup_alone > 0
    assert 0 <= found.recall_at_10_after <= 1
    assert found.loss == found.recall_at_10_before - found.recall_at_10_after
    assert found.queries > 0
    assert told == sorted(told)
    assert known_compression(workspace, "minilm", "int8") == found
    assert measure_compression(workspace, "minilm", "int8") == found
    assert known_compression(workspace, "minilm", "pruned30") is None


def test_what_cannot_be_read_counts_as_not_measured(workspace):
    measured = Workspace(workspace).measured
    manifest = Workspace(workspace).manifest()
    found = measure_compression(workspace, "minilm", "int8")
    (key,) = [key for key in measured.keys(manifest.catalog_id) if key.startswith("compression-")]
    measured.write(manifest.catalog_id, key, {}, {"compression": "[]"})
    assert known_compression(workspace, "minilm", "int8") is None
    assert asdict(measure_compression(workspace, "minilm", "int8")).keys() == asdict(found).keys()


def test_it_can_be_cancelled(workspace):
    def cancel(done, total, message):
        raise CancelledError(message)

    with pytest.raises(CancelledError):
        measure_compression(workspace, "minilm", "pruned20", progress=cancel)
    assert known_compression(workspace, "minilm", "pruned20") is None


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("minilm", "int4"),
        ("minilm", "pruned95"),
        ("aisfx+musicnn", "int8"),
        ("video-frames", "int8"),
        ("efficientnet-lite0", "int8"),
        ("nothing", "int8"),
    ],
)
def test_what_cannot_be_compressed_is_refused(workspace, name, option):
    with pytest.raises(EncoderError):
        measure_compression(workspace, name, option)


def test_there_must_be_a_workspace(tmp_path):
    with pytest.raises(WorkspaceError):
        measure_compression(tmp_path / "none", "minilm", "int8")
