"""A row of a table as a record."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mmdemo.catalog.cells import PathCell, media_cell, tag_cell, text_cell
from mmdemo.catalog.columns import Columns, recognise
from mmdemo.catalog.source import RawItem, Skipped
from mmdemo.types import Modality


@dataclass(frozen=True, slots=True)
class Row:
    """A row as read.

    Args:
        where: File and line, for the report.
        number: From 1, counting rows only.
        cells: Values by column name.
    """

    where: str
    number: int
    cells: Mapping[str, Any]

    @property
    def columns(self) -> Columns:
        """The roles of its columns."""
        return _columns_of(tuple(self.cells))

    def text(self, column: str | None) -> str:
        """A cell as text, empty where there is no such column."""
        return "" if column is None else text_cell(self.cells.get(column)).strip()


def row_record(
    row: Row,
    *,
    item_id: str,
    resolve: Callable[[str], Path | None],
    loose: tuple[tuple[str, bytes | Path], ...] = (),
    tags: tuple[str, ...] = (),
) -> Iterator[RawItem | Skipped]:
    """A row as an item, and the cells of it that cannot be used.

    Args:
        row: The row. Without a text its title is the text too.
        item_id: Its id where it names none.
        resolve: The file that a path in a cell stands for, None where it was found already; raises ValueError to
            refuse it.
        loose: Files beside the table that belong to the row.
        tags: Tags it has besides its own.
    """
    columns = row.columns
    files: dict[Modality, bytes | Path] = {}
    for modality, column in columns.media.items():
        try:
            found = media_cell(row.cells.get(column), column=column)
            content = resolve(found.path) if isinstance(found, PathCell) else found
        except ValueError as error:
            yield Skipped(f"{row.where} ({column})", str(error))
        else:
            if content is not None:
                files[modality] = content
    title = row.text(columns.title)
    extra = {name: text_cell(value) for name, value in row.cells.items() if name not in columns.known}
    yield RawItem(
        item_id=row.text(columns.id) or item_id,
        title=title,
        text=row.text(columns.text) or title or None,
        files=files,
        loose=loose,
        tags=(*tags, *(tag_cell(row.cells.get(columns.tags)) if columns.tags else ())),
        extra=extra,
        where=row.where,
    )


@lru_cache(maxsize=64)
def _columns_of(names: tuple[str, ...]) -> Columns:
    return recognise(names)
