"""How large a Parquet file may say that it is, before anything of it is read."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

MAX_COLUMNS = 2_000
DESCRIPTION: dict[str, Any] = {"thrift_string_size_limit": 100 * 2**20, "thrift_container_size_limit": 1_000_000}
"""Bytes of a text and entries of a list in the file's own description of itself, which is parsed before anything else;
for `ParquetFile`."""


def too_large(table: "ParquetFile", most_bytes: int) -> str:
    """Why a file is not read, in words; empty where it unpacks to at most so many bytes."""
    about = table.metadata
    unpacked = sum(about.row_group(group).total_byte_size for group in range(about.num_row_groups))
    if 0 <= unpacked <= most_bytes and about.num_columns <= MAX_COLUMNS:
        return ""
    return f"it unpacks to {unpacked} bytes in {about.num_columns} columns"
