"""Keeps numeric libraries to two threads, or one where tests run side by side, before any of them is imported."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing

_THREADS = "1" if "PYTEST_XDIST_WORKER" in os.environ else "2"
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_variable, _THREADS)
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads must not spin on a machine that others use

from pathlib import Path  # noqa: E402 - the variables above must be set first

import pytest  # noqa: E402


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with long tests first: one that a worker is given last keeps all others waiting."""
    long = {item.path for item in items if item.get_closest_marker("timeout") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def tiny_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real workspace of 24 generated items, indexed with the offline encoders; for reading only."""

    def make(path: Path) -> None:
        from mmdemo.engine import import_into, reindex

        import_into(path, "world", n=24)
        reindex(path)

    return _made_once("tiny", make, tmp_path_factory)


@pytest.fixture(scope="session")
def mapped_workspace(tiny_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny workspace with its default map and that map's twin before alignment; for reading only."""

    def make(path: Path) -> None:
        from mmdemo.engine import Engine
        from mmdemo.projection import MapSettings

        shutil.copytree(tiny_workspace, path)
        engine = Engine.open(path)
        for space in ("shared", "unaligned"):
            engine.fit_map(MapSettings(space=space))

    return _made_once("mapped", make, tmp_path_factory)


def _made_once(name: str, make: Callable[[Path], None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that `make` makes; of several workers one does, and the others copy it."""
    path = tmp_path_factory.mktemp(name) / "workspace"
    if "PYTEST_XDIST_WORKER" not in os.environ:
        make(path)
        return path
    shared = tmp_path_factory.getbasetemp().parent / name
    with Path(f"{shared}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go of when the file is closed, or its process dies
        if shared.exists():
            return Path(shutil.copytree(shared, path))
        make(path)
        Path(shutil.copytree(path, f"{shared}.partial", dirs_exist_ok=True)).rename(shared)
    return path


@pytest.fixture(scope="session")
def remember(tiny_workspace: Path) -> Callable[[Path], None]:
    """Gives a workspace what was encoded for the tiny one: names of classes and nonsense are the same in all."""

    def give(path: Path) -> None:
        known = sqlite3.connect(tiny_workspace / "cache.sqlite")
        with closing(known), closing(sqlite3.connect(path / "cache.sqlite")) as cache:
            known.backup(cache)

    return give


@pytest.fixture(scope="session")
def tone() -> bytes:
    """A second of a plain tone as a WAV file."""
    import io

    import numpy as np
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, 0.5 * np.sin(2 * np.pi * 330 * np.arange(22050) / 22050), 22050, format="WAV")
    return buffer.getvalue()
