import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from mmdemo.errors import WorkspaceError
from mmdemo.store import VectorCache

VECTORS = npst.arrays(np.float32, st.integers(0, 20), elements=st.floats(width=32, allow_nan=True))


def vector(seed: int, dim: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(dim).astype(np.float32)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(vectors=st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\0")), VECTORS))
def test_vectors_come_back_bit_by_bit(tmp_path, vectors):
    cache = VectorCache(tmp_path / "cache.sqlite")
    cache.put("encoder", vectors)
    found = cache.get("encoder", vectors)
    assert {key: one.tobytes() for key, one in found.items()} == {key: one.tobytes() for key, one in vectors.items()}


def test_only_asked_for_keys_of_the_asked_for_encoder_come_back(tmp_path):
    cache = VectorCache(tmp_path / "cache.sqlite")
    assert cache.get("a", ["x"]) == {}
    cache.put("a", {"x": vector(1), "y": vector(2)})
    cache.put("b", {"x": vector(3)})
    assert cache.get("a", ["x", "z"]).keys() == {"x"}
    assert np.array_equal(cache.get("b", ["x"])["x"], vector(3))
    assert cache.get("c", ["x"]) == {}
    assert cache.get("a", []) == {}


def test_thousands_of_keys_are_one_call(tmp_path):
    cache = VectorCache(tmp_path / "cache.sqlite")
    vectors = {f"{number:064x}": vector(number, 4) for number in range(5000)}
    cache.put("a", vectors)
    found = cache.get("a", vectors)
    assert found.keys() == vectors.keys()
    assert all(np.array_equal(found[key], vectors[key]) for key in vectors)


def test_a_second_put_replaces_the_first(tmp_path):
    cache = VectorCache(tmp_path / "cache.sqlite")
    cache.put("a", {"x": vector(1)})
    cache.put("a", {"x": vector(2)})
    assert np.array_equal(cache.get("a", ["x"])["x"], vector(2))


def test_a_row_damaged_on_disk_is_forgotten(tmp_path):
    path = tmp_path / "cache.sqlite"
    VectorCache(path).put("a", {"x": vector(1), "y": vector(2)})
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE vectors SET vector = zeroblob(64) WHERE content = 'x'")
    connection.close()
    assert VectorCache(path).get("a", ["x", "y"]).keys() == {"y"}


@pytest.mark.parametrize("content", [b"this is no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_file_gives_a_typed_error_that_says_what_to_do(tmp_path, content):
    path = tmp_path / "cache.sqlite"
    path.write_bytes(content)
    cache = VectorCache(path)
    for use in (lambda: cache.get("a", ["x"]), lambda: cache.put("a", {"x": vector(1)})):
        with pytest.raises(WorkspaceError, match=r"cache\.sqlite.*delete that file"):
            use()


def test_a_file_of_a_newer_format_is_left_alone(tmp_path):
    path = tmp_path / "cache.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(WorkspaceError, match="format 99"):
        VectorCache(path).put("a", {"x": vector(1)})


def test_a_file_deleted_meanwhile_is_made_anew(tmp_path):
    path = tmp_path / "cache.sqlite"
    cache = VectorCache(path)
    cache.put("a", {"x": vector(1)})
    for file in tmp_path.iterdir():
        file.unlink()
    assert cache.get("a", ["x"]) == {}
    cache.put("a", {"y": vector(2)})
    assert VectorCache(path).get("a", ["x", "y"]).keys() == {"y"}


def test_a_failed_put_leaves_nothing_and_the_cache_goes_on(tmp_path):
    cache = VectorCache(tmp_path / "cache.sqlite")
    with pytest.raises(WorkspaceError, match="float64"):
        cache.put("a", {"x": vector(1), "y": vector(2).astype(np.float64)})
    assert cache.get("a", ["x", "y"]) == {}
    cache.put("a", {"x": vector(1)})
    assert cache.get("a", ["x", "y"]).keys() == {"x"}


def test_many_threads_share_one_cache(tmp_path):
    cache = VectorCache(tmp_path / "cache.sqlite")

    def use(number: int) -> bool:
        cache.put("a", {f"k{number}": vector(number)})
        return np.array_equal(cache.get("a", [f"k{number}"])[f"k{number}"], vector(number))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(100)))
    assert len(cache.get("a", [f"k{number}" for number in range(100)])) == 100


def test_a_file_that_another_process_is_just_making_is_waited_for(tmp_path):
    path = tmp_path / "cache.sqlite"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.2, other.rollback).start()
    cache = VectorCache(path)
    cache.put("a", {"x": vector(1)})
    assert cache.get("a", ["x"]).keys() == {"x"}
    other.close()
