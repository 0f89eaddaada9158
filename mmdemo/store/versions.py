"""Index versions on disk: items, their vectors, fitted arrays, and the manifest that describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmdemo.errors import WorkspaceError
from mmdemo.store.document import to_json
from mmdemo.store.files import disk_errors
from mmdemo.store.manifest import FORMAT, Manifest, SourceInfo
from mmdemo.store.snapshots import MANIFEST, Snapshots

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mmdemo.types import Embeddings, Item

_ARRAYS = "arrays.safetensors"


@dataclass(frozen=True, slots=True, eq=False)
class StoredVersion:
    """A version as read: all in memory, so that it stays usable whatever happens on disk.

    Args:
        version_id: Its id.
        manifest: What it was made from.
        items: The catalogue it was made from, in order.
        tables: Vectors by table name ("native.image"), rows in item order, read-only.
        arrays: Fitted arrays by name, read-only.
    """

    version_id: str
    manifest: Manifest
    items: tuple[Item, ...]
    tables: Mapping[str, Embeddings]
    arrays: Mapping[str, npt.NDArray[np.generic]]


class Versions:
    """All versions of a workspace; only the holder of the writer lock may call `write`."""

    def __init__(self, workspace: Path) -> None:
        self.snapshots = Snapshots(
            workspace,
            noun="version",
            folder="versions",
            pointer="CURRENT",
            remedy="index the workspace with `mmdemo index`",
        )
        self._workspace = workspace

    def write(
        self,
        items: Sequence[Item],
        tables: Mapping[str, Embeddings],
        arrays: Mapping[str, npt.NDArray[Any]],
        about: Mapping[str, Any],
        *,
        switch: bool = True,
    ) -> str:
        """Store a version; see `Workspace.write_version`."""
        from mmdemo.store.arrays import check_arrays, write_arrays
        from mmdemo.store.content import canonical_items, content_sha256, in_item_order
        from mmdemo.store.tables import table_info, write_tables

        lines = canonical_items(items)
        check_arrays(arrays)
        infos = {name: table_info(name, table) for name, table in tables.items()}
        ordered = {name: in_item_order(items, name, table) for name, table in tables.items()}
        content = content_sha256(lines, ordered, arrays)
        with disk_errors(self._workspace, "store a version"), self.snapshots.staged() as folder:
            version_id = self.snapshots.next_id(content)
            manifest = {
                **about,
                "format": FORMAT,
                "version_id": version_id,
                "created": utc_now(),
                "counts": _counts(items),
                "tables": {name: asdict(info) for name, info in infos.items()},
                "software": _software(),
                "content_sha256": content,
            }
            (folder / MANIFEST).write_bytes(to_json(manifest, what="the manifest"))
            Manifest.read(folder / MANIFEST)  # what the caller gave is checked by the same rules as when read
            write_tables(folder, items, ordered)
            write_arrays(folder / _ARRAYS, arrays)
            self.snapshots.publish(folder, version_id, switch=switch)
        return version_id

    def manifest(self, version_id: str) -> Manifest:
        """The manifest of a version."""
        with self.snapshots.reading(version_id) as folder:
            return _read_manifest(folder)

    def read(self, version_id: str) -> StoredVersion:
        """Read a version; see `Workspace.read_version`."""
        from mmdemo.store.arrays import read_arrays
        from mmdemo.store.tables import read_items, read_table

        with self.snapshots.reading(version_id) as folder:
            manifest = _read_manifest(folder)
            items = read_items(folder)
            if len(items) != manifest.counts.get("items"):
                raise _damaged(folder, f"has {len(items)} items", f"{manifest.counts.get('items')} are needed")
            tables = {name: read_table(folder, name, info, items) for name, info in manifest.tables.items()}
            arrays = read_arrays(folder / _ARRAYS)
        return StoredVersion(version_id, manifest, items, tables, arrays)

    def verify(self, version_id: str) -> None:
        """Read all of a version and compare its hash; see `Workspace.verify`."""
        from mmdemo.store.content import canonical_items, content_sha256

        version = self.read(version_id)
        found = content_sha256(canonical_items(version.items), version.tables, version.arrays)
        expected = version.manifest.content_sha256
        if found != expected:
            folder = self.snapshots.path(version_id)
            raise _damaged(folder, f"has content {found[:16]}...", f"{expected[:16]}... is needed")


def about_version(
    given: Mapping[str, Any], *, name: str, catalog_id: str | None, source: SourceInfo | None
) -> dict[str, Any]:
    """The part of a manifest that its writer decides on, with defaults for what it left out.

    Raises:
        WorkspaceError: There is a field that is not the writer's to decide.
    """
    about: dict[str, Any] = {
        "name": name,
        "catalog_id": catalog_id,
        "source": source,
        "encoders": {},
        "seed": 0,
        "settings": {},
        "metrics": {},
    }
    unknown = sorted(given.keys() - about.keys())
    if unknown:
        raise WorkspaceError(
            f"manifest field '{unknown[0]}'",
            expected=f"only {', '.join(about)} can be given",
            remedy="put anything else under settings or metrics",
        )
    about |= given
    about["source"] = _plain(about["source"])
    about["encoders"] = {str(key): _plain(encoder) for key, encoder in about["encoders"].items()}
    return about


def utc_now() -> str:
    """The time as manifests hold it: UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _read_manifest(folder: Path) -> Manifest:
    manifest = Manifest.read(folder / MANIFEST)
    if manifest.version_id != folder.name:
        raise _damaged(folder, f"says version_id {manifest.version_id}", f"{folder.name} is needed")
    return manifest


def _counts(items: Sequence[Item]) -> dict[str, int]:
    from mmdemo.types import Modality

    return {
        "items": len(items),
        **{str(modality): sum(modality in item.media for item in items) for modality in Modality},
    }


def _software() -> dict[str, str]:
    import platform
    from importlib.metadata import version

    from mmdemo import __version__

    libraries = {name: version(name) for name in ("lancedb", "numpy", "pyarrow", "safetensors")}
    return {"mmdemo": __version__, "python": platform.python_version(), **libraries}


def _damaged(folder: Path, found: str, expected: str) -> WorkspaceError:
    return WorkspaceError(
        f"version {folder} {found}",
        expected=expected,
        remedy="choose an older version, or index the workspace again with `mmdemo index`",
    )
