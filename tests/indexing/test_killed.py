"""Indexing killed with SIGKILL at random points, then resumed: nothing partial is seen, nothing differs in the end."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mmdemo.engine import import_into
from mmdemo.store import Workspace

pytestmark = [pytest.mark.weights, pytest.mark.slow, pytest.mark.timeout(900)]

ROUNDS, KILLS_A_ROUND = 4, 5
# Importing torch and loading the weights would be most of every run, so one process gets ready, never indexes anything
# itself, and is forked for every run. It tells the child's number, then what the child tells, then how that ended.
INDEX = """
import os, sys
from mmdemo.encoders import DEFAULTS, load
from mmdemo.engine import reindex
for name in DEFAULTS.values():
    load(name)
def tell(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())
def index(path):
    try:
        reindex(path, progress=tell)
    except BaseException as error:
        tell("failed", repr(error))
        os._exit(1)
    os._exit(0)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        index(line.strip())
    tell(child)
    tell("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
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


class Indexer:
    """Runs of indexing, one after the other, each in a process of its own."""

    def __init__(self) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # a fork has none of the threads that others count on
        self.process = subprocess.Popen(
            [sys.executable, "-c", INDEX], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def run(self, path: Path, *, kill_after: int | None = None, delay_s: float = 0.0) -> tuple[int, int]:
        """Steps that a run told of, and its exit code; it is killed so long after so many of them."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(path, file=self.process.stdin, flush=True)
        child, steps = None, 0
        for line in self.process.stdout:
            first, *rest = line.split()
            if first == "ended":
                return steps, int(rest[0])
            if not rest:
                child = int(first)
            else:
                steps += 1
            if child is not None and kill_after is not None and steps >= kill_after:
                time.sleep(delay_s)
                os.kill(child, signal.SIGKILL)
                kill_after = None
        raise AssertionError("the process that is forked has ended")


@pytest.fixture
def indexer() -> Iterator[Indexer]:
    indexer = Indexer()
    yield indexer
    indexer.process.kill()
    indexer.process.communicate()


def test_twenty_kills_change_nothing(tmp_path: Path, indexer: Indexer, remember: Callable[[Path], None]) -> None:
    original = tmp_path / "original"
    import_into(original, "world", n=40, seed=5)
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(original, undisturbed)
    remember(undisturbed)
    steps, code = indexer.run(undisturbed)
    assert code == 0
    expected = Workspace(undisturbed).manifest().content_sha256
    rng = random.Random(20)
    for number in range(ROUNDS):
        path = tmp_path / f"round-{number}"
        shutil.copytree(original, path)
        if number:  # the first round encodes the names of classes and nonsense as well
            remember(path)
        reader = subprocess.Popen([sys.executable, "-c", READ, str(path)], stdout=subprocess.PIPE, text=True)
        kills = 0
        while kills < KILLS_A_ROUND:  # a run that ended before its kill does not count
            _, code = indexer.run(path, kill_after=rng.randint(0, steps - 1), delay_s=rng.uniform(0.0, 0.2))
            assert code in {0, -signal.SIGKILL}
            kills += code != 0
        assert indexer.run(path)[1] == 0
        workspace = Workspace(path)
        assert workspace.manifest().content_sha256 == expected
        workspace.verify()
        assert reader.stdout is not None
        assert reader.stdout.readline(), "the reader must see the finished version"
        assert reader.poll() is None, "the reader must never have met anything partial"
        reader.kill()
        reader.wait()
        assert not any((path / "staging").glob("version-*"))
