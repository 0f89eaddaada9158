"""The process that makes maps: with real UMAP, cancelled, killed, crashed, orphaned."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import numpy as np
import psutil
import pytest
from map_samples import KINDS, fit_input, random_vectors, unit

from mmdemo.errors import CancelledError, MapError
from mmdemo.projection import Map
from mmdemo.projection.process import STEPS, fit_in_process

PATIENCE_S = 60


def _workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "mmdemo.projection.worker" in " ".join(child.cmdline())]


def _three_kinds(count: int, *, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((count, 12)) * 0.1
    return unit(np.eye(12)[np.arange(count) % 3] + noise)


@pytest.fixture(scope="module")
def reported() -> list[tuple[int, int, str]]:
    return []


@pytest.fixture(scope="module")
def umap_map(reported: list) -> Map:
    return fit_in_process(
        fit_input(_three_kinds(60), n_neighbors=100), progress=lambda *report: reported.append(report)
    )


def test_umap_keeps_kinds_apart_and_neighbours_together(umap_map: Map):
    assert umap_map.quality["trustworthiness"] > 0.8
    kinds = np.arange(60) % 3
    distances = np.linalg.norm(umap_map.positions[:, None] - umap_map.positions[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (kinds[distances.argmin(axis=1)] == kinds).mean() > 0.95


def test_fewer_points_than_neighbours_are_told(umap_map: Map):
    assert umap_map.notices == ("With 60 points, UMAP used 59 neighbours.",)
    assert umap_map.settings.n_neighbors == 100


def test_its_progress_counts_the_rounds(umap_map: Map, reported: list):
    assert umap_map.seconds > 0
    done = [step for step, _, _ in reported]
    assert done == sorted(done)
    assert reported[0][1] == STEPS
    rounds = [message for _, _, message in reported if "round" in message]
    assert re.search(r"round \d+ of 500", rounds[-1])  # a busy machine may tell of few of them


def test_umap_is_not_loaded_here(umap_map: Map):
    assert len(umap_map) == 60
    code = "import sys; import mmdemo.projection.process, mmdemo.projection.placing; print('umap' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


def test_the_same_seed_gives_the_same_umap_map(umap_map: Map):
    again = fit_in_process(fit_input(_three_kinds(60), n_neighbors=100))
    assert (again.positions == umap_map.positions).all()
    assert again.cluster_labels == umap_map.cluster_labels
    other = fit_in_process(fit_input(_three_kinds(60), n_neighbors=100, seed=1))
    assert (other.positions != umap_map.positions).any()


def test_a_map_made_in_the_process_is_the_one_made_here():
    from mmdemo.projection.fit import fit

    given = fit_input(_three_kinds(45), method="pca")
    there, here = fit_in_process(given), fit(given, lambda share, message: None)
    for name in ("positions", "clusters", "trust", "item_rows", "modalities"):
        assert (getattr(there, name) == getattr(here, name)).all()
    assert there.cluster_labels == here.cluster_labels
    assert there.quality == here.quality
    assert any(kind in there.cluster_labels[0] for kind in KINDS)


@pytest.fixture
def nothing_left(monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[None]:
    """Afterwards no process and no temporary file is left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    open_files = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    yield
    assert _workers() == []
    assert list(tmp_path.iterdir()) == []
    if open_files:
        assert len(os.listdir("/proc/self/fd")) == open_files


@pytest.mark.parametrize("when", ["starting", "reading the vectors", "loading UMAP"])
def test_a_cancel_ends_the_process_and_leaves_nothing(when: str, nothing_left: None):
    seen: list[int] = []

    def progress(done: int, total: int, message: str) -> None:
        if message == when:
            seen.extend(child.pid for child in _workers())
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        fit_in_process(fit_input(random_vectors(200)), progress=progress)
    assert len(seen) == 1
    assert not psutil.pid_exists(seen[0])


def test_a_cancel_is_noticed_while_the_process_says_nothing(nothing_left: None):
    messages: list[str] = []

    def progress(done: int, total: int, message: str) -> None:
        messages.append(message)
        if messages.count("loading UMAP") == 3:
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        fit_in_process(fit_input(random_vectors(200)), progress=progress)
    assert messages[-3:] == ["loading UMAP"] * 3


def test_a_killed_process_is_a_typed_error(nothing_left: None):
    def progress(done: int, total: int, message: str) -> None:
        if message == "loading UMAP":
            for child in _workers():
                child.kill()

    with pytest.raises(MapError, match="memory ran out"):
        fit_in_process(fit_input(random_vectors(200)), progress=progress)


def test_a_crash_is_a_typed_error_that_says_why(nothing_left: None):
    given = fit_input(_three_kinds(60), method="pca")
    given.words.clear()  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(MapError, match=r"exit status 1\): IndexError"):
        fit_in_process(given)


def test_a_process_ends_with_the_one_that_wanted_the_map():
    code = (
        "import os, signal\n"
        "from map_samples import fit_input, random_vectors\n"
        "from mmdemo.projection.process import fit_in_process\n"
        "import psutil\n"
        "def progress(done, total, message):\n"
        "    if message == 'loading UMAP':\n"
        "        print(psutil.Process().children()[0].pid, flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "fit_in_process(fit_input(random_vectors(200)), progress=progress)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, env=environment)
    worker = int(ended.stdout)
    try:
        psutil.Process(worker).wait(PATIENCE_S)
    except psutil.NoSuchProcess:
        return
    assert not psutil.pid_exists(worker)
