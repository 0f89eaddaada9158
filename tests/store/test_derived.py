"""Derived files: whole or missing, and gone with their version."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from store_samples import PROCESSES, all_files, fresh, write

from mmdemo.errors import WorkspaceError
from mmdemo.store import Workspace
from mmdemo.store.derived import unpack

VERSION = "000001-0a1b2c3d"
ARRAYS = {
    "positions": np.arange(12, dtype=np.float32).reshape(6, 2),
    "codes": np.array([0, 1, 2], np.uint8),
    "none": np.zeros((0, 2), np.float32),
}
TEXTS = {"map": '{"words": "größe"}', "more": ""}


def test_what_was_written_is_read_and_cannot_be_changed(tmp_path: Path):
    maps = fresh(tmp_path).maps
    maps.write(VERSION, "abc", ARRAYS, TEXTS)
    found = maps.read(VERSION, "abc")
    assert found is not None
    arrays, texts = found
    assert texts == TEXTS
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)
        assert not arrays[name].flags.writeable
    assert maps.keys(VERSION) == ["abc"]


def test_what_was_never_written_is_missing(tmp_path: Path):
    maps = Workspace(tmp_path / "none").maps
    assert maps.read(VERSION, "abc") is None
    assert maps.keys(VERSION) == []
    with pytest.raises(WorkspaceError, match="mmdemo import"):
        maps.write(VERSION, "abc", ARRAYS, TEXTS)


@pytest.mark.parametrize(("version", "key"), [("../x", "abc"), (VERSION, "../abc"), (VERSION, ""), (VERSION, "A")])
def test_no_name_leads_out_of_the_workspace(tmp_path: Path, version: str, key: str):
    with pytest.raises(WorkspaceError, match="derived file"):
        fresh(tmp_path).maps.read(version, key)


def test_a_damaged_file_counts_as_missing_wherever_it_was_hit(tmp_path: Path):
    maps = fresh(tmp_path).maps
    maps.write(VERSION, "abc", ARRAYS, TEXTS)
    path = maps.path(VERSION, "abc")
    whole = path.read_bytes()
    for length in (0, 1, 7, 8, 40, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert maps.read(VERSION, "abc") is None
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1
        found = unpack(bytes(damaged))
        if found is not None:  # a space of the header's padding may turn into another that means the same
            assert found[1] == TEXTS
            assert all((found[0][name] == array).all() for name, array in ARRAYS.items())
    maps.write(VERSION, "abc", ARRAYS, TEXTS)
    assert maps.read(VERSION, "abc") is not None


def test_what_cannot_be_stored_is_a_typed_error(tmp_path: Path):
    with pytest.raises(WorkspaceError, match="array words"):
        fresh(tmp_path).maps.write(VERSION, "abc", {"words": np.array(["a"])}, {})


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    workspace = fresh(tmp_path)
    workspace.maps.write(VERSION, "abc", ARRAYS, TEXTS)
    before = all_files(workspace.path)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorkspaceError, match="free some disk space"):
        workspace.maps.write(VERSION, "abc", {}, {})
    assert all_files(workspace.path) == before
    found = workspace.maps.read(VERSION, "abc")
    assert found is not None
    assert found[1] == TEXTS


def test_prune_drops_the_files_of_removed_versions_only(tmp_path: Path):
    workspace = fresh(tmp_path)
    versions = [write(workspace, seed=seed) for seed in range(4)]
    workspace.use_version(versions[0])
    for version in [*versions, "000099-0a1b2c3d"]:
        workspace.maps.write(version, "abc", ARRAYS, TEXTS)
    assert workspace.prune(keep=2) == [versions[1]]
    kept = {version for version in versions if workspace.maps.read(version, "abc") is not None}
    assert kept == {versions[0], versions[2], versions[3]}
    assert workspace.maps.read("000099-0a1b2c3d", "abc") is None
    assert list((workspace.path / "staging").iterdir()) == []


def replace_and_read(path: Path, gate, number: int) -> None:
    """Write files of its own, each of one number, and read whatever is there: always whole."""
    maps = Workspace(path).maps
    gate.wait()
    for _ in range(60):
        maps.write(VERSION, "abc", {"numbers": np.full(5000, number)}, {"number": str(number)})
        found = maps.read(VERSION, "abc")
        assert found is not None
        arrays, texts = found
        assert (arrays["numbers"] == int(texts["number"])).all()


def test_processes_that_write_the_same_key_never_show_half_of_it(tmp_path: Path):
    workspace = fresh(tmp_path)
    gate = PROCESSES.Barrier(2)
    both = [PROCESSES.Process(target=replace_and_read, args=(workspace.path, gate, number)) for number in (1, 2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert list((workspace.path / "staging").iterdir()) == []


def write_on(path: Path, gate) -> None:
    maps = Workspace(path).maps
    gate.wait()
    for _ in range(200):
        maps.write(VERSION, "abc", ARRAYS, TEXTS)


def test_a_folder_that_is_pruned_while_it_is_written_to_stops_nobody(tmp_path: Path):
    workspace = fresh(tmp_path)
    write(workspace)
    gate = PROCESSES.Barrier(2)
    writer = PROCESSES.Process(target=write_on, args=(workspace.path, gate))
    writer.start()
    gate.wait()
    while writer.is_alive():
        workspace.prune(keep=1)
    writer.join()
    assert writer.exitcode == 0
