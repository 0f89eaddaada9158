"""Several processes at once, and processes that are killed: what was acknowledged is stored."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import feedback_writers
import pytest

from mmdemo.feedback import FeedbackStore, session_person

ANN = session_person()


class Writers:
    """The program `feedback_writers`, and what its processes said."""

    def __init__(self, database):
        self.said = defaultdict(list)
        self._program = subprocess.Popen(
            [sys.executable, feedback_writers.__file__, str(database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._program.stdin.close()
        self._program.wait(timeout=60)
        self._program.stdout.close()

    def start(self, *command):
        """Start a process; whatever the earlier ones said before they died has been heard then."""
        print(*command, file=self._program.stdin, flush=True)
        while (heard := self.hear())[0] != "started":
            pass
        return heard[1]

    def hear(self):
        process, *words = self._program.stdout.readline().split()
        assert words, "the program has ended"
        assert words[0] != "failed", words
        self.said[process].append(words)
        return process, *words

    def hear_of(self, process, times):
        """Wait until a process has said something so many times."""
        while len(self.said[process]) < times:
            self.hear()

    def hear_done(self, process):
        while ["done"] not in self.said[process]:
            self.hear()

    def kill(self, process):
        with suppress(ProcessLookupError):  # it may have finished by now
            os.kill(int(process), signal.SIGKILL)


@pytest.mark.parametrize(("database", "kills"), [("sqlite", 20), ("postgresql", 6)], indirect=["database"])
def test_what_was_acknowledged_survives_sigkill_at_any_moment(database, store, kills):
    rng = random.Random(kills)
    with Writers(database) as writers:
        runs = {}
        for run in range(kills):
            process = writers.start("write", f"run{run}")
            runs[process] = f"run{run}"
            writers.hear_of(process, rng.randint(0, 2))
            time.sleep(rng.uniform(0, 0.03))
            writers.kill(process)
        writers.hear_done(writers.start("many", "last", 1))
    stored = {event.event_id: event for event in store.of(feedback_writers.PERSON)}
    for process, run in runs.items():
        acknowledged = writers.said[process]
        for number, (event_id, given) in enumerate(acknowledged):
            assert event_id == f"{run}-{number}"
            assert stored[event_id].number == int(given)
            assert stored[event_id].item_id == f"item of {event_id}"
        of_run = {event_id for event_id in stored if event_id.startswith(f"{run}-")}
        assert len(of_run) - len(acknowledged) in (0, 1)  # the one it was killed over may be stored
        assert of_run == {f"{run}-{number}" for number in range(len(of_run))}
    assert sum(map(len, writers.said.values())) > kills
    if isinstance(database, Path):
        with sqlite3.connect(database) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_two_processes_that_begin_a_database_at_once_lose_nothing(database, store):
    with Writers(database) as writers:
        both = [writers.start("many", run, 20) for run in ("a", "b")]
        for process in both:
            writers.hear_done(process)
    given = [{words[0]: int(words[1]) for words in writers.said[process] if len(words) == 2} for process in both]
    assert [len(numbers) for numbers in given] == [20, 20]
    shared = given[0].keys() & given[1].keys()
    assert len(shared) == 10
    assert all(given[0][event_id] == given[1][event_id] for event_id in shared)
    assert {event.event_id: event.number for event in store.of(feedback_writers.PERSON)} == given[0] | given[1]


def fill(path, person, count):
    """Store many events of a person at once, as no user can."""
    FeedbackStore(path).of(person)
    with sqlite3.connect(path) as connection:
        connection.executemany(
            "INSERT INTO mmdemo_events (event_id, person, kind, item_id, catalog, at) VALUES (?, ?, 'like', ?, 'c', 1)",
            [(f"{person}-{time.time_ns()}-{number}", person, f"item {number}") for number in range(count)],
        )
    connection.close()


def test_an_eraser_killed_at_any_moment_erases_all_or_nothing_and_the_next_one_finishes(tmp_path):
    path = tmp_path / "feedback.sqlite"
    store = FeedbackStore(path)
    store.add(ANN, "like", "kept", workspace_catalog="c")
    rng = random.Random(3)
    outcomes = set()
    with Writers(path) as writers:
        for _ in range(6):
            person = session_person()
            fill(path, person, 1000)
            process = writers.start("erase", person)
            time.sleep(rng.uniform(0, 0.08))
            writers.kill(process)
            writers.hear_done(writers.start("many", session_person(), 1))
            left = len(store.of(person))
            outcomes.add(left)
            if left:
                assert store.erase(person) == left
            FeedbackStore(path).add(ANN, "play", "x", workspace_catalog="c")  # finishes what was left to do
            assert person.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert outcomes <= {0, 1000}
    assert store.state(ANN)[0] == ("kept",)
