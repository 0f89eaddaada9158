"""A user's own table: CSV, JSONL or Parquet, with paths of media beside it or the bytes inside."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from mmdemo.catalog.csv_rows import csv_rows
from mmdemo.catalog.jsonl_rows import jsonl_rows
from mmdemo.catalog.parquet_rows import parquet_rows
from mmdemo.catalog.rows import Row, row_record
from mmdemo.catalog.source import RawItem, Skipped
from mmdemo.errors import CatalogError
from mmdemo.progress import Progress
from mmdemo.store import SourceInfo

CSV_SUFFIXES = (".csv", ".tsv")
JSONL_SUFFIXES = (".jsonl", ".ndjson")
PARQUET_SUFFIXES = (".parquet",)
TABLE_SUFFIXES = (*CSV_SUFFIXES, *JSONL_SUFFIXES, *PARQUET_SUFFIXES)


@dataclass(slots=True)
class Table:
    """A table on disk; paths in it are followed only inside its own folder.

    Args:
        path: The file; its suffix says what it is.
    """

    path: Path
    _notes: list[str] = field(default_factory=list)

    @property
    def info(self) -> SourceInfo:
        """Named after the file."""
        return own_source(self.path)

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be assumed about the file."""
        return tuple(self._notes)

    def records(self, progress: Progress) -> Iterator[RawItem | Skipped]:
        """One item a row.

        Raises:
            CatalogError: It cannot be read, or no column of it has a known name.
            CancelledError: `progress` cancelled.
        """
        self._notes.clear()
        folder = self.path.parent.resolve()
        size = self.path.stat().st_size
        with self.path.open("rb") as file:
            for row in table_rows(file, name=self.path.name, note=self._notes.append):
                progress(0 if file.closed else min(file.tell(), size), size, f"reading {self.path.name}")
                if isinstance(row, Skipped):
                    yield row
                    continue
                require_known_columns(row, self.path.name)
                yield from row_record(
                    row, item_id=f"{self.path.stem}-{row.number}", resolve=lambda name: resolve_inside(folder, name)
                )


def table_rows(file: IO[bytes], *, name: str, note: Callable[[str], None]) -> Iterator[Row | Skipped]:
    """Rows of a table of any supported kind.

    Args:
        file: Seekable, binary.
        name: File name; its suffix says what it is.
        note: Told what had to be assumed.

    Raises:
        CatalogError: It cannot be read.
    """
    suffix = Path(name).suffix.casefold()
    if suffix in CSV_SUFFIXES:
        return csv_rows(file, name=name, note=note)
    if suffix in JSONL_SUFFIXES:
        return jsonl_rows(file, name=name)
    return parquet_rows(file, name=name)


def resolve_inside(folder: Path, name: str) -> Path:
    """The file that a relative path stands for.

    Args:
        folder: Resolved folder that must contain it.
        name: As written in the table; backslashes are taken for slashes.

    Raises:
        ValueError: It is absolute, leads out of the folder (by `..` or a link), or is no file.
    """
    try:
        path = (folder / name.replace("\\", "/")).resolve()
        inside, is_file = path.is_relative_to(folder), path.is_file()
    except (OSError, ValueError, RuntimeError) as error:  # a name no file can have; a loop of links
        raise ValueError(f"'{name[:100]}' is no usable path") from error
    if not inside:
        raise ValueError(f"'{name[:100]}' is outside the table's own folder")
    if not is_file:
        raise ValueError(f"there is no file '{name[:100]}' beside the table")
    return path


def require_known_columns(row: Row, name: str) -> None:
    """Refuse a table that no item can come from.

    Raises:
        CatalogError: None of its columns can be a text, title, picture, sound or video.
    """
    columns = row.columns
    if not (columns.media or columns.text or columns.title):
        found = ", ".join(f"'{column[:40]}'" for column in list(row.cells)[:10])
        raise CatalogError(
            f"{name} has the columns {found}",
            expected="at least one of text, title, image, audio, video is needed",
            remedy="rename a column, or add a first line with column names",
        )


def own_source(path: Path) -> SourceInfo:
    """What is said of data a user brings: nobody but the user knows its licence."""
    return SourceInfo(
        title=path.name,
        licence="not stated",
        attribution=f"Imported from {path.name}",
        url="",
        synthetic=False,
    )
