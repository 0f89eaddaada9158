"""What holds in either database: SQLite, and a real PostgreSQL."""

import csv
import json
import random
import threading
import time

import pytest
from sqlalchemy import create_engine, inspect, text

from mmdemo.errors import FeedbackError
from mmdemo.feedback import KINDS, Event, FeedbackStore, session_person
from mmdemo.feedback.asking import events
from mmdemo.feedback.database import Database
from mmdemo.feedback.events import Vote
from mmdemo.feedback.location import locate
from mmdemo.feedback.schema import STEPS
from mmdemo.feedback.tables import EVENTS, SCHEMA, VOTES

ANN, BEN, CEM = (f"session-{digit * 32}" for digit in "abc")
LISTS = {"shown": ("x", "y", "z"), "teams": (0, 1, 0), "chosen": ("z",)}


def engine_of(database):
    location = locate(database)
    return create_engine(f"sqlite:///{location.file}" if location.server is None else location.server)


def put(store, person, *events):
    """Store events written as "like x"."""
    for event in events:
        kind, item_id = event.split()
        store.add(person, kind, item_id, workspace_catalog="c")


def test_what_is_stored_comes_back_as_it_was(store):
    before = time.time()
    ids = ["plain", "ünï-ço∂e 音楽 🎻", "a'; DROP TABLE mmdemo_events; --", "%s :x {y}", " edge ", "x" * 200]
    numbers = [store.add(ANN, "play", item_id, workspace_catalog="things") for item_id in ids]
    numbers.append(store.add(ANN, "like", "late", workspace_catalog="other", at=1234.56789012, event_id="mine"))
    store.add(BEN, "skip", "plain", workspace_catalog="things")
    events = store.of(ANN)
    assert [event.number for event in events] == numbers == sorted(set(numbers))
    assert [event.item_id for event in events] == [*ids, "late"]
    assert events[-1] == Event(numbers[-1], "mine", ANN, "like", "late", "other", 1234.56789012)
    assert all(before <= event.at <= time.time() for event in events[:-1])
    assert len({event.event_id for event in events}) == len(events)
    assert store.persons() == (ANN, BEN)
    assert store.counts() == {"like": 1, "dislike": 0, "play": len(ids), "skip": 1, "clear": 0}


def test_another_object_finds_it_and_an_empty_database_is_empty(database, store):
    assert (store.of(ANN), store.persons(), store.votes(), store.state(ANN)) == ((), (), (), ((), ()))
    assert store.erase(ANN) == 0
    put(store, ANN, "like x")
    other = FeedbackStore(database)
    assert other.state(ANN) == (("x",), ())
    other.close()


def test_the_same_id_is_stored_once(store):
    first = store.add(ANN, "like", "x", workspace_catalog="c", event_id="e", at=5)
    assert store.add(ANN, "like", "x", workspace_catalog="c", event_id="e", at=6) == first
    assert [event.at for event in store.of(ANN)] == [5]
    for other in ({"person": BEN}, {"kind": "play"}, {"item_id": "y"}, {"workspace_catalog": "d"}):
        given = {"person": ANN, "kind": "like", "item_id": "x", "workspace_catalog": "c", **other}
        with pytest.raises(FeedbackError, match="something else"):
            store.add(**given, event_id="e")
    vote = store.add_vote(ANN, "m", "n", **LISTS, workspace_catalog="c", vote_id="e")
    assert store.add_vote(ANN, "m", "n", **LISTS, workspace_catalog="c", vote_id="e") == vote
    with pytest.raises(FeedbackError, match="something else"):
        store.add_vote(ANN, "n", "m", **LISTS, workspace_catalog="c", vote_id="e")
    assert len(store.of(ANN)) == len(store.votes()) == 1


def test_numbers_of_what_was_erased_are_not_given_again(store):
    put(store, ANN, "like x", "like y")
    last = store.of(ANN)[-1].number
    assert store.erase(ANN) == 2
    assert store.add(BEN, "like", "x", workspace_catalog="c") > last


def standing_by_the_rules(events):
    """The oracle: each item's own events, looked at from the last one back."""
    likes, dislikes, played = [], [], []
    for item_id in {item_id for _, item_id in events}:
        own = [(place, kind) for place, (kind, of) in enumerate(events) if of == item_id]
        cleared = max((place for place, kind in own if kind == "clear"), default=-1)
        own = [(place, kind) for place, kind in own if place > cleared]
        opinions = [(place, kind) for place, kind in own if kind in ("like", "dislike")]
        if opinions:
            (likes if opinions[-1][1] == "like" else dislikes).append((opinions[-1][0], item_id))
        elif own and own[-1][1] == "play":
            played.append(item_id)
    return [item for _, item in sorted(likes)], [item for _, item in sorted(dislikes)], set(played)


