"""MMRec, SciPy matrices and MovieLens, as their publishers write them; and parts over the same users and items."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from catalog_samples import imported, write_files
from interaction_samples import EDITIONS, FILMS, RATINGS, TITLES, dated, inter, written, zipped
from scipy.sparse import coo_matrix, csc_matrix, csr_matrix, save_npz

from mmdemo.catalog import open_source
from mmdemo.catalog.interactions import placed, read_interactions, read_parts, same_ids
from mmdemo.errors import CatalogError, InteractionsError
from mmdemo.types import Modality

MATRIX = np.array([[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 1, 0]], np.float32)


@pytest.mark.parametrize("make", [csr_matrix, csc_matrix, coo_matrix])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.bool_])
def test_a_matrix_keeps_its_rows_and_columns(tmp_path: Path, make, dtype) -> None:
    save_npz(tmp_path / "m.npz", make(MATRIX.astype(dtype)))
    found, report = read_interactions(tmp_path / "m.npz")
    assert found.user_ids == ("u0", "u1", "u2")
    assert found.item_ids == ("i0", "i1", "i2", "i3")
    np.testing.assert_array_equal(found.chosen.toarray(), MATRIX)
    assert found.ratings is None
    assert (report.read, report.kept, report.left_out) == (4, 4, ())


def test_entries_that_differ_are_ratings_and_zeros_are_none(tmp_path: Path) -> None:
    table = csr_matrix(np.array([[3, 5, 0], [0, 7, 2]], np.float32))
    table.data[0] = 0
    save_npz(tmp_path / "m.npz", table)
    found, _ = read_interactions(tmp_path / "m.npz")
    assert found.ratings is not None
    assert found.ratings.tolist() == [5, 7, 2]


def test_columns_of_a_matrix_stand_for_the_items_of_a_catalogue_of_that_size(tmp_path: Path) -> None:
    save_npz(tmp_path / "m.npz", csr_matrix(MATRIX))
    found, report = read_interactions(tmp_path / "m.npz", item_ids=["d", "c", "b", "a"])
    assert found.item_ids == ("d", "c", "b", "a")
    np.testing.assert_array_equal(found.chosen.toarray(), MATRIX)
    assert "in their order" in report.notes[0]
    with pytest.raises(InteractionsError, match="4 columns without ids"):
        read_interactions(tmp_path / "m.npz", item_ids=["a", "b"])


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("indices", np.array([0, 2, 1, 9], np.int32)),
        ("indices", np.array([0, -2, 1, 2], np.int32)),
        ("indptr", np.array([0, 2, 1, 4], np.int32)),
        ("indptr", np.array([0, 4], np.int32)),
        ("shape", np.array([3, 2**40])),
        ("shape", np.array([3])),
        ("data", np.ones((2, 2), np.float32)),
        ("data", np.array(["a", "b", "c", "d"])),
        ("data", np.array([None] * 4, object)),
        ("format", np.array(b"bsr")),
        ("format", None),
    ],
)
def test_a_matrix_that_does_not_fit_itself_is_refused(tmp_path: Path, name: str, array) -> None:
    table = csr_matrix(MATRIX)
    parts = {"format": np.array(b"csr"), "shape": np.array(table.shape), "data": table.data}
    parts |= {"indices": table.indices, "indptr": table.indptr, name: array}
    np.savez(tmp_path / "m.npz", **{key: value for key, value in parts.items() if value is not None})
    with pytest.raises(InteractionsError, match="sparse matrix"):
        read_interactions(tmp_path / "m.npz")


def test_an_array_that_lies_about_its_length_gets_no_memory(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (2**45,)})
    with zipfile.ZipFile(tmp_path / "m.npz", "w") as archive:
        for name, content in (("format", np.array(b"csr")), ("shape", np.array([3, 4]))):
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, content)
        archive.writestr("data.npy", header.getvalue())
    with pytest.raises(InteractionsError, match="ends before that"):
        read_interactions(tmp_path / "m.npz")


def test_the_parts_of_mmrec_share_users_and_items(tmp_path: Path) -> None:
    path = written(tmp_path / "baby.inter", inter())
    parts = read_parts(path)
    assert [(p.user_ids, p.item_ids) for p in (parts.train, parts.validation, parts.test)] == [
        (("0", "1"), ("0", "1", "2", "3", "4"))
    ] * 3  # item 2 is a row of the features, though nobody chose it
    pairs = [
        list(zip(p.users.tolist(), p.items.tolist(), strict=True)) for p in (parts.train, parts.validation, parts.test)
    ]
    assert pairs == [[(0, 0), (1, 4)], [(0, 1)], [(0, 3), (1, 0)]]
    whole, report = read_interactions(path)
    assert whole.item_ids == parts.train.item_ids
    assert (report.kind, report.read, len(whole)) == ("MMRec", 5, 5)
    assert whole.times is not None
    assert whole.times.tolist() == [100, 200, 300, 60, 50]


def test_a_part_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(InteractionsError, match="no choices for test"):
        read_parts(written(tmp_path / "a.inter", inter().replace(b"\t2\n", b"\t1\n")))
    with pytest.raises(InteractionsError, match="x_label"):
        read_parts(written(tmp_path / "b.inter", b"userID\titemID\n1\t1\n"))


def test_parts_of_their_own_files_come_to_the_same_users_and_items(tmp_path: Path) -> None:
    first, _ = read_interactions(written(tmp_path / "a.csv", b"user,item,rating\n1,10,5\n2,9,4\n2,10,3\n"))
    second, _ = read_interactions(written(tmp_path / "b.csv", b"user,item\n0,9\n2,11\n"))
    train, held_out = same_ids(first, second)
    assert train.user_ids == held_out.user_ids == ("0", "1", "2")
    assert train.item_ids == held_out.item_ids == ("9", "10", "11")
    assert train.chosen.toarray().tolist() == [[0, 0, 0], [0, 1, 0], [1, 1, 0]]
    assert held_out.chosen.toarray().tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 1]]
    assert train.ratings is not None
    assert train.ratings.tolist() == [5, 4, 3]
    swapped = placed(train, ("2", "1"), ("10", "9"))
    assert swapped.chosen.toarray().tolist() == [[1, 1], [1, 0]]
    assert swapped.ratings is not None
    assert swapped.ratings.tolist() == [3, 4, 5]
    assert same_ids(first, first) == (first, first)


def _placed_as(form: str, files: dict[str, bytes], folder: Path) -> Path:
    match form:
        case "folder":
            return write_files(folder / "ml", files)
        case "folder in a folder":
            write_files(folder / "ml" / "inner", files)
            return folder / "ml"
        case "zip":
            return written(folder / "ml.zip", zipped(files))
        case _:
            return written(folder / "ml.zip", zipped(files, "inner/"))


@pytest.mark.parametrize("form", ["folder", "folder in a folder", "zip", "folder in a zip"])
@pytest.mark.parametrize("edition", list(EDITIONS))
def test_every_edition_of_movielens_gives_the_same_ratings_and_films(tmp_path: Path, edition: str, form: str) -> None:
    path = _placed_as(form, EDITIONS[edition](), tmp_path)
    found, report = read_interactions(path)
    assert (report.kind, report.read, report.kept) == (TITLES[edition], 5, 5)
    assert (found.user_ids, found.item_ids) == (("1", "2", "10"), ("1", "2", "5", "10"))
    rows = zip(found.users, found.items, found.ratings, found.times, strict=True)  # pyright: ignore[reportArgumentType]
    assert sorted((found.user_ids[u], found.item_ids[i], f"{r:g}", f"{t:.0f}") for u, i, r, t in rows) == sorted(
        RATINGS
    )
    report, items, workspace = imported(open_source(str(path)), tmp_path)
    assert (report.kept, report.skipped) == (4, ())
    assert [(i, item.title, item.extra.get("year", ""), item.tags) for i, item in items.items()] == list(FILMS)
    assert items["2"].media[Modality.TEXT] == "Amélie (2001): Comedy, Romance"
    assert workspace.read_catalog().source.title == TITLES[edition]
    assert dated(*FILMS[3][1:3]) == items["10"].media[Modality.TEXT]


@pytest.mark.parametrize("edition", ["ml-100k", "ml-1m"])
def test_the_file_of_ratings_alone_is_enough_for_interactions(tmp_path: Path, edition: str) -> None:
    name, content = next(iter(EDITIONS[edition]().items()))
    assert len(read_interactions(written(tmp_path / name, content))[0]) == 5


def test_lines_that_are_no_ratings_or_films_are_reported(tmp_path: Path) -> None:
    files = EDITIONS["ml-1m"]()
    files["ratings.dat"] += b"1::2\n\n::2::3::4\n7::1::good::1\n"
    files["movies.dat"] += b"no film\n12::::\n1::Again (1990)::Drama\n"
    path = write_files(tmp_path / "ml", files)
    _, report = read_interactions(path)
    assert [(each.count, each.examples) for each in report.left_out] == [
        (1, ("ratings.dat, line 6",)),
        (1, ("ratings.dat, line 8",)),
        (1, ("ratings.dat, line 9",)),
    ]
    films, items, _ = imported(open_source(str(path)), tmp_path)
    assert [where for where, _ in films.skipped] == ["movies.dat, line 5", "movies.dat, line 6"]
    assert films.duplicates == ("movies.dat, line 7: the id '1' is there already (movies.dat, line 1)",)
    assert list(items) == ["1", "2", "5", "10"]


def test_tables_that_are_only_called_like_movielens_stay_what_they_are(tmp_path: Path) -> None:
    write_files(tmp_path / "mine", {"ratings.csv": b"who,stars\n", "movies.csv": b"id,title\n1,Mine\n", "a.txt": b"a"})
    _, items, _ = imported(open_source(str(tmp_path / "mine")), tmp_path)
    assert list(items) == ["a"]
    with pytest.raises(InteractionsError, match="no file of interactions"):
        read_interactions(tmp_path / "mine")


def test_a_copy_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    files = EDITIONS["ml-1m"]() | {"ratings.dat": b"1::1::1::1\n" * 10**6}
    path = written(tmp_path / "ml.zip", zipped(files))
    assert path.stat().st_size < 10**5
    with pytest.raises(InteractionsError, match="unpacks to"):
        read_interactions(path)
    files = EDITIONS["ml-1m"]() | {"movies.dat": b"1::A (1990)::Drama\n" * 10**6}
    with pytest.raises(CatalogError, match="unpacks to"):
        imported(open_source(str(written(tmp_path / "films.zip", zipped(files)))), tmp_path)
