"""Rows of a Parquet file."""

from collections.abc import Iterator
from typing import IO

from mmdemo.catalog.parquet_limits import DESCRIPTION, too_large
from mmdemo.catalog.rows import Row
from mmdemo.errors import CatalogError

_ROWS_AT_ONCE = 16
"""Few, as each may hold a whole video."""
_MAX_UNPACKED_BYTES = 16 * 2**30


def parquet_rows(file: IO[bytes], *, name: str) -> Iterator[Row]:
    """Read a Parquet file.

    Args:
        file: Seekable, binary.
        name: What to call it in the report.

    Raises:
        CatalogError: It is no Parquet file, is damaged, or unpacks to too much.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file, page_checksum_verification=True, **DESCRIPTION)
        why = too_large(table, _MAX_UNPACKED_BYTES)
        if why:
            raise _unreadable(name, why)
        number = 0
        for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE, use_threads=False):
            for cells in batch.to_pylist():
                number += 1
                yield Row(f"{name}, row {number}", number, cells)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError, KeyError) as error:
        first_line = (str(error) or type(error).__name__).splitlines()[0]
        raise _unreadable(name, first_line) from error


def _unreadable(name: str, why: str) -> CatalogError:
    return CatalogError(
        f"{name} cannot be read as Parquet: {why}",
        expected="an undamaged Parquet file of a sensible size is needed",
        remedy="write it again, or save it as JSONL",
    )