def test_likes_dislikes_and_choices_to_learn_from(store):
    rng = random.Random(7)
    done = {person: [] for person in (CEM, ANN, BEN)}
    for number in range(75):
        person = rng.choice(list(done))
        event = rng.choice(KINDS), rng.choice("uvwxyz")
        store.add(person, *event, workspace_catalog="c", at=number)
        done[person].append(event)
    item_ids = ("z", "y", "x", "w", "v", "t")  # of u nothing is asked, and t was never met
    found = store.interactions(item_ids)
    assert found.user_ids == (ANN, BEN, CEM)
    assert found.item_ids == item_ids
    place = 0
    for row, person in enumerate(found.user_ids):
        likes, dislikes, played = standing_by_the_rules(done[person])
        assert store.state(person) == (tuple(likes), tuple(dislikes))
        columns = found.chosen[row].indices.tolist()
        assert {item_ids[column] for column in columns} == ({*likes} | played) - {"u"}
        for column in columns:
            stands = [event for event in store.of(person) if event.item_id == item_ids[column]]
            kind = "like" if item_ids[column] in likes else "play"
            assert found.times[place] == [event.at for event in stands if event.kind == kind][-1]
            place += 1
    assert len(found) == place > 0


def test_choices_of_a_database_without_any_have_no_users(store):
    put(store, ANN, "dislike x", "skip y", "like q", "clear q")
    for item_ids in (("x", "y", "q"), ()):
        found = store.interactions(item_ids)
        assert (found.user_ids, found.item_ids, len(found)) == ((), item_ids, 0)


def test_votes_come_back_with_their_credits(store):
    number = store.add_vote(ANN, "instant", "ease", **LISTS, workspace_catalog="c", at=3.5, vote_id="v")
    store.add_vote(BEN, "instant", "ease", shown=["x"], teams=[1], chosen=[], workspace_catalog="c")
    first, second = store.votes()
    assert first == Vote(number, "v", ANN, "instant", "ease", ("x", "y", "z"), (0, 1, 0), ("z",), "c", 3.5)
    assert (first.credits, second.credits) == ((1, 0), (0, 0))
    assert store.votes(BEN) == (second,)
    assert store.persons() == (ANN, BEN)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_exports_hold_all_of_a_person_or_of_everybody(store, tmp_path, ending):
    put(store, ANN, "like x,\"'\n", "play =1+1")
    put(store, BEN, "skip ü")
    store.add_vote(ANN, "m", "n", **LISTS, workspace_catalog="c", at=0)
    path = tmp_path / f"out.{ending}"
    assert (store.export(ANN, path), records_of(path)) == (3, [*map(plain, store.of(ANN)), *map(plain, store.votes())])
    assert store.export(None, path) == 4
    assert {record["person"] for record in records_of(path)} == {ANN, BEN}
    assert store.export(CEM, path) == 0
    assert records_of(path) == []
    assert [entry.name for entry in tmp_path.iterdir() if "out" in entry.name] == [path.name]


def plain(of):
    name = "vote" if isinstance(of, Vote) else "event"
    fields = {field: getattr(of, field) for field in of.__slots__}
    fields["id"] = fields.pop(f"{name}_id")
    return json.loads(json.dumps({"record": name, **fields}))


def records_of(path):
    """Records of an exported file, its CSV read as any program may read it; without the time for people."""
    with path.open(encoding="utf-8", newline="") as stream:
        if path.suffix == ".jsonl":
            records = [json.loads(line) for line in stream]
        else:
            records = [{name: value for name, value in row.items() if value} for row in csv.DictReader(stream)]
            for record in records:
                for name in {"number", "at", "shown", "teams", "chosen"} & record.keys():
                    record[name] = json.loads(record[name])
    for record in records:
        assert record.pop("time").endswith("+00:00")
    return records


def test_erasing_a_person_leaves_the_others_as_they_were(store):
    for person in (ANN, BEN, CEM):
        put(store, person, "like x", "play y")
        store.add_vote(person, "m", "n", **LISTS, workspace_catalog="c")
    before = store.of(BEN), store.votes(BEN)
    assert store.erase(ANN) == 3
    assert (store.of(ANN), store.votes(ANN), store.erase(ANN)) == ((), (), 0)
    assert (store.of(BEN), store.votes(BEN)) == before
    assert store.erase(None) == 6
    assert store.persons() == ()


