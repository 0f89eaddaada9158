import doctest
import os
import subprocess
import sys
from pathlib import Path

import pytest
from store_samples import SOURCE, fresh, items, write

import mmdemo.store.workspace
from mmdemo.errors import WorkspaceError
from mmdemo.store import Workspace
from mmdemo.types import Item

ROOT = Path(__file__).parents[2]


def test_making_the_object_touches_nothing(tmp_path):
    workspace = Workspace(tmp_path / "w")
    assert not workspace.exists()
    assert workspace.versions() == []
    assert list(tmp_path.iterdir()) == []


def test_create_makes_a_workspace_and_leaves_an_existing_one_alone(tmp_path):
    workspace = Workspace(tmp_path / "deep" / "w").create("Erste Sammlung")
    assert workspace.exists()
    write(workspace)
    assert Workspace(workspace.path).create("Another").name == "Erste Sammlung"
    assert workspace.read_version().manifest.name == "Erste Sammlung"


def test_a_folder_with_other_things_is_not_taken_over(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(WorkspaceError, match=r"thesis\.txt.*choose another folder"):
        Workspace(tmp_path).create("w")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_way_is_a_typed_error(tmp_path):
    (tmp_path / "w").write_text("")
    with pytest.raises(WorkspaceError, match="could not create a workspace"):
        Workspace(tmp_path / "w").create("w")


def test_writing_needs_a_workspace(tmp_path):
    workspace = Workspace(tmp_path / "w")
    for use in (lambda: write(workspace), lambda: workspace.write_catalog([], SOURCE, {}), workspace.prune):
        with pytest.raises(WorkspaceError, match="is no workspace"):
            use()
    assert not workspace.path.exists()


def test_a_newer_workspace_is_not_written_to(tmp_path):
    workspace = fresh(tmp_path)
    (workspace.path / "workspace.json").write_text('{"format": 9, "name": "x"}')
    with pytest.raises(WorkspaceError, match=r"format 9.*update mmdemo"):
        write(workspace)


def test_a_catalogue_comes_back(tmp_path):
    workspace = fresh(tmp_path)
    assert workspace.current_catalog_id() is None
    with pytest.raises(WorkspaceError, match="mmdemo import"):
        workspace.read_catalog()
    report = {"read": 13, "skipped": [["x.png", "truncated"]]}
    catalog_id = workspace.write_catalog(items(), SOURCE, report)
    found = workspace.read_catalog()
    assert (found.catalog_id, found.items, found.source) == (catalog_id, tuple(items()), SOURCE)
    assert found.report == report


def test_the_older_catalogue_can_still_be_read_by_its_id(tmp_path):
    workspace = fresh(tmp_path)
    first = workspace.write_catalog(items(3), SOURCE, {})
    second = workspace.write_catalog([], SOURCE, {})
    assert workspace.read_catalog().items == ()
    assert len(workspace.read_catalog(first).items) == 3
    assert first < second == workspace.current_catalog_id()


def test_a_refused_catalogue_leaves_the_old_one_in_use(tmp_path):
    workspace = fresh(tmp_path)
    first = workspace.write_catalog(items(), SOURCE, {})
    with pytest.raises(WorkspaceError, match="every id"):
        workspace.write_catalog([Item("a", "", {})] * 2, SOURCE, {})
    with pytest.raises(WorkspaceError, match="not JSON"):
        workspace.write_catalog(items(), SOURCE, {"when": object()})
    assert workspace.current_catalog_id() == first
    assert list((workspace.path / "staging").iterdir()) == []


def test_a_version_remembers_the_catalogue_it_was_made_from(tmp_path):
    workspace = fresh(tmp_path)
    write(workspace)
    assert workspace.manifest().catalog_id is None
    assert workspace.manifest().source is None
    first = workspace.write_catalog(items(), SOURCE, {})
    workspace.write_catalog([], SOURCE, {})
    workspace.write_version(items(), {}, {}, {"catalog_id": first})
    assert workspace.manifest().catalog_id == first
    assert workspace.manifest().source == SOURCE


def test_reading_a_manifest_imports_nothing_heavy(tmp_path):
    workspace = fresh(tmp_path)
    workspace.write_catalog(items(), SOURCE, {})
    version_id = write(workspace)
    program = (
        "import sys; from mmdemo.store import Workspace; w = Workspace(sys.argv[1]);"
        "print(w.current_version_id(), w.manifest().counts['items'], len(w.versions()));"
        "print([name for name in ('numpy', 'pyarrow', 'lancedb', 'safetensors', 'PIL') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(workspace.path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [f"{version_id} 12 1", "[]"]


def test_the_example_in_the_docstring_runs():
    result = doctest.testmod(mmdemo.store.workspace)
    assert result.attempted > 0
    assert result.failed == 0
