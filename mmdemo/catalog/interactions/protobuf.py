"""The wire format of protocol buffers, as far as tf.train.Example and SequenceExample need it.

Example          1: Features of the whole          Features      1: map of name (1) to Feature (2)
SequenceExample  1: Features of the whole          FeatureLists  1: map of name (1) to FeatureList (2)
                 2: FeatureLists over time         FeatureList   1: Feature, repeated
Feature          1: BytesList, 2: FloatList, 3: Int64List, each with its values as 1
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from mmdemo.types import FloatArray

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_LONGEST_VARINT = 10
MOST_STEPS = 100_000
"""Entries of one map or list of a record: a record of a video has hundreds."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One value of an example; the two kinds that it is not are empty.

    Args:
        texts: Byte strings.
        numbers: (n,) float32.
        integers: Whole numbers.
    """

    texts: tuple[bytes, ...] = ()
    numbers: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    integers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A record.

    Args:
        features: Of the whole, by name.
        lists: One for each step of time, by name; empty for a plain Example.
    """

    features: dict[str, Feature]
    lists: dict[str, tuple[Feature, ...]]


def parse_example(data: bytes) -> Example:
    """A record's features.

    Raises:
        ValueError: It is no Example or SequenceExample, or is damaged.
    """
    features: dict[str, Feature] = {}
    lists: dict[str, tuple[Feature, ...]] = {}
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            features |= {name: _feature(content) for name, content in _map(value)}
        elif number == 2 and isinstance(value, bytes):
            for name, content in _map(value):
                steps = [each for part, each in _fields(content) if part == 1 and isinstance(each, bytes)]
                lists[name] = tuple(_feature(step) for step in steps)
    return Example(features, lists)


def _map(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the entries of a map."""
    for number, entry in _fields(data):
        if number != 1 or not isinstance(entry, bytes):
            continue
        name, content = "", b""
        for part, value in _fields(entry):
            if isinstance(value, bytes):
                if part == 1:
                    name = value.decode("utf-8", errors="replace")
                elif part == 2:
                    content = value
        yield name, content


def _feature(data: bytes) -> Feature:
    texts: list[bytes] = []
    numbers: list[FloatArray] = []
    integers: list[int] = []
    for kind, values in _fields(data):
        if not isinstance(values, bytes):
            continue
        for number, value in _fields(values):
            if number != 1:
                continue
            if kind == 1 and isinstance(value, bytes):
                texts.append(value)
            elif kind == 2 and isinstance(value, bytes):  # packed, or one alone
                if len(value) % 4:
                    raise ValueError("a list of numbers ends within one")
                numbers.append(np.frombuffer(value, "<f4").astype(np.float32))
            elif kind == 3:
                integers += _varints(value) if isinstance(value, bytes) else [_signed(value)]
    joined = np.concatenate(numbers) if numbers else np.zeros(0, np.float32)
    return Feature(tuple(texts), joined, tuple(integers))


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Number and content of every field: a whole number, or the bytes of anything else.

    Raises:
        ValueError: The bytes are no message.
    """
    at = steps = 0
    while at < len(data):
        steps += 1
        if steps > MOST_STEPS:
            raise ValueError(f"a message has more than {MOST_STEPS} fields")
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            length, at = _varint(data, at)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            length = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"a field is of kind {kind}")
        if length > len(data) - at:
            raise ValueError("a field is longer than its message")
        yield key >> 3, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value & (2**64 - 1), at + place + 1
    raise ValueError("a whole number does not end")


def _varints(data: bytes) -> list[int]:
    found, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        found.append(_signed(value))
    return found


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value
