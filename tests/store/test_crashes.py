"""Writers killed with SIGKILL, wherever they are, and disks that refuse."""

import os
import random
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from store_samples import PROCESSES, SOURCE, all_files, fresh, items, write

from mmdemo.errors import WorkspaceError
from mmdemo.store import Workspace

FILE_EVENTS = frozenset(
    {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.listdir", "os.scandir", "fcntl.flock"}
)


def index(path, seed):
    """What a run does: blobs and vectors, then the catalogue, then the version."""
    workspace = Workspace(path)
    with workspace.writing("index"):
        for number in range(3):
            digest = workspace.put_blob(b"%d" % number * 100)
            workspace.put_thumbnail(digest, b"small")
            workspace.cache.put("encoder", {digest: np.full(4, number, dtype=np.float32)})
        workspace.write_catalog(items(40), SOURCE, {})
        write(workspace, seed=seed, count=40)
        workspace.prune(keep=1)


def index_until(path, seed, step, steps):
    """Die just before the `step`-th time the run touches the file system; count these times in `steps`."""

    def count(event, args):
        if event == "fcntl.flock" or (event in FILE_EVENTS and any(str(path) in str(arg) for arg in args)):
            steps.value += 1
            if steps.value == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    index(path, seed)


def index_until_killed(path, seed):
    while True:
        index(path, seed)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Content hash of a run that nobody disturbs."""
    workspace = fresh(tmp_path_factory.mktemp("undisturbed"))
    write(workspace, seed=1, count=40)
    return workspace.manifest().content_sha256


def check_after_kill(workspace, undisturbed):
    """A reader finds something whole; the next run ends as if nothing had been, and cleans up."""
    known = workspace.versions()
    for version_id in known:
        workspace.verify(version_id)
    assert workspace.current_version_id() in known
    assert workspace.read_catalog().items == tuple(items(40))
    index(workspace.path, seed=1)
    workspace.verify()
    assert workspace.manifest().content_sha256 == undisturbed
    assert workspace.versions() == [workspace.current_version_id()]
    assert os.listdir(workspace.path / "staging") == []
    assert len(os.listdir(workspace.path / "catalogs")) == 1
    assert len(all_files(workspace.path / "blobs")) == len(all_files(workspace.path / "thumbnails")) == 3


def before_kill(tmp_path):
    workspace = fresh(tmp_path)
    index(workspace.path, seed=0)
    for folder in ("blobs", "thumbnails"):
        for file in all_files(workspace.path / folder):
            file.unlink()
    return workspace


def run_until(workspace, step):
    steps = PROCESSES.Value("i", 0)
    process = PROCESSES.Process(target=index_until, args=(workspace.path, 1, step, steps))
    process.start()
    process.join()
    return process.exitcode, steps.value


@pytest.fixture(scope="module")
def all_steps(tmp_path_factory):
    """How often a run touches the file system."""
    exitcode, steps = run_until(before_kill(tmp_path_factory.mktemp("counted")), 0)
    assert exitcode == 0
    return steps


@pytest.mark.parametrize(
    "part", [0.02, 0.35, 0.6, 0.8, 0.95, *(pytest.param(n / 20, marks=pytest.mark.slow) for n in range(20))]
)
def test_a_run_killed_at_any_step_is_made_good_by_the_next(tmp_path, undisturbed, all_steps, part):
    workspace = before_kill(tmp_path)
    step = 1 + int(part * all_steps)
    assert run_until(workspace, step) == (-signal.SIGKILL, step)
    check_after_kill(workspace, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_a_run_killed_at_a_random_moment_is_made_good_by_the_next(tmp_path, undisturbed, seed):
    workspace = before_kill(tmp_path)
    process = PROCESSES.Process(target=index_until_killed, args=(workspace.path, 1))
    process.start()
    time.sleep(random.Random(seed).uniform(0.02, 0.8))
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    check_after_kill(workspace, undisturbed)


def put_until_killed(path, started):
    cache = Workspace(path).cache
    for number in range(10**6):
        batch = {f"{number}-{part}": np.full(200, number, dtype=np.float32) for part in range(50)}
        cache.put("encoder", batch)
        started.set()


@pytest.mark.parametrize("attempt", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 10))])
def test_a_put_of_a_killed_process_is_whole_or_not_there(tmp_path, attempt):
    workspace = fresh(tmp_path)
    started = PROCESSES.Event()
    process = PROCESSES.Process(target=put_until_killed, args=(workspace.path, started))
    process.start()
    assert started.wait(60)
    time.sleep(random.Random(attempt).uniform(0.0, 0.2))
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    number = 0
    while batch := workspace.cache.get("encoder", [f"{number}-{part}" for part in range(50)]):
        assert len(batch) == 50
        number += 1
    assert number >= 1


def write_with_little_room(path, limit, messages):
    workspace = Workspace(path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    uses = [
        lambda: workspace.write_catalog(items(20_000), SOURCE, {}),
        lambda: write(workspace, count=600, dim=384),
        lambda: workspace.write_version([], {}, {"big": np.zeros(100_000)}, {}),
        lambda: workspace.put_blob(b"x" * 1_000_000),
        lambda: workspace.cache.put("e", {f"{n}": np.zeros(1000, dtype=np.float32) for n in range(1000)}),
    ]
    for use in uses:
        try:
            use()
            messages.put("nothing was raised")
        except WorkspaceError as error:
            messages.put(error.remedy)


def test_a_disk_without_room_is_a_typed_error_and_changes_nothing(tmp_path):
    workspace = fresh(tmp_path)
    workspace.write_catalog(items(), SOURCE, {})
    before = workspace.current_catalog_id(), write(workspace)
    messages = PROCESSES.Queue()
    process = PROCESSES.Process(target=write_with_little_room, args=(workspace.path, 100_000, messages))
    process.start()
    found = [messages.get(timeout=60) for _ in range(5)]
    process.join()
    assert found[:4] == ["raise the limit on file sizes and run this again"] * 4
    assert found[4] == "free some disk space and run this again"
    assert (workspace.current_catalog_id(), workspace.current_version_id()) == before
    workspace.verify()
    assert os.listdir(workspace.path / "staging") == []
    assert all_files(workspace.path / "blobs") == []
    workspace.cache.put("e", {"x": np.zeros(4, dtype=np.float32)})
    assert workspace.cache.get("e", ["x", "0"]).keys() == {"x"}


def use_read_only(path, digest, outcome):
    workspace = Workspace(path)
    write_attempts = [
        lambda: workspace.put_blob(b"new"),
        lambda: workspace.write_catalog([], SOURCE, {}),
        lambda: write(workspace),
        lambda: workspace.cache.put("e", {"y": np.zeros(4, dtype=np.float32)}),
    ]
    workspace.read_version()  # imports what may not be readable to the user below
    if os.geteuid() == 0:
        os.setuid(65534)
    workspace.verify()
    outcome.put((workspace.read_blob(digest), sorted(workspace.cache.get("e", ["x", "y"]))))
    for attempt in write_attempts:
        try:
            attempt()
            outcome.put("written")
        except WorkspaceError as error:
            outcome.put(error.remedy)


@pytest.mark.parametrize("cache_in_use", [False, True])
def test_a_read_only_workspace_can_be_read_and_says_that_it_is_one(cache_in_use):
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to other users
        os.chmod(folder, 0o755)
        workspace = fresh(Path(folder))
        write(workspace)
        digest = workspace.put_blob(b"picture")
        workspace.cache.put("e", {"x": np.zeros(4, dtype=np.float32)})
        if not cache_in_use:
            workspace.cache.close()
        paths = [workspace.path, *workspace.path.rglob("*")]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        outcome = PROCESSES.Queue()
        process = PROCESSES.Process(target=use_read_only, args=(workspace.path, digest, outcome))
        process.start()
        found = [outcome.get(timeout=60) for _ in range(5)]
        process.join()
        for path in paths:
            path.chmod(0o755)
    assert found[0] == (b"picture", ["x"])
    assert all("--workspace" in remedy for remedy in found[1:])
