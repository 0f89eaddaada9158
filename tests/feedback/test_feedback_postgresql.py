"""A PostgreSQL server that crashes, is gone, refuses, or is in somebody else's hands."""

import sys
import threading

import psycopg
import pytest

from mmdemo.errors import FeedbackError
from mmdemo.feedback import FeedbackStore, session_person

ANN = session_person()


@pytest.fixture
def url(cluster):
    return cluster.new_schema()


@pytest.fixture
def store(url):
    opened = FeedbackStore(url, wait_s=0.3)
    yield opened
    opened.close()


def like(store, *item_ids, person=ANN):
    for item_id in item_ids:
        store.add(person, "like", item_id, workspace_catalog="c")


def test_what_was_acknowledged_survives_a_crash_of_a_server_that_confirms_too_early(cluster, store):
    """The server confirms by default before it has written, and loses that in a crash; feedback asks for more."""
    assert cluster.sql("SHOW synchronous_commit") == [("off",)]
    like(store, *map(str, range(20)))
    cluster.crash()
    with pytest.raises(FeedbackError, match="server runs"):
        like(store, "20")
    cluster.start()
    assert store.state(ANN)[0] == tuple(map(str, range(20)))  # and the store goes on by itself
    like(store, "20")
    assert len(store.of(ANN)) == 21


def test_erased_bytes_leave_the_files_of_the_tables_and_of_the_planner(cluster, store):
    gone, stays = session_person(), session_person()
    for person in (gone, stays):
        like(store, *"uvwxyz", person=person)
        store.add_vote(person, "m", "n", shown=["x"], teams=[0], chosen=["x"], workspace_catalog="c")
    cluster.sql("ANALYZE")
    assert gone.encode() in cluster.bytes_of_tables()
    assert store.erase(gone) == 7
    left = cluster.bytes_of_tables()
    assert gone.encode() not in left
    assert stays.encode() in left
    assert (len(store.of(stays)), len(store.votes(stays))) == (6, 1)


def test_a_locked_table_is_waited_for_but_not_for_ever(store, url):
    like(store, "x")
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE mmdemo_events")
        for use in (lambda: like(store, "y"), lambda: store.erase(ANN)):
            with pytest.raises(FeedbackError, match="wait until the other program"):
                use()
        patient = FeedbackStore(url)
        timer = threading.Timer(0.3, other.rollback)
        timer.start()
        like(patient, "y")
        patient.close()
        timer.join()
    assert store.state(ANN)[0] == ("x", "y")


@pytest.fixture
def guest(cluster):
    """URL of a user with a password, who may be refused anything."""
    cluster.sql("CREATE ROLE guest LOGIN")
    yield cluster.new_schema("guest")
    cluster.sql("DROP OWNED BY guest")
    cluster.sql("DROP ROLE guest")


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        ("ALTER ROLE guest SET default_transaction_read_only = on", "read-only transaction.*permissions"),
        ("ALTER ROLE guest NOLOGIN", "not permitted to log in.*user and password"),
        ("ALTER ROLE guest CONNECTION LIMIT 0", "too many connections.*check that the server"),
        ("REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM guest", "permission denied.*let the user of the URL"),
    ],
)
def test_what_a_server_refuses_is_said_plainly_and_without_the_password(cluster, guest, refusal, told):
    opened = FeedbackStore(guest)
    like(opened, "x")
    opened.close()
    cluster.sql(refusal.format(schema=guest.rpartition("%3D")[2]))
    with pytest.raises(FeedbackError, match=told) as raised:
        like(opened, "y")
    opened.close()
    assert "sesame" not in str(raised.value)


def test_a_database_that_is_not_there_and_a_user_who_may_make_no_tables(cluster, url, guest):
    for wrong, told in (
        (url.replace("/postgres?", "/missing?"), 'database "missing" does not exist'),
        (url.replace("owner:", "stranger:"), 'role "stranger" does not exist'),
        (url.replace("owner:", "guest:"), "make tables"),
    ):
        opened = FeedbackStore(wrong)
        with pytest.raises(FeedbackError, match=told) as raised:
            like(opened, "x")
        opened.close()
        assert "sesame" not in str(raised.value)


def test_another_program_in_the_database_is_left_alone(store, url):
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("CREATE TABLE events (n int); INSERT INTO events VALUES (1)")
        like(store, "x")
        store.erase(None)
        assert other.execute("SELECT n FROM events").fetchall() == [(1,)]


def test_without_the_driver_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(FeedbackError, match="pip install"):
        FeedbackStore("postgresql://server/x").of(ANN)
