"""SQLite files that are erased from, damaged, locked, read-only, full, deleted, or of something else."""

import os
import random
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from mmdemo.errors import FeedbackError
from mmdemo.feedback import FeedbackStore, schema, session_person
from mmdemo.feedback.database import Database
from mmdemo.feedback.location import Location

ANN, BEN = session_person(), session_person()
VOTE = {"shown": ("x", "y"), "teams": (0, 1), "chosen": ("y",), "workspace_catalog": "c"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "feedback.sqlite"


def fill(store, *, events=3):
    for person in (ANN, BEN):
        for number in range(events):
            store.add(person, "like", f"{number} of {person}", workspace_catalog="c")
        store.add_vote(person, f"model of {person}", "other", **VOTE)


def all_bytes(folder):
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


@pytest.mark.parametrize("log", ["WAL", "DELETE"])
def test_erased_bytes_leave_the_files_and_others_stay(tmp_path, path, log):
    store = FeedbackStore(path)
    fill(store, events=12)
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA journal_mode = {log}")
    keeper = sqlite3.connect(path)  # while somebody has the file open, its log stays
    keeper.execute("SELECT count(*) FROM mmdemo_events").fetchall()
    store.add(ANN, "clear", f"last of {ANN}", workspace_catalog="c")
    marks = ANN.encode(), ANN.removeprefix("session-").encode()
    assert all(mark in all_bytes(tmp_path) for mark in marks)
    assert store.erase(ANN) == 14
    left = all_bytes(tmp_path)
    assert not any(mark in left for mark in marks)
    assert left.count(BEN.encode()) > 24
    assert (len(store.of(BEN)), len(store.votes(BEN))) == (12, 1)
    assert keeper.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    keeper.close()


def test_erasing_also_removes_bytes_of_rows_that_were_deleted_by_hand(tmp_path, path):
    store = FeedbackStore(path)
    fill(store)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        for table in ("mmdemo_events", "mmdemo_votes"):
            connection.execute(f"DELETE FROM {table} WHERE person = ?", (ANN,))
    connection.close()
    assert ANN.encode() in all_bytes(tmp_path)
    assert store.erase(ANN) == 0
    assert ANN.encode() not in all_bytes(tmp_path)
    assert len(store.of(BEN)) == 3


@pytest.mark.parametrize("again", ["erased once more", "stored something after a new start"])
def test_a_reader_that_keeps_erased_bytes_in_the_log_is_told_of(tmp_path, path, again):
    store = FeedbackStore(path, wait_s=0.2)
    fill(store)
    keeper = sqlite3.connect(path)
    keeper.execute("SELECT count(*) FROM mmdemo_events").fetchall()
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM mmdemo_events").fetchone()
    with pytest.raises(FeedbackError, match="erase again"):
        store.erase(ANN)
    assert store.of(ANN) == ()
    FeedbackStore(path, wait_s=0.2).add(
        BEN, "like", "new", workspace_catalog="c"
    )  # the reader is in the way of no like
    assert ANN.encode() in all_bytes(tmp_path)
    reader.close()
    if again == "erased once more":
        assert store.erase(ANN) == 0
    else:
        FeedbackStore(path).add(BEN, "like", "newer", workspace_catalog="c")
    assert ANN.encode() not in all_bytes(tmp_path)
    assert keeper.execute("SELECT to_scrub FROM mmdemo_schema").fetchall() == [(0,)]
    keeper.close()


def test_every_commit_waits_for_the_disk(path):
    """What kills of processes cannot show: a power cut loses nothing either."""
    fill(FeedbackStore(path))
    with Database(Location(path, None), wait_s=1).writing() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 3
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1  # overwritten before it is rewritten


def use_in_every_way(store, folder):
    """Use the store in every way; each either works or says in plain words why not."""
    uses = [
        lambda: store.add(ANN, "like", "x", workspace_catalog="c"),
        lambda: store.add_vote(ANN, "m", "n", **VOTE),
        lambda: store.of(ANN),
        store.votes,
        store.counts,
        store.persons,
        lambda: store.interactions(["x"]),
        lambda: store.export(None, folder / "export.jsonl"),
        lambda: store.erase(ANN),
    ]
    failed = []
    for use in uses:
        try:
            use()
        except FeedbackError as error:
            failed.append(error)
    return failed


def test_a_damaged_file_gives_typed_errors_only(tmp_path, path):
    fill(FeedbackStore(path), events=30)
    sound = path.read_bytes()
    rng = random.Random(11)
    failures = 0
    for _ in range(12):
        damaged = bytearray(sound)
        for _ in range(rng.randint(1, 8)):
            start = rng.randrange(0, len(damaged))
            noise = rng.choice([rng.randbytes(rng.randint(1, 600)), b"\xff" * 20, b"\0" * 300])
            damaged[start : start + len(noise)] = noise
        if rng.random() < 0.3:
            del damaged[rng.randrange(len(damaged)) :]
        for name in ("feedback.sqlite-wal", "feedback.sqlite-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        path.write_bytes(damaged)
        failures += bool(use_in_every_way(FeedbackStore(path, wait_s=0.1), tmp_path))
    assert failures > 5


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("kind", "love"),
        ("person", b"\xff\xfe"),
        ("at", "yesterday"),
        ("at", float("inf")),
        ("item_id", b"\0"),
    ],
)
def test_a_row_that_nobody_stored_is_damage(path, column, value):
    store = FeedbackStore(path)
    fill(store)
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE mmdemo_events SET {column} = ? WHERE number = 2", (value,))
    connection.close()
    with pytest.raises(FeedbackError, match=r"damaged.*backup"):
        store.interactions(["x"])


