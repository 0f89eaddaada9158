"""Tables of interactions: what is read, what is left out and why, and that what is written is read again."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interaction_samples import written
from scipy.sparse import csr_matrix

from mmdemo.catalog.interactions import InteractionReport, read_interactions, write_interactions
from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions


def triples(found: Interactions) -> list[tuple[str, str]]:
    return [(found.user_ids[u], found.item_ids[i]) for u, i in zip(found.users, found.items, strict=True)]


def reasons(report: InteractionReport) -> dict[str, int]:
    return {each.why: each.count for each in report.left_out}


@pytest.mark.parametrize(
    ("name", "header", "between"),
    [
        ("a.csv", "user,item,rating,time", ","),
        ("a.csv", "userId;movieId;stars;timestamp", ";"),
        ("a.tsv", "reviewer_id\tasin\toverall\tunix review time", "\t"),
        ("a.inter", "user_id:token\titem_id:token\trating:float\ttimestamp:float", "\t"),
    ],
)
def test_columns_are_known_by_their_usual_names(tmp_path: Path, name: str, header: str, between: str) -> None:
    rows = [("b", "x", "2.5", "20"), ("a", "y", "4", "30"), ("a", "x", "1", "10")]
    path = written(tmp_path / name, "\n".join([header, *(between.join(row) for row in rows)]).encode())
    found, report = read_interactions(path)
    assert (found.user_ids, found.item_ids) == (("a", "b"), ("x", "y"))
    assert found.chosen.toarray().tolist() == [[1, 1], [1, 0]]
    assert found.ratings is not None
    assert found.times is not None
    assert (found.ratings.tolist(), found.times.tolist()) == ([1, 4, 2.5], [10, 30, 20])
    assert (report.read, report.kept, report.users, report.items, report.left_out) == (3, 3, 2, 2, ())
    assert InteractionReport.from_json(report.as_json()) == report


def test_every_row_is_kept_or_counted_under_a_reason_with_its_line(tmp_path: Path) -> None:
    rows = ["a,x,1,1", ",x,1,1", "a,,1,1", "a,y,5,1,extra", "b,x,?,1", "b,y,2,soon", "a,x,3,9", "a,x,2,4", "b,x,1,1"]
    text = "\n".join(["user,item,rating,time", *rows])
    found, report = read_interactions(written(tmp_path / "t.csv", text.encode()))
    assert triples(found) == [("a", "x"), ("b", "x")]
    assert found.ratings is not None
    assert found.ratings.tolist() == [3, 1]  # of the three choices the latest by time
    assert report.read == 9 == report.kept + sum(each.count for each in report.left_out)
    assert {each.why: (each.count, each.examples) for each in report.left_out} == {
        "the same user chose the same item again later; the latest is kept": (2, ("t.csv, line 2", "t.csv, line 9")),
        "it names no user that can be used": (1, ("t.csv, line 3",)),
        "it names no item that can be used": (1, ("t.csv, line 4",)),
        "it has more cells than there are columns": (1, ("t.csv, line 5",)),
        "it has no rating that can be read": (1, ("t.csv, line 6",)),
        "it has no time that can be read": (1, ("t.csv, line 7",)),
    }


def test_without_times_the_last_of_several_choices_is_kept(tmp_path: Path) -> None:
    found, _ = read_interactions(written(tmp_path / "t.csv", b"user,item,rating\na,x,1\na,y,7\na,x,5\n"))
    assert found.times is None
    assert found.ratings is not None
    assert found.ratings.tolist() == [5, 7]


def test_a_column_that_is_mostly_empty_does_not_cost_the_rows(tmp_path: Path) -> None:
    found, report = read_interactions(written(tmp_path / "t.csv", b"user,item,rating\na,x,\na,y,7\nb,x,\n"))
    assert len(found) == 3
    assert found.ratings is None
    assert report.notes == ("only 33% of the rows have a rating, so no rating is used",)


@pytest.mark.parametrize(
    ("cells", "seconds", "said"),
    [
        (["86400", "90000"], [86400, 90000], ()),
        (["1700000000000", "1700000001000"], [1.7e9, 1.7e9 + 1], ("times were taken for milliseconds since 1970",)),
        (["2024-01-01", "2024-01-01T00:00:01Z"], [1704067200, 1704067201], ()),
        (["2024-01-01 00:00:00", "2024-01-01T01:00:00+01:00"], [1704067200, 1704067200], ()),
    ],
)
def test_times_are_seconds_whatever_the_file_counts(tmp_path: Path, cells, seconds, said) -> None:
    text = "user,item,time\n" + "".join(f"a,{number},{cell}\n" for number, cell in enumerate(cells))
    found, report = read_interactions(written(tmp_path / "t.csv", text.encode()))
    assert found.times is not None
    assert found.times.tolist() == seconds
    assert report.notes == said


def test_numbers_are_ordered_as_numbers_and_names_as_names(tmp_path: Path) -> None:
    found, _ = read_interactions(written(tmp_path / "t.csv", b"user,item\nu10,10\nu2,9\nu2,100\n"))
    assert found.item_ids == ("9", "10", "100")
    assert found.user_ids == ("u10", "u2")


def test_a_catalogue_decides_which_items_there_are(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", b"user,item\na,x\na,elsewhere\nb,elsewhere\nc,z\n")
    found, report = read_interactions(path, item_ids=["z", "nobody's", "x"])
    assert found.item_ids == ("z", "nobody's", "x")
    assert triples(found) == [("a", "x"), ("c", "z")]
    assert reasons(report) == {"it names an item that is not in the catalogue": 2}
    with pytest.raises(InteractionsError, match="nothing in t"):
        read_interactions(path, item_ids=["q"])


def test_rare_users_and_items_go_until_none_is_left(tmp_path: Path) -> None:
    pairs = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"), ("c", "x"), ("c", "z"), ("d", "x")]
    path = written(tmp_path / "t.csv", "\n".join(["user,item", *(f"{u},{i}" for u, i in pairs)]).encode())
    found, report = read_interactions(path, fewest=2)
    assert triples(found) == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]  # c goes once z has gone
    assert reasons(report) == {"its user has fewer than 2 choices": 2, "its item was chosen fewer than 2 times": 1}


def test_parquet_holds_numbers_dates_and_categories(tmp_path: Path) -> None:
    table = pa.table(
        {
            "user_id": pa.array([1.0, 2.0, None]),
            "item_id": pa.array(["x", "y", "x"]).dictionary_encode(),
            "rating": pa.array([1, 2, 3], pa.int8()),
            "timestamp": pa.array([datetime(2024, 1, 1, tzinfo=UTC)] * 3, pa.timestamp("us", tz="UTC")),
            "picture": pa.array([b"\xff" * 100] * 3),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    found, report = read_interactions(tmp_path / "t.parquet")
    assert triples(found) == [("1", "x"), ("2", "y")]
    assert found.times is not None
    assert found.times.tolist() == [1704067200.0] * 2
    assert report.left_out[0].examples == ("t.parquet, row 3",)


def test_one_long_text_repeated_by_a_small_file_does_not_fill_the_memory(tmp_path: Path) -> None:
    users = pa.DictionaryArray.from_arrays(pa.array(np.zeros(8000, np.int32)), pa.array(["u" * 200_000]))
    pq.write_table(pa.table({"user": users, "item": ["x"] * 8000}), tmp_path / "t.parquet", store_schema=False)
    assert (tmp_path / "t.parquet").stat().st_size < 10**6
    with pytest.raises(InteractionsError, match="it names no user that can be used"):
        read_interactions(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", b"who,what\na,b\n", "who, what"),
        ("t.csv", b"", "columns"),
        ("t.csv", b"user,item\n", "0 rows"),
        ("t.csv", b"\0\1\2", "no text"),
        ("t.parquet", b"PAR1", "Parquet"),
        ("t.inter", b"userID\n1\n", "userID"),
        ("t.xlsx", b"PK", "no file of interactions"),
        ("t.zip", b"PK\3\4", "no file of interactions"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(InteractionsError, match=said):
        read_interactions(written(tmp_path / name, content))


def test_a_file_that_is_missing_or_a_folder_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path, Path("a\0b.csv"), tmp_path / ("x" * 300 + ".csv")):
        with pytest.raises(InteractionsError):
            read_interactions(path)


_NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)


@st.composite
def interactions(draw: st.DrawFn) -> Interactions:
    users, items = (sorted(draw(st.lists(_NAMES, min_size=1, max_size=5, unique=True))) for _ in range(2))
    chosen = np.array(draw(st.lists(st.booleans(), min_size=len(users) * len(items), max_size=len(users) * len(items))))
    table = csr_matrix(chosen.reshape(len(users), len(items)).astype(np.float32))
    numbers = st.floats(-1e6, 1e6, width=32)
    ratings = draw(st.none() | st.lists(numbers, min_size=table.nnz, max_size=table.nnz))
    times = draw(st.none() | st.lists(st.floats(0, 1e10), min_size=table.nnz, max_size=table.nnz))
    return Interactions(
        tuple(users),
        tuple(items),
        table,
        None if ratings is None else np.array(ratings, np.float32),
        None if times is None else np.array(times, np.float64),
    )


@settings(max_examples=60, deadline=None)
@given(made=interactions(), suffix=st.sampled_from([".csv", ".tsv", ".parquet"]))
def test_what_is_written_is_read_again(made: Interactions, suffix: str, tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("round") / f"t{suffix}"
    write_interactions(made, path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    if not len(made):
        with pytest.raises(InteractionsError, match="nothing in"):
            read_interactions(path)
        return
    found, report = read_interactions(path, item_ids=made.item_ids)
    assert report.kept == report.read == len(made)
    assert set(triples(found)) == set(triples(made))
    order = [triples(made).index(pair) for pair in triples(found)]
    for name in ("ratings", "times"):
        before, after = getattr(made, name), getattr(found, name)
        assert (before is None) == (after is None)
        if before is not None:
            np.testing.assert_array_equal(before[order], after)


def test_an_export_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    made = Interactions(("a",), ("x",), csr_matrix(np.ones((1, 1), np.float32)))
    for path in (tmp_path / "t.doc", tmp_path / "none" / "t.csv"):
        with pytest.raises(InteractionsError):
            write_interactions(made, path)
    written(tmp_path / "t.csv", b"old")
    write_interactions(made, tmp_path / "t.csv")
    assert list(csv.reader((tmp_path / "t.csv").open())) == [["user", "item"], ["a", "x"]]
    assert [file.name for file in tmp_path.iterdir()] == ["t.csv"]
