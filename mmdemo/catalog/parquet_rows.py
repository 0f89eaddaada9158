"""Rows of a Parquet file."""

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from mmdemo.catalog.rows import Row
from mmdemo.errors import CatalogError

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

_ROWS_AT_ONCE = 16
"""Few, as each may hold a whole video."""
_MAX_UNPACKED_BYTES = 16 * 2**30
_MAX_COLUMNS = 2_000
_MAX_STRING_BYTES = 100 * 2**20
_MAX_LIST_ENTRIES = 1_000_000


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
        # The limits hold for the file's own description of itself, which is parsed before anything else.
        table = pq.ParquetFile(
            file,
            thrift_string_size_limit=_MAX_STRING_BYTES,
            thrift_container_size_limit=_MAX_LIST_ENTRIES,
            page_checksum_verification=True,
        )
        _check_size(table, name)
        number = 0
        for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE, use_threads=False):
            for cells in batch.to_pylist():
                number += 1
                yield Row(f"{name}, row {number}", number, cells)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError, KeyError) as error:
        first_line = (str(error) or type(error).__name__).splitlines()[0]
        raise _unreadable(name, first_line) from error


def _check_size(table: "ParquetFile", name: str) -> None:
    about = table.metadata
    unpacked = sum(about.row_group(group).total_byte_size for group in range(about.num_row_groups))
    if not 0 <= unpacked <= _MAX_UNPACKED_BYTES or about.num_columns > _MAX_COLUMNS:
        raise _unreadable(name, f"it unpacks to {unpacked} bytes in {about.num_columns} columns")


def _unreadable(name: str, why: str) -> CatalogError:
    return CatalogError(
        f"{name} cannot be read as Parquet: {why}",
        expected="an undamaged Parquet file of a sensible size is needed",
        remedy="write it again, or save it as JSONL",
    )