@pytest.mark.parametrize("value", ["", "[", "{}", "3", '["x"]', '[["x"], "y"]', '["x", 7]', "null"])
def test_a_list_that_nobody_stored_is_damage(path, value):
    store = FeedbackStore(path)
    fill(store)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE mmdemo_votes SET shown = ?", (value,))
    connection.close()
    with pytest.raises(FeedbackError, match="damaged"):
        store.votes()


def test_text_in_the_place_of_a_database_is_no_database(tmp_path, path):
    path.write_text("not a database, but a text that is long enough to be looked at" * 20)
    before = path.read_bytes()
    failed = use_in_every_way(FeedbackStore(path), tmp_path)
    assert len(failed) == 9
    assert all("backup" in error.remedy for error in failed)
    assert path.read_bytes() == before


def test_a_database_of_something_else_is_left_alone(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    before = path.read_bytes()
    for use in (FeedbackStore(path).persons, lambda: fill(FeedbackStore(path))):
        with pytest.raises(FeedbackError, match="something else"):
            use()
    assert path.read_bytes() == before


def test_tables_that_another_program_makes_just_now_are_not_something_else(path, monkeypatch):
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    look = schema.version

    def look_and_be_overtaken(connection):
        found = look(connection)
        monkeypatch.setattr(schema, "version", look)
        fill(FeedbackStore(path))
        return found

    monkeypatch.setattr(schema, "version", look_and_be_overtaken)
    assert FeedbackStore(path).add(ANN, "like", "x", workspace_catalog="c") == 7


def test_an_empty_file_and_a_folder(tmp_path, path):
    path.touch()
    fill(FeedbackStore(path))
    assert len(FeedbackStore(path).of(ANN)) == 3
    for nowhere in (tmp_path, tmp_path / "missing" / "feedback.sqlite"):
        with pytest.raises(FeedbackError, match="--database"):
            FeedbackStore(nowhere).add(ANN, "like", "x", workspace_catalog="c")


def test_a_locked_file_is_waited_for_but_not_for_ever(path):
    fill(FeedbackStore(path))
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(FeedbackError, match=r"locked.*wait until the other program"):
        FeedbackStore(path, wait_s=0.2).add(ANN, "like", "x", workspace_catalog="c")
    assert len(FeedbackStore(path, wait_s=0.2).of(ANN)) == 3  # readers need not wait
    threading.Timer(0.3, other.rollback).start()
    assert FeedbackStore(path).add(ANN, "like", "x", workspace_catalog="c") == 7
    other.close()


def test_a_file_deleted_or_replaced_under_an_open_store_is_begun_anew(tmp_path, path):
    store = FeedbackStore(path)
    fill(store)
    elsewhere = tmp_path / "elsewhere.sqlite"
    path.rename(elsewhere)
    assert store.of(ANN) == ()
    assert store.add(ANN, "like", "x", workspace_catalog="c") == 1
    assert store.state(ANN) == (("x",), ())
    elsewhere.replace(path)
    assert len(store.of(ANN)) == 3


LIMITED = """
import os, resource, sys, tempfile
from mmdemo.errors import FeedbackError
from mmdemo.feedback import FeedbackStore
person, path, way = sys.argv[1], sys.argv[2], sys.argv[3]
with tempfile.TemporaryDirectory() as folder:  # imports all that may not be readable below
    other = FeedbackStore(folder + "/other.sqlite")
    other.add(person, "like", "x", workspace_catalog="c")
    other.of(person), other.erase(person)
if way == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(path) + 5000,) * 2)
elif os.geteuid() == 0:
    os.setuid(65534)
store = FeedbackStore(path)
stored = 0
try:
    while True:
        store.add(person, "play", "x" * 200, workspace_catalog="c")
        stored += 1
except FeedbackError as error:
    print(stored, "|", len(store.of(person)), "|", error.remedy)
"""


def limited(path, way):
    command = [sys.executable, "-c", LIMITED, ANN, str(path), way]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode == 0, told.stderr
    stored, there, remedy = told.stdout.split(" | ")
    return int(stored), int(there), remedy


def test_a_full_disk_keeps_what_was_acknowledged(path):
    store = FeedbackStore(path)
    fill(store)
    stored, there, remedy = limited(path, "full")
    assert stored > 0
    assert there == stored + 3 == len(store.of(ANN))
    assert "disk space" in remedy
    store.add(ANN, "like", "x", workspace_catalog="c")


@pytest.mark.parametrize("in_use", [False, True])
def test_a_read_only_folder_can_be_read_and_says_that_it_is_one(in_use):
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to other users
        path = Path(folder) / "feedback.sqlite"
        fill(FeedbackStore(path))
        keeper = sqlite3.connect(path)
        if in_use:
            keeper.execute("SELECT count(*) FROM mmdemo_events").fetchall()
        for file in Path(folder).iterdir():
            file.chmod(0o444)
        os.chmod(folder, 0o555)
        stored, there, remedy = limited(path, "read-only")
        os.chmod(folder, stat.S_IRWXU)
        keeper.close()
    assert (stored, there) == (0, 3)
    assert "permissions" in remedy
