"""Several processes in one workspace at once."""

import fcntl
import os

import numpy as np
import pytest
from store_samples import PROCESSES, fresh, write

from mmdemo.errors import WorkspaceError
from mmdemo.store import Workspace
from mmdemo.store.content import canonical_items, content_sha256
from mmdemo.store.snapshots import read_snapshot


def start(target, *args):
    process = PROCESSES.Process(target=target, args=args)
    process.start()
    return process


def fill(path, gate, offset):
    """Put blobs and vectors of which half are put by the other process too, in another order."""
    workspace = Workspace(path)
    gate.wait()
    for number in np.random.default_rng(offset).permutation(np.arange(100) + offset).tolist():
        digest = workspace.put_blob(b"blob %d" % number * 50)
        workspace.cache.put("encoder", {digest: np.full(32, number, dtype=np.float32)})
        assert workspace.read_blob(digest) == b"blob %d" % number * 50


def test_two_processes_fill_blobs_and_cache_at_once(tmp_path):
    workspace = fresh(tmp_path)
    gate = PROCESSES.Barrier(2)
    both = [start(fill, workspace.path, gate, offset) for offset in (0, 50)]
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    digests = {workspace.put_blob(b"blob %d" % number * 50): number for number in range(150)}
    found = workspace.cache.get("encoder", digests)
    assert {digest: float(vector[0]) for digest, vector in found.items()} == digests
    assert list((workspace.path / "staging").iterdir()) == []


def read_until(path, ready, stop, results):
    """Read the current version over and over; check that each is whole."""
    workspace = Workspace(path)
    seen = set()
    while not stop.is_set():
        version = workspace.read_version()
        found = content_sha256(canonical_items(version.items), version.tables, version.arrays)
        if found != version.manifest.content_sha256 or not version.version_id.endswith(found[:8]):
            results.put(f"{version.version_id} is not whole")
            return
        seen.add(version.version_id)
        ready.set()
    results.put(seen)


@pytest.mark.parametrize("versions", [12, pytest.param(200, marks=pytest.mark.slow)])
def test_a_reader_sees_only_whole_versions_while_they_are_replaced_and_pruned(tmp_path, versions):
    workspace = fresh(tmp_path)
    write(workspace, count=300)
    ready, stop, results = PROCESSES.Event(), PROCESSES.Event(), PROCESSES.Queue()
    reader = start(read_until, workspace.path, ready, stop, results)
    made = {workspace.current_version_id()}
    assert ready.wait(60)
    for seed in range(versions):
        made.add(write(workspace, seed=seed, count=300))
        workspace.prune(keep=1)
    stop.set()
    seen = results.get(timeout=60)
    reader.join()
    assert isinstance(seen, set), seen
    assert seen <= made


def test_a_reader_whose_version_is_replaced_and_pruned_under_it_gets_the_next(tmp_path):
    workspace = fresh(tmp_path)
    old = write(workspace, seed=1)
    tried = []

    def read_late(version_id):
        tried.append(version_id)
        if len(tried) == 1:
            write(workspace, seed=2)
            workspace.prune(keep=1)
        return workspace.read_version(version_id)

    found = read_snapshot(workspace._versions.snapshots, None, read_late)
    assert tried == [old, workspace.current_version_id()]
    assert found.version_id == tried[1]
    with pytest.raises(WorkspaceError, match=old):
        read_snapshot(workspace._versions.snapshots, old, read_late)


def prune_until(path, stop):
    workspace = Workspace(path)
    while not stop.is_set():
        workspace.prune()


def test_clearing_the_staging_folder_leaves_living_writers_alone(tmp_path):
    workspace = fresh(tmp_path)
    staging = workspace.path / "staging"
    with (staging / "file-alive").open("wb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        (staging / "file-dead").write_bytes(b"half")
        (staging / "version-dead").mkdir()
        (staging / "version-dead" / "manifest.json").write_bytes(b"{")
        workspace.prune()
        assert os.listdir(staging) == ["file-alive"]
    workspace.prune()
    assert os.listdir(staging) == []


def test_blobs_are_kept_while_others_clear_the_staging_folder(tmp_path):
    workspace = fresh(tmp_path)
    stop = PROCESSES.Event()
    pruner = start(prune_until, workspace.path, stop)
    digests = [workspace.put_blob(b"%d" % number * 100) for number in range(300)]
    stop.set()
    pruner.join()
    assert pruner.exitcode == 0
    assert [workspace.read_blob(digest)[:1] for digest in digests[:3]] == [b"0", b"1", b"2"]
    assert all(workspace.blob_path(digest).exists() for digest in digests)


def hold_version(path, version_id, ready, let_go):
    with Workspace(path)._versions.snapshots.reading(version_id):
        ready.set()
        let_go.wait(60)


def test_a_version_that_is_being_read_is_not_pruned(tmp_path):
    workspace = fresh(tmp_path)
    old = write(workspace, seed=1)
    write(workspace, seed=2)
    ready, let_go = PROCESSES.Event(), PROCESSES.Event()
    reader = start(hold_version, workspace.path, old, ready, let_go)
    assert ready.wait(60)
    try:
        assert workspace.prune(keep=1) == []
        workspace.verify(old)
    finally:
        let_go.set()
        reader.join()
    assert workspace.prune(keep=1) == [old]
    with pytest.raises(WorkspaceError, match=f"there is no .*{old}"):
        workspace.read_version(old)
