"""Training runs as folders: what is listed, what is refused, what is in use. No fusion is trained here."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mmdemo.engine.run_folder import RunFolder
from mmdemo.engine.runs import create_run, delete_run, list_runs, read_run, run_in_use, use_run
from mmdemo.errors import CatalogError, FusionError, WorkspaceError
from mmdemo.fusion.report import Epoch
from mmdemo.fusion.settings import TrainSettings
from mmdemo.store import Workspace

_SETTINGS = TrainSettings("mean", epochs=3, seed=7, fusion_options={})


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of two versions without any media; copied by every test."""
    workspace = Workspace(tmp_path_factory.mktemp("runs") / "workspace").create("Mine")
    workspace.write_version([], {}, {"first": _numbers(1)}, {})
    workspace.write_version([], {}, {"second": _numbers(2)}, {})
    return workspace.path


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    return shutil.copytree(template, tmp_path / "workspace")


def _numbers(value: int):
    import numpy as np

    return np.full(3, value, np.float32)


def _finish(path: Path, run_id: str, state: str = "done") -> None:
    folder = RunFolder(path, run_id)
    folder.write(replace(folder.read(), state=state))


def test_a_new_run_is_queued_and_read_back_as_it_was_asked_for(path):
    run_id = create_run(path, _SETTINGS)
    run = read_run(path, run_id)
    assert run_id == "000001-mean"
    assert run.settings == _SETTINGS
    assert (run.title, run.state, run.version_id) == ("Mean, run 1", "queued", Workspace(path).current_version_id())
    assert (run.usable, run.in_use, run.resumable, run.epochs, run.report) == (True, False, True, (), None)
    assert read_run(path, create_run(path, _SETTINGS, title=" Plain ")).title == "Plain"


def test_runs_are_listed_newest_first_beyond_six_digits(path):
    for number in (9, 999_999, 1_000_000):
        run_id = create_run(path, _SETTINGS)
        (path / "runs" / run_id).rename(path / "runs" / f"{number:06d}-mean")
        folder = path / "runs" / f"{number:06d}-mean" / "run.json"
        folder.write_text(json.dumps({**json.loads(folder.read_text()), "run_id": folder.parent.name}))
    assert [run.run_id for run in list_runs(path)] == ["1000000-mean", "999999-mean", "000009-mean"]
    assert create_run(path, _SETTINGS) == "1000001-mean"


def test_a_damaged_run_does_not_hide_the_others(path):
    kept, cut, odd, empty = (create_run(path, _SETTINGS) for _ in range(4))
    (path / "runs" / cut / "run.json").write_text("{")
    record = json.loads((path / "runs" / odd / "run.json").read_text())
    (path / "runs" / odd / "run.json").write_text(json.dumps({**record, "settings": {"unknown": 1}}))
    (path / "runs" / empty / "run.json").unlink()
    assert [run.run_id for run in list_runs(path)] == [kept]
    for run_id in (cut, odd):
        with pytest.raises(FusionError, match="delete the run"):
            read_run(path, run_id)
    delete_run(path, cut)
    with pytest.raises(FusionError, match="there is no run"):
        read_run(path, cut)


def test_curves_are_seen_while_it_trains_and_a_dead_process_reads_as_interrupted(path):
    run_id = create_run(path, _SETTINGS)
    folder = RunFolder(path, run_id)
    epochs = tuple(Epoch(number, 2.0 / number, None, (0.5, 0.25, 0.25), 0.5 * number) for number in (1, 2))
    with folder.training():
        _finish(path, run_id, "running")
        folder.write_epochs(epochs)
        assert (read_run(path, run_id).state, read_run(path, run_id).epochs) == ("running", epochs)
        code = (
            "import sys\nfrom pathlib import Path\nfrom mmdemo.engine.run_folder import RunFolder\n"
            "with RunFolder(Path(sys.argv[1]), sys.argv[2]).training(): pass"
        )
        refused = subprocess.run(
            [sys.executable, "-c", code, str(path), run_id], capture_output=True, text=True, check=False
        )
        assert "one writer at a time" in refused.stderr
        with pytest.raises(WorkspaceError, match="train"):
            delete_run(path, run_id)
    run = read_run(path, run_id)
    assert (run.state, run.resumable, run.epochs) == ("interrupted", True, epochs)
    (folder.path / "epochs.json").write_text('{"epochs": [{"number": 1}]}')
    assert list_runs(path)[0].epochs == ()


def test_only_a_finished_run_of_the_version_in_use_can_be_used(path):
    first, second = Workspace(path).versions()
    run_id = create_run(path, _SETTINGS)
    assert run_in_use(path) is None
    with pytest.raises(FusionError, match="train it first"):
        use_run(path, run_id)
    _finish(path, run_id)
    use_run(path, run_id)
    assert run_in_use(path) == run_id
    assert read_run(path, run_id).in_use
    Workspace(path).use_version(first)
    assert not read_run(path, run_id).usable
    with pytest.raises(FusionError, match=second):
        use_run(path, run_id)
    use_run(path, None)
    assert run_in_use(path) is None
    use_run(path, None)


def test_the_run_in_use_goes_with_its_folder(path):
    kept, run_id = create_run(path, _SETTINGS), create_run(path, _SETTINGS)
    _finish(path, run_id)
    use_run(path, run_id)
    delete_run(path, kept)
    assert run_in_use(path) == run_id
    delete_run(path, run_id)
    assert run_in_use(path) is None
    assert list_runs(path) == ()
    assert list((path / "runs").iterdir()) == []


def test_a_damaged_pointer_is_told_and_hides_no_run(path):
    run_id = create_run(path, _SETTINGS)
    (path / "FUSION").write_text("../../elsewhere\n")
    with pytest.raises(FusionError, match="elsewhere"):
        run_in_use(path)
    assert [run.run_id for run in list_runs(path)] == [run_id]
    assert not read_run(path, run_id).in_use


def test_what_cannot_be_a_run_is_refused_and_leaves_nothing(path, tmp_path):
    with pytest.raises(FusionError, match="one of"):
        create_run(path, TrainSettings("guesswork"))
    with pytest.raises(CatalogError, match="cannot be read"):
        create_run(path, _SETTINGS, interactions=tmp_path / "missing.csv")
    with pytest.raises(FusionError, match="an id like"):
        read_run(path, "../versions")
    assert list_runs(path) == ()
    (tmp_path / "clicks.csv").write_text("user,item\na,b\n")
    run_id = create_run(path, _SETTINGS, interactions=tmp_path / "clicks.csv")
    assert RunFolder(path, run_id).interactions.read_text() == "user,item\na,b\n"


def test_pruning_versions_leaves_runs_and_drops_their_data(path):
    workspace = Workspace(path)
    old, new = workspace.versions()
    for version in (old, new):
        workspace.fusions.write(version, "data", {"x": _numbers(0)}, {})
    run_id = create_run(path, _SETTINGS)
    workspace.prune(keep=1)
    assert workspace.fusions.keys(old) == []
    assert workspace.fusions.keys(new) == ["data"]
    assert [run.run_id for run in list_runs(path)] == [run_id]


def test_listing_runs_loads_no_torch(path):
    create_run(path, _SETTINGS)
    code = (
        "import sys\nfrom mmdemo.engine.runs import list_runs\n"
        f"assert len(list_runs({str(path)!r})) == 1\nassert not {{'torch', 'scipy', 'streamlit'}} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
