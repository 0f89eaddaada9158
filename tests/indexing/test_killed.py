"""Indexing killed with SIGKILL at random points, then resumed: nothing partial is seen, nothing differs in the end."""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmdemo.engine import import_into
from mmdemo.store import Workspace

pytestmark = [pytest.mark.weights, pytest.mark.slow, pytest.mark.timeout(900)]

ROUNDS, KILLS_A_ROUND = 4, 5
INDEX = """
import sys
from mmdemo.engine import reindex
print("started", flush=True)
reindex(sys.argv[1], progress=lambda done, total, message: print(done, total, message, flush=True))
print("finished", flush=True)
"""
READ = """
import sys, time
from mmdemo.store import Workspace
workspace = Workspace(sys.argv[1])
seen = 0
while True:
    if workspace.current_version_id() is not None:
        version = workspace.read_version()
        assert version.manifest.counts["items"] == len(version.items) > 0
        assert all(len(version.tables[name]) == info.rows for name, info in version.manifest.tables.items())
        workspace.verify(version.version_id)
        seen += 1
        print(seen, flush=True)
    time.sleep(0.05)
"""


def _start(code: str, path: Path) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)


def _steps(process: subprocess.Popen) -> int:
    assert process.stdout is not None
    return sum(1 for _ in process.stdout)


def _kill_after(process: subprocess.Popen, steps: int, delay_s: float) -> None:
    assert process.stdout is not None
    for _ in range(steps):
        process.stdout.readline()
    time.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_twenty_kills_change_nothing(tmp_path: Path) -> None:
    original = tmp_path / "original"
    import_into(original, "world", n=40, seed=5)
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(original, undisturbed)
    steps = _steps(_start(INDEX, undisturbed))
    expected = Workspace(undisturbed).manifest().content_sha256
    rng = random.Random(20)
    for number in range(ROUNDS):
        path = tmp_path / f"round-{number}"
        shutil.copytree(original, path)
        reader = _start(READ, path)
        for _ in range(KILLS_A_ROUND):
            _kill_after(_start(INDEX, path), rng.randint(1, steps - 1), rng.uniform(0.0, 0.4))
        resumed = _start(INDEX, path)
        _steps(resumed)
        assert resumed.wait() == 0
        workspace = Workspace(path)
        assert workspace.manifest().content_sha256 == expected
        workspace.verify()
        assert reader.stdout is not None
        assert reader.stdout.readline(), "the reader must see the finished version"
        assert reader.poll() is None, "the reader must never have met anything partial"
        reader.kill()
        reader.wait()
        assert not any((path / "staging").glob("version-*"))
