"""The reader against checkpoints written here, byte by byte, from the published formats."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdemo.encoders.tensorflow_checkpoint import read_checkpoint
from mmdemo.errors import WeightError

DTYPES = {"float32": 1, "float64": 2, "int32": 3, "int64": 9}


def varint(value):
    groups = []
    while value >= 0x80:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])


def number_field(field, value):
    return varint(field << 3) + varint(value)


def bytes_field(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def index_entry(array, offset, *, shard=0):
    shape = b"".join(bytes_field(2, number_field(1, size)) for size in array.shape)
    entry = number_field(1, DTYPES[array.dtype.name]) + bytes_field(2, shape)
    if shard:
        entry += number_field(3, shard)
    entry += number_field(4, offset) + number_field(5, array.nbytes)
    return entry + varint(6 << 3 | 5) + b"\1\2\3\4"  # a checksum, four bytes long


def block(entries, *, restart_every):
    content, restarts, last = b"", [], b""
    for number, (key, value) in enumerate(entries):
        shared = 0
        if number % restart_every == 0:
            restarts.append(len(content))
        else:
            while shared < min(len(key), len(last)) and key[shared] == last[shared]:
                shared += 1
        content += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    tail = b"".join(start.to_bytes(4, "little") for start in restarts) + len(restarts).to_bytes(4, "little")
    return content + tail


def write_checkpoint(folder, arrays, *, restart_every=3, per_block=4, compression=0, shard=0):
    data = b""
    entries = [(b"", number_field(1, 1))]
    for name, array in sorted(arrays.items()):
        entries.append((name.encode(), index_entry(array, len(data), shard=shard)))
        data += array.tobytes()
    table, handles = b"", []
    for start in range(0, len(entries), per_block):
        part = entries[start : start + per_block]
        content = block(part, restart_every=restart_every)
        handles.append((part[-1][0] + b"~", varint(len(table)) + varint(len(content))))
        table += content + bytes([compression]) + b"\0\0\0\0"
    footer = b""
    for content in (block([], restart_every=1), block(handles, restart_every=1)):
        footer += varint(len(table)) + varint(len(content))
        table += content + b"\0" + b"\0\0\0\0"
    table += footer.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")
    (folder / "c.index").write_bytes(table)
    (folder / "c.data").write_bytes(data)
    return folder / "c.index", folder / "c.data"


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return {
        "conv/kernel": rng.standard_normal((7, 3, 1, 2)).astype(np.float32),
        "conv/bias": rng.standard_normal(300).astype(np.float32),
        "conv_1/bias": rng.standard_normal(2),
        "beta_power": np.array(0.9, np.float32),
        "step": np.array(12, np.int64),
        "empty": np.zeros((0, 4), np.float32),
        "numbers": np.arange(5, dtype=np.int32),
    }


@pytest.mark.parametrize("restart_every", [1, 2, 16])
@pytest.mark.parametrize("per_block", [1, 3, 100])
def test_every_array_comes_back(tmp_path, arrays, restart_every, per_block):
    found = read_checkpoint(*write_checkpoint(tmp_path, arrays, restart_every=restart_every, per_block=per_block))
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


@pytest.mark.parametrize("changes", [{"compression": 1}, {"shard": 1}])
def test_what_is_not_supported_is_refused(tmp_path, arrays, changes):
    with pytest.raises(WeightError):
        read_checkpoint(*write_checkpoint(tmp_path, arrays, **changes))


def test_a_data_file_of_another_checkpoint_is_refused(tmp_path, arrays):
    index, data = write_checkpoint(tmp_path, arrays)
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(WeightError, match="outside the data file"):
        read_checkpoint(index, data)


@settings(max_examples=200, deadline=None)
@given(cut=st.integers(0, 400), at=st.integers(0, 400), value=st.integers(0, 255))
def test_damage_is_a_typed_error_or_harmless(tmp_path_factory, cut, at, value):
    folder = tmp_path_factory.mktemp("damaged")
    index, data = write_checkpoint(folder, {"a": np.ones(3, np.float32), "ab": np.ones((2, 2), np.float32)})
    table = bytearray(index.read_bytes())
    table[at % len(table)] = value
    index.write_bytes(table[: len(table) - cut % len(table)])
    try:
        found = read_checkpoint(index, data)
    except WeightError:
        return
    assert all(array.nbytes <= 28 for array in found.values())


@pytest.mark.weights
def test_the_real_checkpoint_has_the_networks_variables(real_encoder):
    from mmdemo.weights import fetch

    real_encoder("musicnn")
    folder = fetch("musicnn")
    variables = read_checkpoint(folder / "checkpoint.index", folder / "checkpoint.data")
    assert variables["dense_1/kernel"].shape == (200, 50)
    assert all((variables[name] > 0).all() for name in variables if name.endswith("moving_variance"))
