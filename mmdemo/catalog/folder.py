"""A user's own folder of files."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mmdemo.catalog.file_groups import FileGroups, is_clutter, is_no_item, metadata_name
from mmdemo.catalog.source import RawItem, Skipped
from mmdemo.catalog.table import own_source, resolve_inside, table_rows
from mmdemo.errors import CatalogError
from mmdemo.progress import Progress
from mmdemo.store import SourceInfo


@dataclass(slots=True)
class Folder:
    """A folder; links that lead out of it are not followed.

    Args:
        path: The folder.
    """

    path: Path
    _notes: list[str] = field(default_factory=list)

    @property
    def info(self) -> SourceInfo:
        """Named after the folder."""
        return own_source(self.path.resolve())

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be assumed about its table."""
        return tuple(self._notes)

    def records(self, progress: Progress) -> Iterator[RawItem | Skipped]:
        """One item for all files of one stem.

        Raises:
            CatalogError: The folder or its metadata table cannot be read.
            CancelledError: `progress` cancelled.
        """
        self._notes.clear()
        root = self.path.resolve()
        names = self._names(root, progress)
        table = metadata_name(names)
        for name in names:
            if is_no_item(name) and name != table:
                yield Skipped(name, "tables, pages and programs are no items")
        media = [name for name in names if not is_no_item(name)]
        groups = FileGroups(media, lambda name: resolve_inside(root, name), progress)
        if table is None:
            yield from groups.records()
        else:
            with resolve_inside(root, table).open("rb") as file:
                yield from groups.records(table_rows(file, name=table, note=self._notes.append))

    def _names(self, root: Path, progress: Progress) -> list[str]:
        names: list[str] = []

        def refuse(error: OSError) -> None:
            raise CatalogError(
                f"'{error.filename}' cannot be read: {error.strerror}",
                expected="a folder whose files may be read is needed",
                remedy="change its permissions, or choose another",
            ) from error

        for folder, subfolders, files in os.walk(root, onerror=refuse):
            subfolders.sort()
            inside = Path(folder).relative_to(root)
            names += [(inside / file).as_posix() for file in files if not is_clutter((inside / file).as_posix())]
            progress(0, 0, f"listing files ({len(names)})")
        return sorted(names)
