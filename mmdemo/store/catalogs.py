"""Catalogues on disk: the items as imported, before any encoder has seen them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmdemo.errors import WorkspaceError
from mmdemo.store.document import read_document, to_json
from mmdemo.store.files import disk_errors
from mmdemo.store.manifest import FORMAT, SourceInfo
from mmdemo.store.snapshots import MANIFEST, Snapshots
from mmdemo.store.versions import utc_now

if TYPE_CHECKING:
    from mmdemo.types import Item


@dataclass(frozen=True, slots=True, eq=False)
class StoredCatalog:
    """A catalogue as read.

    Args:
        catalog_id: Its id.
        items: In the order of the import.
        source: Where it comes from.
        report: What the import said, as JSON.
    """

    catalog_id: str
    items: tuple[Item, ...]
    source: SourceInfo
    report: Mapping[str, Any]


class Catalogs:
    """All catalogues of a workspace; only the holder of the writer lock may call `write`."""

    def __init__(self, workspace: Path) -> None:
        self.snapshots = Snapshots(
            workspace,
            noun="catalogue",
            folder="catalogs",
            pointer="CATALOG",
            remedy="import a catalogue with `mmdemo import`",
        )
        self._workspace = workspace

    def write(self, items: Sequence[Item], source: SourceInfo, report: Mapping[str, Any]) -> str:
        """Store a catalogue and make it the current one; see `Workspace.write_catalog`."""
        from mmdemo.store.content import canonical_items, content_sha256
        from mmdemo.store.tables import write_tables

        content = content_sha256(canonical_items(items), {}, {})
        with disk_errors(self._workspace, "store a catalogue"), self.snapshots.staged() as folder:
            catalog_id = self.snapshots.next_id(content)
            manifest = {
                "format": FORMAT,
                "catalog_id": catalog_id,
                "created": utc_now(),
                "source": asdict(source),
                "report": dict(report),
                "items": len(items),
                "content_sha256": content,
            }
            (folder / MANIFEST).write_bytes(to_json(manifest, what="the catalogue's manifest"))
            write_tables(folder, items, {})
            self.snapshots.publish(folder, catalog_id)
        return catalog_id

    def source(self, catalog_id: str) -> SourceInfo:
        """Where a catalogue comes from, without reading its items."""
        with self.snapshots.reading(catalog_id) as folder:
            return _read_manifest(folder)[0]

    def read(self, catalog_id: str) -> StoredCatalog:
        """Read a catalogue; see `Workspace.read_catalog`."""
        from mmdemo.store.tables import read_items

        with self.snapshots.reading(catalog_id) as folder:
            source, report, count = _read_manifest(folder)
            items = read_items(folder)
        if len(items) != count:
            raise WorkspaceError(
                f"catalogue {catalog_id} has {len(items)} items",
                expected=f"{count} are needed",
                remedy="import the catalogue again",
            )
        return StoredCatalog(catalog_id, items, source, report)


def _read_manifest(folder: Path) -> tuple[SourceInfo, dict[str, Any], int]:
    fields = read_document(folder / MANIFEST, newest_format=FORMAT)
    fields.text("catalog_id")
    fields.time("created")
    fields.digest("content_sha256")
    found = SourceInfo.from_fields(fields.nested("source")), fields.mapping("report"), fields.count("items")
    fields.no_others()
    return found
