"""Features of items: NumPy tables, and YouTube-8M's records with their checksums, all written here by other means."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interaction_samples import (
    example,
    framed,
    integer_feature,
    number_feature,
    sequence_example,
    slow_crc32c,
    text_feature,
    video,
    written,
)

from mmdemo.catalog.interactions import read_features
from mmdemo.catalog.interactions.crc32c import crc32c, masked_crc32c
from mmdemo.catalog.interactions.protobuf import parse_example
from mmdemo.catalog.interactions.record_features import read_videos
from mmdemo.catalog.interactions.tfrecords import read_records
from mmdemo.errors import InteractionsError

TABLE = np.arange(12, dtype=np.float64).reshape(4, 3) - 5.5
IDS = ("a", "b", "c", "d")


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4"])
def test_a_table_is_read_whatever_its_numbers(tmp_path: Path, dtype: str, order: str) -> None:
    np.save(tmp_path / "f.npy", np.asarray(TABLE, dtype=dtype, order=order))  # pyright: ignore[reportCallIssue, reportArgumentType]
    found = read_features(tmp_path / "f.npy", IDS)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, TABLE)


@pytest.mark.parametrize(
    ("ids", "rows"),
    [
        (("2", "0", "3", "1"), [2, 0, 3, 1]),
        (("i2", "i0", "i3", "i1"), [2, 0, 3, 1]),
        (("1", "2", "3", "4"), [0, 1, 2, 3]),
        (("10", "0", "3", "1"), [0, 1, 2, 3]),
    ],
)
def test_rows_are_items_by_number_where_the_ids_are_the_numbers(tmp_path: Path, ids, rows) -> None:
    np.save(tmp_path / "f.npy", TABLE)
    np.testing.assert_array_equal(read_features(tmp_path / "f.npy", ids), TABLE[rows])


def test_a_row_of_nan_is_an_item_without_and_any_other_nan_an_error(tmp_path: Path) -> None:
    table = TABLE.copy()
    table[1] = np.nan
    np.save(tmp_path / "f.npy", table)
    assert read_features(tmp_path / "f.npy", IDS)[1].tolist() == [0, 0, 0]
    for place, value in (((2, 0), np.nan), ((2, 0), np.inf), ((3, 1), 1e300)):
        broken = table.copy()
        broken[place] = value
        np.save(tmp_path / "g.npy", broken)
        with pytest.raises(InteractionsError, match="1 numbers that are not finite"):
            read_features(tmp_path / "g.npy", IDS)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (TABLE[:3], "3 rows for 4 items"),
        (TABLE[0], "shape"),
        (TABLE[:, :0], "empty"),
        (np.ones((4, 3), np.int64), "int64"),
        (np.ones((4, 3), np.complex64), "complex64"),
        (np.array([[object()] * 3] * 4), "objects"),
    ],
)
def test_another_array_is_refused(tmp_path: Path, array, said: str) -> None:
    np.save(tmp_path / "f.npy", array, allow_pickle=True)
    with pytest.raises(InteractionsError, match=said):
        read_features(tmp_path / "f.npy", IDS)


def test_a_table_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", TABLE.astype(np.float32))
    whole = (tmp_path / "f.npy").read_bytes()
    for length in (*range(0, len(whole) - 1, 7), len(whole) - 1):
        with pytest.raises(InteractionsError, match="cannot be read"):
            read_features(written(tmp_path / "g.npy", whole[:length]), IDS)
    with pytest.raises(InteractionsError, match="No such file"):
        read_features(tmp_path / "none.npy", IDS)


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (b"\0" * 32, 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_checksums_are_those_of_rfc_3720(data: bytes, checksum: int) -> None:
    assert crc32c(data) == slow_crc32c(data) == checksum


@given(seed=st.integers(0, 2**32 - 1), length=st.integers(0, 9000) | st.sampled_from([2047, 2048, 2049, 4096, 4097]))
def test_checksums_of_any_length_are_those_of_long_division(seed: int, length: int) -> None:
    data = np.random.default_rng(seed).bytes(length)
    assert crc32c(data) == slow_crc32c(data)


def test_whole_videos_become_rows_by_their_ids(tmp_path: Path) -> None:
    records = [video("b", [3, 300], [1, 2], [-1]), video("x", [], [3, 4], [-2]), video("a", [7], [5, 6], [-3])]
    path = written(tmp_path / "v.tfrecord", b"".join(map(framed, records)))
    assert read_features(path, IDS).tolist() == [[-3, 5, 6], [-1, 1, 2], [0, 0, 0], [0, 0, 0]]
    first = next(read_videos(path))
    assert (first.video_id, first.labels, first.frames) == ("b", (3, 300), {})
    assert first.vectors["mean_rgb"].tolist() == [1, 2]


def test_frames_are_dequantised_and_averaged_where_there_is_no_mean(tmp_path: Path) -> None:
    rgb = [bytes([0, 255]), bytes([128, 255])]
    record = sequence_example(
        {"video_id": text_feature(b"a"), "labels": integer_feature([1], packed=False)},
        {"rgb": [text_feature(frame) for frame in rgb], "audio": [number_feature([0.5]), number_feature([1.5])]},
    )
    path = written(tmp_path / "f.tfrecord", framed(record))
    (found,) = read_videos(path)
    assert found.labels == (1,)
    expected = np.array([[0, 255], [128, 255]]) * (4 / 255) + (4 / 512 - 2)
    np.testing.assert_allclose(found.frames["rgb"], expected, atol=1e-6)
    np.testing.assert_allclose(read_features(path, ["a"]), [[1.0, *expected.mean(axis=0)]], atol=1e-6)


_BYTES = st.lists(st.binary(max_size=9), max_size=3)
_FLOATS = st.lists(st.floats(width=32, allow_nan=False), max_size=5)
_INTEGERS = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5)


@given(texts=_BYTES, numbers=_FLOATS, integers=_INTEGERS, packed=st.booleans())
def test_every_kind_of_value_comes_back(texts, numbers, integers, packed: bool) -> None:
    features = {
        "t": text_feature(*texts),
        "n": number_feature(numbers, packed),
        "i": integer_feature(integers, packed),
        "": b"",
    }
    # Fields of a later version are skipped, whatever their kind.
    later = struct.pack("<BBBd", 9 << 3, 5, 10 << 3 | 1, 1.0) + struct.pack("<Bf", 11 << 3 | 5, 1.0)
    found = parse_example(later + example(features) + later).features
    assert found["t"].texts == tuple(texts)
    assert found["n"].numbers.tolist() == numbers
    assert found["i"].integers == tuple(integers)
    assert found.keys() == features.keys()


@given(st.binary(max_size=60))
def test_bytes_that_are_no_message_are_an_error_or_a_message(data: bytes) -> None:
    try:
        parse_example(data)
    except ValueError:
        return


def test_every_bit_that_turns_is_found_out(tmp_path: Path) -> None:
    whole = framed(b"ab") + framed(b"cde")
    assert list(read_records(written(tmp_path / "v.tfrecord", whole))) == [b"ab", b"cde"]
    for bit in range(8 * len(whole)):
        broken = bytearray(whole)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InteractionsError, match=r"record [12] of"):
            list(read_records(written(tmp_path / "v.tfrecord", bytes(broken))))
    for length in set(range(len(whole))) - {0, len(framed(b"ab"))}:
        with pytest.raises(InteractionsError, match="cut off"):
            list(read_records(written(tmp_path / "v.tfrecord", whole[:length])))


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([b"\xff"], "record 1 of v.tfrecord is no record of a video"),
        ([example({"labels": integer_feature([1])})], "no id"),
        ([video("a", [], [1, 2], [1]), video("b", [], [1], [1])], "3 and of 2 numbers"),
        ([video("a", [], [np.nan], [1])], "not finite"),
        ([video("q", [], [1], [1])], "no record of any"),
        ([], "no record of any"),
    ],
)
def test_records_that_do_not_fit_are_told(tmp_path: Path, records: list[bytes], said: str) -> None:
    with pytest.raises(InteractionsError, match=said):
        read_features(written(tmp_path / "v.tfrecord", b"".join(map(framed, records))), IDS)


def test_a_length_that_lies_is_refused_before_it_is_believed(tmp_path: Path) -> None:
    length = struct.pack("<Q", 2**60)
    head = length + struct.pack("<I", masked_crc32c(length))
    with pytest.raises(InteractionsError, match="bytes long"):
        list(read_records(written(tmp_path / "v.tfrecord", head + b"abc")))
