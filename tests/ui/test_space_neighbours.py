"""Only indexed workspaces in the same folder can be named; nothing else on the disk."""

import numpy as np
import pytest

from mmdemo.store import SourceInfo, Workspace
from mmdemo.types import Embeddings, Item, Modality
from mmdemo.ui.space_neighbours import workspace_beside, workspaces_beside


def indexed(path):
    workspace = Workspace(path).create(path.name)
    catalogue = [Item("a", "A", {Modality.TEXT: "a"})]
    workspace.write_catalog(catalogue, SourceInfo("t", "CC0", "me", "", True), {})
    table = Embeddings(np.array(["a"]), np.ones((1, 1), np.float32), Modality.TEXT, "native.text")
    workspace.write_version(catalogue, {"native.text": table}, {}, {})
    return path


@pytest.fixture
def folder(tmp_path):
    for name in ("here", "beta", "alpha"):
        indexed(tmp_path / "all" / name)
    return tmp_path / "all"


def test_workspaces_in_the_same_folder_are_found_in_order(folder):
    assert workspaces_beside(folder / "here") == ("alpha", "beta")


def test_folders_that_are_no_indexed_workspaces_are_left_out(folder):
    (folder / "photos").mkdir()
    Workspace(folder / "empty").create("Empty")
    (folder / "file").write_text("x")
    indexed(folder / ".hidden")
    assert workspaces_beside(folder / "here") == ("alpha", "beta")


def test_a_link_to_elsewhere_is_left_out(folder, tmp_path):
    indexed(tmp_path / "elsewhere")
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    assert workspaces_beside(folder / "here") == ("alpha", "beta")


@pytest.mark.parametrize("name", ["..", "../elsewhere", "/etc", "", ".", "here", "alpha/../../elsewhere", "nothing"])
def test_no_other_folder_can_be_named(folder, tmp_path, name):
    indexed(tmp_path / "elsewhere")
    assert workspace_beside(folder / "here", name) is None


def test_a_workspace_beside_is_found_by_its_name(folder):
    assert workspace_beside(folder / "here", "alpha") == folder / "alpha"


def test_a_workspace_in_a_folder_that_is_gone_has_none_beside_it(tmp_path):
    assert workspaces_beside(tmp_path / "gone" / "here") == ()
