"""Broken files of every kind end in a report that adds up or in a typed error."""

import io
import random
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from catalog_samples import mutated, write_files
from interaction_samples import EDITIONS, RATINGS, framed, inter, video, written, zipped
from scipy.sparse import csc_matrix, csr_matrix, save_npz

from mmdemo.catalog import open_source
from mmdemo.catalog.interactions import read_features, read_interactions, read_parts
from mmdemo.errors import CatalogError, InteractionsError
from mmdemo.progress import silent


def _parquet() -> bytes:
    out = io.BytesIO()
    names = ("user", "item", "rating", "time")
    columns = {name: [row[place] for row in RATINGS] for place, name in enumerate(names)}
    pq.write_table(pa.table(columns | {"rating": [float(row[2]) for row in RATINGS]}), out, write_page_checksum=True)
    return out.getvalue()


def _npz(make) -> bytes:
    out = io.BytesIO()
    save_npz(out, make(np.eye(5, 4, dtype=np.float32)), compressed=make is csr_matrix)
    return out.getvalue()


def _npy() -> bytes:
    out = io.BytesIO()
    np.save(out, np.ones((5, 4), np.float16))
    return out.getvalue()


CSV = "user,item,rating,time\n" + "".join(",".join(row) + "\n" for row in RATINGS)
FILES = {
    "a.csv": CSV.encode(),
    "a.tsv": CSV.replace(",", "\t").encode("utf-16"),
    "a.parquet": _parquet(),
    "a.inter": inter(),
    "a.npz": _npz(csr_matrix),
    "b.npz": _npz(csc_matrix),
    **{f"{edition}.zip": zipped(make(), f"{edition}/") for edition, make in EDITIONS.items()},
    **{f"{edition}/{name}": content for edition, make in EDITIONS.items() for name, content in make().items()},
}
TABLES = {"f.npy": _npy(), "f.tfrecord": b"".join(framed(video(name, [1], [1, 2], [3])) for name in "abcde")}


def _put(name: str, data: bytes, folder: Path) -> Path:
    """Write one broken file, among the sound ones of its edition of MovieLens; what to read."""
    if "/" not in name:
        return written(folder / name, data)
    edition = name.partition("/")[0]
    write_files(folder / edition, EDITIONS[edition]())
    written(folder / name, data)
    return folder / edition


def _outcome(name: str, number: int, folder: Path) -> str:
    """Read mutant `number` in every way that such a file is read; how it ended."""
    path = _put(name, mutated(FILES[name], random.Random(number)), folder)
    if name.endswith(".inter"):
        with suppress(InteractionsError):
            read_parts(path)
    if path.is_dir() or path.suffix == ".zip":
        with suppress(CatalogError):
            list(open_source(str(path)).records(silent))
    try:
        found, report = read_interactions(path)
    except InteractionsError:
        return "error"
    assert report.kept == len(found) > 0
    assert report.read == report.kept + sum(each.count for each in report.left_out)
    assert (report.users, report.items) == (len(found.user_ids), len(found.item_ids))
    assert all(each.why and each.examples for each in report.left_out)
    return "report with something left out" if report.left_out else "report"


@pytest.mark.parametrize("count", [pytest.param(8, id="some"), pytest.param(300, id="many", marks=pytest.mark.slow)])
def test_mutated_interactions_end_in_a_report_or_a_typed_error(count: int, tmp_path: Path) -> None:
    outcomes = Counter(
        _outcome(name, number, tmp_path / str(number)) for number in range(count) for name in sorted(FILES)
    )
    # All happen: mutants are broken enough to be refused, and whole enough to be read in part.
    assert len(outcomes) == 3
    assert min(outcomes.values()) > sum(outcomes.values()) // 50


@pytest.mark.parametrize("count", [pytest.param(60, id="some"), pytest.param(3000, id="many", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", list(TABLES))
def test_mutated_features_end_in_a_table_or_a_typed_error(name: str, count: int, tmp_path: Path) -> None:
    refused = 0
    for number in range(count):
        path = written(tmp_path / f"{number}-{name}", mutated(TABLES[name], random.Random(number)))
        try:
            found = read_features(path, tuple("abcde"))
        except InteractionsError:
            refused += 1
        else:
            assert (len(found), found.dtype) == (5, np.float32)
            assert np.isfinite(found).all()
    assert refused > count // 4
