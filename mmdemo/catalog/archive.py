"""A user's own ZIP archive of files; read in memory member by member, never unpacked to disk."""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from mmdemo.catalog.file_groups import FileGroups, is_clutter, is_no_item, metadata_name
from mmdemo.catalog.rows import Row
from mmdemo.catalog.source import RawItem, Skipped
from mmdemo.catalog.table import own_source, table_rows
from mmdemo.errors import CatalogError
from mmdemo.media import LIMITS
from mmdemo.progress import Progress
from mmdemo.store import SourceInfo

MAX_MEMBERS = 200_000
MAX_TOTAL_BYTES = 16 * 2**30
MAX_RATIO = 200
"""A member over 1 MiB that unpacks to more than this many times its packed size is a bomb, not media."""
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


@dataclass(slots=True)
class Archive:
    """A ZIP archive.

    Args:
        path: The file.
    """

    path: Path
    _notes: list[str] = field(default_factory=list)

    @property
    def info(self) -> SourceInfo:
        """Named after the archive."""
        return own_source(self.path)

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be assumed about its table."""
        return tuple(self._notes)

    def records(self, progress: Progress) -> Iterator[RawItem | Skipped]:
        """One item for all members of one stem; a folder that only wraps the others does not count.

        Raises:
            CatalogError: It is no ZIP archive, is damaged as a whole, or unpacks to too much.
            CancelledError: `progress` cancelled.
        """
        self._notes.clear()
        try:
            archive = zipfile.ZipFile(self.path)
        except (*_DAMAGED, UnicodeDecodeError) as error:
            raise _unreadable(self.path.name, str(error)) from error
        with archive:
            members, refused = _members(archive, self.path.name)
            yield from refused
            yield from self._items(archive, members, progress)

    def _items(
        self, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], progress: Progress
    ) -> Iterator[RawItem | Skipped]:
        table = metadata_name(members)
        for name in members:
            if is_no_item(name) and name != table:
                yield Skipped(name, "tables, pages and programs are no items")
        media = sorted(name for name in members if not is_no_item(name))
        groups = FileGroups(media, lambda name: _content(archive, members[name]), progress)
        yield from groups.records(() if table is None else self._rows(archive, members[table], table))

    def _rows(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Iterator[Row | Skipped]:
        try:
            content = _content(archive, member)
        except ValueError as error:
            raise _unreadable(f"{self.path.name}: {name}", str(error)) from error
        yield from table_rows(io.BytesIO(content), name=name, note=self._notes.append)


def _members(archive: zipfile.ZipFile, name: str) -> tuple[dict[str, zipfile.ZipInfo], list[Skipped]]:
    """Members that may be read, by path without the wrapping folder; and those that may not."""
    # `is_dir` fails on an empty name, which a damaged archive may have.
    files = (member for member in archive.infolist() if not member.filename.endswith("/"))
    listed = [member for member in files if not is_clutter(member.filename)]
    total = sum(member.file_size for member in listed)
    if len(listed) > MAX_MEMBERS or total > MAX_TOTAL_BYTES:
        raise _unreadable(name, f"it unpacks to {len(listed)} files of {total / 2**30:.1f} GiB")
    members: dict[str, zipfile.ZipInfo] = {}
    refused: list[Skipped] = []
    for member in listed:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        why = _fault(path, member)
        if why is None and str(path) in members:
            why = "another file of this path is in the archive"
        if why is None:
            members[str(path)] = member
        else:
            refused.append(Skipped(member.filename[:200], why))
    return _unwrapped(members), refused


def _fault(path: PurePosixPath, member: zipfile.ZipInfo) -> str | None:
    """Why a member is not to be read, or None."""
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        return "its path leads out of the archive"
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
        return "it is a link or a special file"
    if member.flag_bits & 0x1:
        return "it is encrypted"
    if member.file_size > LIMITS.max_bytes:
        return f"it is over {LIMITS.max_bytes / 2**20:g} MiB"
    if member.file_size > max(2**20, MAX_RATIO * member.compress_size):
        return f"it unpacks to {member.file_size / max(1, member.compress_size):.0f} times its size"
    return None


def _unwrapped(members: dict[str, zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Without a top folder that holds everything, where that one has folders or a table of its own in it."""
    while len({name.split("/", maxsplit=1)[0] for name in members}) == 1 and all("/" in name for name in members):
        inner = {name.split("/", maxsplit=1)[1]: member for name, member in members.items()}
        if not any("/" in name for name in inner) and metadata_name(inner) is None:
            break
        members = inner
    return members


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Bytes of a member, never more than it announced.

    Raises:
        ValueError: It is damaged, or packed in a way that is not known.
    """
    try:
        with archive.open(member) as file:
            data = file.read(member.file_size + 1)
    except _DAMAGED as error:
        raise ValueError(f"it cannot be unpacked: {error}") from error
    if len(data) != member.file_size:
        raise ValueError(f"it unpacks to {len(data)} bytes instead of {member.file_size}")
    return data


def _unreadable(name: str, why: str) -> CatalogError:
    return CatalogError(
        f"{name} cannot be read: {why}",
        expected=f"an undamaged ZIP archive of at most {MAX_TOTAL_BYTES // 2**30} GiB unpacked is needed",
        remedy="pack it again, or import it as a folder",
    )
