"""Interactions out of a table: CSV, TSV, Parquet."""

from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

from mmdemo.catalog.csv_rows import csv_rows
from mmdemo.catalog.interactions.collected import Collected
from mmdemo.catalog.interactions.columns import Roles, roles
from mmdemo.catalog.interactions.parquet_columns import parquet_choices
from mmdemo.catalog.source import Skipped
from mmdemo.progress import Progress

Choose = Callable[[Roles, Mapping[str, Any]], bool]
"""Whether a row is wanted, from the roles of the columns and its cells."""


def read_csv(file: IO[bytes], *, name: str, kind: str, progress: Progress, choose: Choose | None = None) -> Collected:
    """Rows of a CSV file with a header, of any delimiter and encoding that catalogues may have.

    Args:
        file: Seekable, binary.
        name: What to call it in the report.
        kind: What the report calls its format.
        progress: Told how far it is; may cancel.
        choose: Rows that are not wanted do not count as read.

    Raises:
        InteractionsError: It has no columns for users and items, or too many rows.
        CatalogError: It is no text, or cannot be read as CSV.
        CancelledError: `progress` cancelled.
    """
    found = Collected(name, kind, f"{name}, line", progress)
    known: Roles | None = None
    for row in csv_rows(file, name=name, note=found.notes.append):
        if isinstance(row, Skipped):
            found.refuse(_line(row.where), "it has more cells than there are columns")
            continue
        if known is None:
            known = roles(row.cells, name)
        if choose is None or choose(known, row.cells):
            cells = row.cells
            found.add(
                _line(row.where),
                cells[known.user],
                cells[known.item],
                cells[known.rating] if known.rating else None,
                cells[known.time] if known.time else None,
            )
    return found


def read_parquet(file: IO[bytes], *, name: str, progress: Progress) -> Collected:
    """Rows of a Parquet file; only the columns that play a role are read.

    Raises:
        InteractionsError: It has no columns for users and items, is damaged, or has too many rows.
        CancelledError: `progress` cancelled.
    """
    found = Collected(name, "Parquet", f"{name}, row", progress)
    for number, cells in _numbered(parquet_choices(file, name=name)):
        found.add(number, *cells)
    return found


def _numbered(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    return enumerate(rows, start=1)


def _line(where: str) -> int:
    """The number at the end of "clicks.csv, line 7"."""
    return int(where.rpartition(" ")[2])
