"""Taking a source into a workspace: decode everything, keep what is good, switch in one step at the end."""

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from mmdemo.catalog.decoding import Checked, check_record
from mmdemo.catalog.report import ImportReport
from mmdemo.catalog.source import RawItem, Skipped, Source
from mmdemo.errors import CatalogError
from mmdemo.progress import Progress, silent
from mmdemo.store import SourceInfo, Workspace
from mmdemo.types import Item

_WORKERS = 4
_WAITING = 16
"""Records read ahead of the decoders: bounds memory, as each may hold a whole video."""


def import_source(
    source: Source, workspace: Workspace, *, add: bool = False, progress: Progress = silent
) -> ImportReport:
    """Read every record of a source into the workspace's catalogue.

    A file that cannot be used costs its item only that modality; an item with nothing left is left out. Both are named
    in the report. Until the last step the workspace's present catalogue stays as it is.

    Args:
        source: What to read.
        workspace: An existing workspace.
        add: Keep the present items; one whose id comes again is replaced.
        progress: Told how far it is; may cancel.

    Raises:
        CatalogError: The source cannot be read, or nothing in it can be used.
        WorkspaceError: The workspace cannot be written, or another process is writing it.
        CancelledError: `progress` cancelled; the catalogue is as it was.
    """
    with workspace.writing("import", wait_s=0.0):
        gathered = _Gathered()
        for checked in _checked(source.records(progress), workspace):
            gathered.take(checked)
        if not gathered.items:
            raise _nothing_usable(source, gathered)
        present = workspace.read_catalog() if add and workspace.current_catalog_id() is not None else None
        kept = {item.item_id: item for item in present.items} if present else {}
        replaced = tuple(item_id for item_id in gathered.items if item_id in kept)
        report = gathered.report(source, replaced)
        info = _joined(present.source, source.info) if present else source.info
        items = list((kept | gathered.items).values())
        progress(len(items), len(items), "writing the catalogue")
        workspace.write_catalog(items, info, report.as_json())
    return report


class _Gathered:
    """Items by id as they come in, and everything the report will say."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self._read = 0
        self._skipped: list[Skipped] = []
        self._duplicates: list[str] = []
        self._place_of_id: dict[str, str] = {}
        self._id_of_content: dict[bytes, str] = {}

    def take(self, checked: Checked) -> None:
        self._read += (checked.item is not None) + sum(skipped.is_item for skipped in checked.skipped)
        self._skipped += checked.skipped
        item = checked.item
        if item is None:
            return
        content = _content(item)
        if item.item_id in self._place_of_id:
            before = self._place_of_id[item.item_id]
            self._duplicates.append(f"{checked.where}: the id '{item.item_id}' is there already ({before})")
        elif content in self._id_of_content:
            twin = self.items[self._id_of_content[content]]
            self._duplicates.append(f"{checked.where}: the same as '{twin.item_id}', which takes over its tags")
            self.items[twin.item_id] = replace(twin, tags=tuple(dict.fromkeys((*twin.tags, *item.tags))))
        else:
            self._place_of_id[item.item_id] = checked.where
            self._id_of_content[content] = item.item_id
            self.items[item.item_id] = item

    def report(self, source: Source, replaced: tuple[str, ...]) -> ImportReport:
        return ImportReport(
            source=source.info.title,
            read=self._read,
            kept=len(self.items),
            skipped=tuple((skipped.where, skipped.why) for skipped in self._skipped),
            duplicates=tuple(self._duplicates),
            replaced=replaced,
            notes=source.notes,
        )

    def first_reason(self) -> str:
        return f" (the first: {self._skipped[0].where}: {self._skipped[0].why})" if self._skipped else ""


def _checked(records: Iterable[RawItem | Skipped], workspace: Workspace) -> Iterator[Checked]:
    """Decode records in a few threads; results come in the order of the records."""
    waiting: deque[Future[Checked]] = deque()
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="import") as pool:
        try:
            for record in records:
                waiting.append(pool.submit(check_record, record, workspace))
                if len(waiting) >= _WAITING:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _content(item: Item) -> bytes:
    """Digest of what an item shows: two items with the same one differ in nothing a user could see."""
    shown = json.dumps([item.title, sorted(item.media.items())], ensure_ascii=False)
    return hashlib.sha256(shown.encode()).digest()


def _joined(present: SourceInfo, added: SourceInfo) -> SourceInfo:
    """What to say of a catalogue that comes from two sources; adding from the same one again changes nothing."""

    def both(one: str, other: str) -> str:
        return one if other in one else f"{one} + {other}" if one else other

    return SourceInfo(
        title=both(present.title, added.title),
        licence=both(present.licence, added.licence),
        attribution=both(present.attribution, added.attribution),
        url=present.url or added.url,
        synthetic=present.synthetic or added.synthetic,
    )


def _nothing_usable(source: Source, gathered: _Gathered) -> CatalogError:
    return CatalogError(
        f"nothing in '{source.info.title}' can be used{gathered.first_reason()}",
        expected="at least one item with a text, picture, sound or video is needed",
        remedy="check what was chosen; the present catalogue was left as it is",
    )