def test_threads_and_objects_write_at_once(database, store):
    stores = [store, FeedbackStore(database)]
    stored: list[int] = []

    def write(thread):
        for number in range(8):
            event_id = f"{number}" if number % 2 else f"{thread}-{number}"  # every second one is sent by all
            stored.append(stores[thread % 2].add(ANN, "play", "x", workspace_catalog="c", event_id=event_id))

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stores[1].close()
    assert len(stored) == 32
    assert {event.number for event in store.of(ANN)} == set(stored)
    assert len(set(stored)) == 4 + 4 * 4


def test_what_is_read_in_one_go_is_of_one_moment(database, store):
    put(store, ANN, "like x")
    other = Database(locate(database), wait_s=5)
    with other.reading() as connection:
        before = list(events(connection, other.location, None))
        put(store, ANN, "like y")
        assert list(events(connection, other.location, None)) == before == list(store.of(ANN)[:1])
    other.close()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"person": "ann@example.org"}, "session_person"),
        ({"person": ANN + "\n"}, "session_person"),
        ({"person": "user-" + "A" * 32}, "session_person"),
        ({"kind": "love"}, "like, dislike, play, skip, clear"),
        ({"item_id": ""}, "1 to 200"),
        ({"item_id": "x" * 201}, "1 to 200"),
        ({"item_id": "a\0b"}, "1 to 200"),
        ({"item_id": "half \ud83d"}, "1 to 200"),
        ({"workspace_catalog": ""}, "1 to 200"),
        ({"event_id": ""}, "1 to 200"),
        ({"at": float("nan")}, "clock"),
        ({"at": float("inf")}, "clock"),
        ({"at": -1.0}, "clock"),
        ({"at": 1e12}, "clock"),
    ],
)
def test_what_cannot_be_stored_is_refused_before_it_reaches_a_database(tmp_path, wrong, told):
    given = {"person": ANN, "kind": "like", "item_id": "x", "workspace_catalog": "c", **wrong}
    with pytest.raises(FeedbackError, match=told):
        FeedbackStore(tmp_path / "f.sqlite").add(**given)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"second": "m"},
        {"first": ""},
        {"person": "Ann"},
        {"shown": ("x", "x", "z")},
        {"teams": (0, 1)},
        {"teams": (0, 1, 2)},
        {"chosen": ("q",)},
        {"chosen": ("z", "z")},
        {"shown": ("x", "y\0", "z")},
        {"at": float("nan")},
    ],
)
def test_votes_that_fit_no_list_are_refused(tmp_path, wrong):
    given = {"person": ANN, "first": "m", "second": "n", **LISTS, "workspace_catalog": "c", **wrong}
    with pytest.raises(FeedbackError):
        FeedbackStore(tmp_path / "f.sqlite").add_vote(**given)
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_an_older_mmdemo_is_brought_up_to_date(database, store):
    """A database of version 1, made by its own step alone, keeps its events and takes votes."""
    put(store, ANN, "like x")
    engine = engine_of(database)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE mmdemo_votes"))
        connection.execute(text("UPDATE mmdemo_schema SET version = 1"))
    newer = FeedbackStore(database)
    assert newer.state(ANN) == (("x",), ())
    newer.add_vote(ANN, "m", "n", **LISTS, workspace_catalog="c")
    assert len(newer.votes()) == 1
    newer.close()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version FROM mmdemo_schema")).scalars().all() == [len(STEPS)]
    engine.dispose()


def test_a_database_of_a_newer_mmdemo_is_left_alone(database, store):
    put(store, ANN, "like x")
    engine = engine_of(database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE mmdemo_schema SET version = 99"))
    engine.dispose()
    newer = FeedbackStore(database)
    for use in (lambda: put(newer, ANN, "like y"), lambda: newer.of(ANN), lambda: newer.erase(None)):
        with pytest.raises(FeedbackError, match=r"version 99.*newer"):
            use()
    newer.close()


def test_the_tables_made_are_those_that_queries_see(database, store):
    put(store, ANN, "like x")
    engine = engine_of(database)
    made = inspect(engine)
    for table in (SCHEMA, EVENTS, VOTES):
        columns = {column["name"]: column for column in made.get_columns(table.name)}
        assert list(columns) == list(table.columns.keys())
        for column in table.columns:
            assert columns[column.name]["type"].python_type is column.type.python_type
            assert not columns[column.name]["nullable"] or column.primary_key
    engine.dispose()


def test_new_persons_are_new():
    assert len({session_person() for _ in range(100)}) == 100
