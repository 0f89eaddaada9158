"""Reading a TensorFlow V2 checkpoint with NumPy alone.

A checkpoint is a data file of raw little-endian tensors and an index: a sorted string table in LevelDB's format from
each variable's name to its type, shape and place in the data file. Only what such an index uses is read: one shard,
uncompressed blocks.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mmdemo.errors import WeightError

_MAGIC = bytes.fromhex("57fb808b247547db")
_FOOTER_BYTES = 48
_DTYPES = {1: np.dtype("<f4"), 2: np.dtype("<f8"), 3: np.dtype("<i4"), 9: np.dtype("<i8")}
_VARINT, _STRING = 0, 2  # kinds of protocol buffer fields
_FIXED_BYTES = {1: 8, 5: 4}
_DTYPE, _SHAPE, _SHARD, _OFFSET, _SIZE = 1, 2, 3, 4, 5  # fields of an index entry
_DIMENSION, _SIZE_OF_DIMENSION = 2, 1  # fields of a shape


def read_checkpoint(index: Path, data: Path) -> dict[str, npt.NDArray]:
    """Every variable of a checkpoint, by name.

    Raises:
        WeightError: The files are no such checkpoint, or one does not belong to the other.
    """
    table, content = index.read_bytes(), data.read_bytes()
    try:
        return {
            key.decode(): _tensor(value, content)
            for block in _data_blocks(table)
            for key, value in _entries(table, *block)
            if key  # the empty key holds the header
        }
    except (IndexError, KeyError, ValueError) as error:
        raise WeightError(
            f"{index.name} or {data.name} cannot be read ({type(error).__name__}: {error})",
            expected="a TensorFlow V2 checkpoint in one uncompressed shard is needed",
            remedy="remove the file and run `mmdemo setup`",
        ) from error


def _data_blocks(table: bytes) -> Iterator[tuple[int, int]]:
    """Offset and size of each data block, in order."""
    footer = table[-_FOOTER_BYTES:]
    if len(footer) < _FOOTER_BYTES or footer[-8:] != _MAGIC:
        raise ValueError("no table footer")
    at = 0
    handle = []
    for _ in range(4):  # the handles of the meta index block and of the index block
        value, at = _read_varint(footer, at)
        handle.append(value)
    for _, value in _entries(table, handle[2], handle[3]):
        offset, at = _read_varint(value, 0)
        size, _ = _read_varint(value, at)
        yield offset, size


def _entries(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of one block; a key is stored as what differs from the key before."""
    if offset + size >= len(table) or table[offset + size] != 0:
        raise ValueError("a block is cut off or compressed")
    block = table[offset : offset + size]
    end = size - 4 - 4 * int.from_bytes(block[-4:], "little")  # the restart points fill the rest
    at, key = 0, b""
    while at < end:
        shared, at = _read_varint(block, at)
        unshared, at = _read_varint(block, at)
        length, at = _read_varint(block, at)
        key = key[:shared] + block[at : at + unshared]
        at += unshared
        yield key, block[at : at + length]
        at += length


def _tensor(entry: bytes, content: bytes) -> npt.NDArray:
    numbers, messages = _fields(entry)
    if numbers.get(_SHARD, 0) != 0:
        raise ValueError("the checkpoint has several shards")
    dtype = _DTYPES[numbers[_DTYPE]]
    shape = []
    for message in messages.get(_SHAPE, []):
        _, dimensions = _fields(message)
        shape = [_fields(dimension)[0].get(_SIZE_OF_DIMENSION, 0) for dimension in dimensions.get(_DIMENSION, [])]
    offset, size = numbers.get(_OFFSET, 0), numbers.get(_SIZE, 0)
    if size != dtype.itemsize * math.prod(shape) or offset + size > len(content):
        raise ValueError("a tensor lies outside the data file")
    return np.frombuffer(content, dtype, count=size // dtype.itemsize, offset=offset).reshape(shape)


def _fields(message: bytes) -> tuple[dict[int, int], dict[int, list[bytes]]]:
    """The integers and the byte strings of a protocol buffer message, by field number; others are passed over."""
    numbers: dict[int, int] = {}
    strings: dict[int, list[bytes]] = {}
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        field, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            numbers[field], at = _read_varint(message, at)
        elif kind == _STRING:
            length, at = _read_varint(message, at)
            strings.setdefault(field, []).append(message[at : at + length])
            at += length
        else:
            at += _FIXED_BYTES[kind]
    return numbers, strings


def _read_varint(content: bytes, at: int) -> tuple[int, int]:
    """An integer stored in groups of seven bits, lowest first, and where the next thing begins."""
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
