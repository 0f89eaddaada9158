"""Features of items that were extracted elsewhere."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mmdemo.catalog.interactions.npy import read_header
from mmdemo.errors import InteractionsError
from mmdemo.types import FloatArray

MOST_NUMBERS = 2**31
"""Numbers of one table, 8 GiB as float32."""
_ROWS_AT_ONCE = 65_536
RECORDS = (".tfrecord", ".tfrecords")


def read_features(path: Path, item_ids: Sequence[str]) -> FloatArray:
    """Features of items, (N, W) float32, one row an item; a row of zeros is an item without.

    - `.npy`: float16, float32 or float64 of shape (N, W). Where the ids are the numbers 0 to N - 1, with or without an
      "i" before them, row r is the item of that number; else row r is the r-th item. A row of NaN stands for an item
      without features.
    - `.tfrecord`: YouTube-8M's records by video id, the vectors of each side by side; see `tfrecords`.

    Args:
        path: The file; numbers are read as they are wanted, so it may be larger than the memory.
        item_ids: (N,) as of the interactions.

    Raises:
        InteractionsError: It cannot be read, has other rows, or numbers that are not finite.
    """
    if path.suffix.casefold() in RECORDS:
        from mmdemo.catalog.interactions.record_features import record_features

        return record_features(path, item_ids)
    try:
        table = _mapped(path)
    except (OSError, ValueError) as error:
        raise InteractionsError(
            f"{path.name} cannot be read as features: {getattr(error, 'strerror', None) or error}",
            expected="an .npy file of float16, float32 or float64 of shape (items, width), or a .tfrecord, is needed",
            remedy="save the array again with numpy.save",
        ) from error
    if len(table) != len(item_ids):
        raise InteractionsError(
            f"{path.name} has {len(table)} rows for {len(item_ids)} items",
            expected="one row an item is needed",
            remedy="extract the features of exactly the items of the interactions",
        )
    rows = _rows_of(item_ids)
    found = np.empty(table.shape, np.float32)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        found[part] = _finite(table[rows[part]], path.name)
    return found


def _mapped(path: Path) -> npt.NDArray[np.floating]:
    """The table, its numbers still on disk.

    Raises:
        OSError: It cannot be opened.
        ValueError: It is no table of floating-point numbers, or ends early.
    """
    with path.open("rb") as file:
        shape, by_columns, dtype = read_header(file)
        start = file.tell()
        size = path.stat().st_size
    if len(shape) != 2 or dtype.kind != "f" or dtype.itemsize > 8:
        raise ValueError(f"it holds {dtype} of shape {shape}")
    count = shape[0] * shape[1]
    if not 0 < count <= MOST_NUMBERS or count * dtype.itemsize > size - start:
        raise ValueError(f"its shape {shape} is empty, too large, or more than it holds")
    return np.memmap(path, dtype, mode="r", offset=start, shape=shape, order="F" if by_columns else "C")


def _rows_of(item_ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """Row of each item: its number where the ids are the numbers from 0, else its position."""
    names = [item_id.removeprefix("i") for item_id in item_ids]
    if all(name.isascii() and name.isdigit() and len(name) < 10 for name in names):
        numbers = np.array([int(name) for name in names], np.int64)
        if np.array_equal(np.sort(numbers), np.arange(len(numbers))):
            return numbers
    return np.arange(len(item_ids))


def _finite(rows: npt.NDArray[np.floating], name: str) -> FloatArray:
    with np.errstate(over="ignore"):
        found = rows.astype(np.float32)
    found[np.isnan(found).all(axis=1)] = 0
    if not np.isfinite(found).all():
        raise InteractionsError(
            f"{name} has {int((~np.isfinite(found)).sum())} numbers that are not finite",
            expected="finite numbers, or rows that are NaN as a whole, are needed",
            remedy="extract them again, or replace them by 0",
        )
    return found
