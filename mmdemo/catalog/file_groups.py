"""Loose files as items: those that share a stem are one item, described by a metadata table where there is one.

`cats/tom.jpg`, `cats/tom.wav` and `cats/tom.txt` are the item `cats/tom` with the tag `cats`. What each file is shows
when it is decoded. A table `metadata.csv` or `metadata.jsonl` beside them (or else the only table at the top) adds
title, text, tags and further columns: a row belongs to the files that its id, file or media columns name, by path or,
where only one file is called so, by name.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mmdemo.catalog.cells import PathCell, media_cell
from mmdemo.catalog.rows import Row, row_record
from mmdemo.catalog.source import RawItem, Skipped
from mmdemo.catalog.table import TABLE_SUFFIXES
from mmdemo.progress import Progress

_METADATA = ("metadata.csv", "metadata.tsv", "metadata.jsonl", "metadata.ndjson", "metadata.parquet")
_CLUTTER = {"thumbs.db", "desktop.ini", "__macosx"}
_NO_ITEMS = {*TABLE_SUFFIXES, ".json", ".xml", ".html", ".htm", ".py", ".js", ".css", ".log", ".yaml", ".yml", ".ini"}

Load = Callable[[str], bytes | Path]
"""Content of a file by its name; raises ValueError to refuse it."""


@dataclass(frozen=True, slots=True)
class FileGroups:
    """Files by the item they belong to.

    Args:
        names: Relative paths with slashes, sorted.
        load: Gives their content.
        progress: Told about every item.
    """

    names: Sequence[str]
    load: Load
    progress: Progress

    def records(self, rows: Iterable[Row | Skipped] = ()) -> Iterator[RawItem | Skipped]:
        """Items of the rows in their order, then items that no row describes."""
        groups, found = self._groups(), _Finder(self.names)
        used: set[str] = set()
        for row in rows:
            if isinstance(row, Skipped):
                yield row
            else:
                yield from self._described(row, groups, found, used)
        for number, stem in enumerate(sorted(groups.keys() - used)):
            self.progress(number, len(groups) - len(used), "reading files")
            loose, refused = self._loaded(groups[stem])
            yield from refused
            yield RawItem(item_id=stem, title=_title(stem), loose=loose, tags=_folder_tag(stem), where=groups[stem][0])

    def _groups(self) -> dict[str, list[str]]:
        groups: dict[str, list[str]] = {}
        for name in self.names:
            groups.setdefault(stem_of(name), []).append(name)
        return groups

    def _described(
        self, row: Row, groups: dict[str, list[str]], found: "_Finder", used: set[str]
    ) -> Iterator[RawItem | Skipped]:
        self.progress(row.number, 0, "reading files")
        stems: list[str] = []
        for reference in _references(row):
            stem = found.stem(reference.name)
            if stem is not None and stem not in stems:
                stems.append(stem)
            elif stem is None and reference.must_exist:
                yield Skipped(row.where, f"there is no file '{reference.name[:100]}', or several are called so")
        loose, refused = self._loaded([name for stem in stems if stem not in used for name in groups[stem]])
        used.update(stems)
        yield from refused
        item_id = stems[0] if stems else f"row {row.number}"
        yield from row_record(
            row,
            item_id=item_id,
            resolve=lambda name: None,  # noqa: ARG005 - the files are in `loose` already
            loose=loose,
            tags=_folder_tag(item_id),
        )

    def _loaded(self, names: Iterable[str]) -> tuple[tuple[tuple[str, bytes | Path], ...], list[Skipped]]:
        loose: list[tuple[str, bytes | Path]] = []
        refused: list[Skipped] = []
        for name in names:
            try:
                loose.append((name, self.load(name)))
            except ValueError as error:
                refused.append(Skipped(name, str(error)))
        return tuple(loose), refused


@dataclass(frozen=True, slots=True)
class _Reference:
    name: str
    must_exist: bool


def _references(row: Row) -> Iterator[_Reference]:
    """The files that a row names; an id may or may not be the name of one."""
    columns = row.columns
    if columns.file and row.text(columns.file):
        yield _Reference(row.text(columns.file), must_exist=True)
    for column in columns.media.values():
        try:
            cell = media_cell(row.cells.get(column), column=column)
        except ValueError:  # reported when the row is made into a record
            continue
        if isinstance(cell, PathCell):
            yield _Reference(cell.path, must_exist=True)
    if columns.id and row.text(columns.id):
        yield _Reference(row.text(columns.id), must_exist=False)


class _Finder:
    """Finds the item of a file by its path, its name, or either without the suffix."""

    def __init__(self, names: Iterable[str]) -> None:
        self._stems: dict[str, set[str]] = {}
        for name in names:
            path, stem = PurePosixPath(_normal(name)), stem_of(name)
            for key in {str(path), path.name, stem, PurePosixPath(stem).name}:
                self._stems.setdefault(key, set()).add(stem)

    def stem(self, reference: str) -> str | None:
        """The item's stem, None where no file or more than one item goes by that."""
        wanted = _normal(reference.strip().replace("\\", "/").removeprefix("./"))
        stems = self._stems.get(wanted, set())
        if len(stems) > 1 and wanted in stems:
            return wanted  # a whole path wins over the same name in other folders
        return next(iter(stems)) if len(stems) == 1 else None


def metadata_name(names: Iterable[str]) -> str | None:
    """Which of the files is the table that describes the others: by name, else the only table at the top."""
    top = [name for name in names if "/" not in name]
    by_name = {name.casefold(): name for name in top}
    for candidate in _METADATA:
        if candidate in by_name:
            return by_name[candidate]
    tables = [name for name in top if PurePosixPath(name).suffix.casefold() in TABLE_SUFFIXES]
    return tables[0] if len(tables) == 1 else None


def is_clutter(name: str) -> bool:
    """Whether a file is one that systems leave in folders: hidden, or a cache of thumbnails."""
    parts = PurePosixPath(name).parts
    return any((part.startswith(".") and part != "..") or part.casefold() in _CLUTTER for part in parts)


def is_no_item(name: str) -> bool:
    """Whether a file is text that describes other things: a table, a page, a program."""
    return PurePosixPath(name).suffix.casefold() in _NO_ITEMS


def stem_of(name: str) -> str:
    """The path without its suffix, in composed Unicode whatever the system that wrote it."""
    path = PurePosixPath(_normal(name))
    return str(path.with_name(path.stem)) if path.stem else str(path)


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _title(stem: str) -> str:
    return " ".join(PurePosixPath(stem).name.replace("_", " ").replace("-", " ").split())


def _folder_tag(stem: str) -> tuple[str, ...]:
    parts = PurePosixPath(stem).parts
    return parts[:1] if len(parts) > 1 else ()
