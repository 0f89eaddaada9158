"""The workspace: one folder that holds a catalogue, its media, and everything computed from it.

```
workspace.json       name and format
CATALOG, CURRENT     which catalogue and which version are in use
blobs/, thumbnails/  media by SHA-256
catalogs/ID/         manifest.json, lance/items.lance
versions/ID/         manifest.json, lance/items.lance, arrays.safetensors
maps/ID/             KEY.safetensors: maps of that version's vectors
measured/ID/         KEY.safetensors: how good alignments of that catalogue are
fusions/ID/          KEY.safetensors: what fusions of that version are trained on, and measurements of them
behaviour/ID/        KEY.safetensors: recommenders of behaviour fitted to that version, and measurements of them
runs/ID/             training runs of fusions; one that was deleted or killed early is no run
FUSION               which run ranks; missing where none does
BEHAVIOUR            which model recommends for a person; missing where nobody has chosen one
interactions/        HASH.safetensors: who chose what
INTERACTIONS         which of these are in use; missing where none were imported
encoders/NAME/       encoders trained here; while one is trained, .NAME/ holds what resumes it
cache.sqlite         encoder outputs
feedback.sqlite      likes, plays and votes of people, whom feedback.key gives names that tell nobody who they are
staging/             what is being written; nothing in it counts
writer.lock          who is writing
```
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmdemo.errors import WorkspaceError
from mmdemo.store.blobs import Blobs
from mmdemo.store.catalogs import Catalogs, StoredCatalog
from mmdemo.store.derived import DerivedFiles
from mmdemo.store.document import read_document, to_json
from mmdemo.store.files import disk_errors, replace_file, sweep, sync_folder
from mmdemo.store.interactions import InteractionFiles
from mmdemo.store.manifest import FORMAT, Manifest, SourceInfo
from mmdemo.store.snapshots import read_snapshot
from mmdemo.store.vector_cache import VectorCache
from mmdemo.store.versions import StoredVersion, Versions, about_version
from mmdemo.store.writer_lock import WriterLock

if TYPE_CHECKING:
    import numpy.typing as npt

    from mmdemo.types import Embeddings, Item

_WAIT_S = 30.0
_OWN_NAMES = frozenset({"staging", "writer.lock"})


class Workspace:
    """A workspace folder. Making this object touches no disk; reading takes no lock and never waits for a writer.

    Args:
        path: The folder; see `create`.

    Attributes:
        path: The folder.
        cache: Encoder outputs by content.
        maps: Maps of the versions' vectors.
        measured: What was measured of alignments, by catalogue.
        fusions: What fusions are trained on, and measurements of them, by version.
        interactions: Who chose what, where that was imported.
        behaviour: Fitted recommenders of behaviour, and measurements of them, by version.

    Example:
        >>> import tempfile
        >>> workspace = Workspace(Path(tempfile.mkdtemp()) / "mine")
        >>> workspace.exists()
        False
        >>> workspace.create("Mine").name
        'Mine'
        >>> workspace.read_blob(workspace.put_blob(b"miaow"))
        b'miaow'
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.cache = VectorCache(self.path / "cache.sqlite")
        self._staging = self.path / "staging"
        self._blobs = Blobs(self.path / "blobs", staging=self._staging)
        self._thumbnails = Blobs(self.path / "thumbnails", staging=self._staging, suffix=".webp")
        self._catalogs = Catalogs(self.path)
        self._versions = Versions(self.path)
        self.maps = DerivedFiles(self.path / "maps", staging=self._staging)
        self.measured = DerivedFiles(self.path / "measured", staging=self._staging)
        self.fusions = DerivedFiles(self.path / "fusions", staging=self._staging)
        self.behaviour = DerivedFiles(self.path / "behaviour", staging=self._staging)
        self._writer = WriterLock(self.path / "writer.lock")
        self.interactions = InteractionFiles(self.path, self._writer)

    # The folder ---------------------------------------------------------------------------------------------------

    def exists(self) -> bool:
        """Whether the folder is a workspace."""
        return (self.path / "workspace.json").is_file()

    def create(self, name: str) -> Workspace:
        """Make the folder a workspace called `name`; one that is there already stays as it is.

        Raises:
            WorkspaceError: The folder holds something else, or cannot be written.
        """
        if self.exists():
            return self
        with disk_errors(self.path, "create a workspace"):
            self.path.mkdir(parents=True, exist_ok=True)
            strangers = sorted({entry.name for entry in self.path.iterdir()} - _OWN_NAMES)
            if strangers and not self.exists():
                raise WorkspaceError(
                    f"{self.path} is no workspace and holds {strangers[0]!r}",
                    expected="an empty or a new folder is needed",
                    remedy="choose another folder with --workspace",
                )
            content = to_json({"format": FORMAT, "name": name}, what="workspace.json")
            replace_file(self.path / "workspace.json", content, staging=self._staging)
            sync_folder(self.path)
        return self

    @property
    def name(self) -> str:
        """What the workspace was called when it was created.

        Raises:
            WorkspaceError: There is no workspace, or it is of a newer format.
        """
        self.require()
        return read_document(self.path / "workspace.json", newest_format=FORMAT).text("name")

    def require(self) -> None:
        """Do nothing where the folder is a workspace.

        Raises:
            WorkspaceError: It is none.
        """
        if not self.exists():
            raise WorkspaceError(
                f"{self.path} is no workspace",
                expected="a folder made by mmdemo is needed",
                remedy="import a catalogue with `mmdemo import`, or choose another folder with --workspace",
            )

    @contextmanager
    def writing(self, purpose: str, *, wait_s: float = _WAIT_S) -> Iterator[None]:
        """Be the only writer of catalogues and versions during the block.

        Everything here that writes them does this for itself; wrap a longer run in it so that a second one is refused
        at its start (`wait_s=0`) and not at its end. The lock goes with its process, however that ends.

        Args:
            purpose: What for, as in "index"; told to whoever is refused.
            wait_s: How long to wait for another writer, in seconds.

        Raises:
            WorkspaceError: Another is still writing after `wait_s`; says which process, on which host, since when.
        """
        self.require()
        with self._writer.hold(purpose, wait_s=wait_s):
            yield

    @contextmanager
    def _changing(self, purpose: str) -> Iterator[None]:
        with self.writing(purpose):
            with disk_errors(self._staging, "clear what a killed run left"):
                sweep(self._staging)
            yield

    # Media --------------------------------------------------------------------------------------------------------

    def put_blob(self, data: bytes) -> str:
        """Keep `data` and return its SHA-256; safe from any number of processes at once.

        Raises:
            WorkspaceError: The folder is no workspace, or the disk is full or read-only.
        """
        self.require()
        sha256 = hashlib.sha256(data).hexdigest()
        self._blobs.put(sha256, data)
        return sha256

    def blob_path(self, sha256: str) -> Path:
        """Where the file for `sha256` is or would be.

        Raises:
            WorkspaceError: That is no SHA-256.
        """
        return self._blobs.path(sha256)

    def read_blob(self, sha256: str) -> bytes:
        """The bytes kept for `sha256`, checked against it.

        Raises:
            WorkspaceError: They are missing or damaged.
        """
        return self._blobs.read(sha256)

    def put_thumbnail(self, sha256: str, data: bytes) -> None:
        """Keep the thumbnail (WebP) of the blob `sha256`.

        Raises:
            WorkspaceError: As `put_blob`.
        """
        self.require()
        self._thumbnails.put(sha256, data)

    def thumbnail_path(self, sha256: str) -> Path | None:
        """The thumbnail of the blob `sha256`, None where it has none."""
        path = self._thumbnails.path(sha256)
        return path if path.is_file() else None

    # Catalogues ---------------------------------------------------------------------------------------------------

    def write_catalog(self, items: Sequence[Item], source: SourceInfo, report: Mapping[str, Any]) -> str:
        """Store a catalogue and make it the current one, in one step.

        Args:
            items: Their order is kept.
            source: Where they come from.
            report: What the import has to say, as JSON.

        Returns:
            The new catalogue's id.

        Raises:
            WorkspaceError: An item cannot be stored, another is writing, or the disk is full or read-only.
        """
        with self._changing("import"):
            with disk_errors(self.path, "bring the media to disk"):
                self._blobs.sync()
                self._thumbnails.sync()
            return self._catalogs.write(items, source, report)

    def read_catalog(self, catalog_id: str | None = None) -> StoredCatalog:
        """A catalogue, by default the current one.

        Raises:
            WorkspaceError: It is missing or damaged.
        """
        return read_snapshot(self._catalogs.snapshots, catalog_id, self._catalogs.read)

    def current_catalog_id(self) -> str | None:
        """Id of the catalogue in use, None where there is none yet; reads one small file."""
        return self._catalogs.snapshots.current()

    # Versions -----------------------------------------------------------------------------------------------------

    def write_version(
        self,
        items: Sequence[Item],
        tables: Mapping[str, Embeddings],
        arrays: Mapping[str, npt.NDArray[Any]],
        manifest: Mapping[str, Any],
        *,
        switch: bool = True,
    ) -> str:
        """Store an index version and make it the current one, in one step.

        Args:
            items: All items, in the catalogue's order.
            tables: Vectors by table name ("native.image"), rows in any order; an item may lack one.
            arrays: Numbers and booleans by name.
            manifest: Any of name, catalog_id, source, encoders, seed, settings, metrics; see `Manifest`. What is left
                out is taken from the workspace and its current catalogue, or empty.
            switch: False leaves the current version in use, unless there is none.

        Returns:
            The new version's id.

        Raises:
            WorkspaceError: Something cannot be stored, another is writing, or the disk is full or read-only.
        """
        with self._changing("index"):
            catalog_id = manifest.get("catalog_id", self.current_catalog_id())
            source = self._catalogs.source(catalog_id) if catalog_id and "source" not in manifest else None
            about = about_version(manifest, name=self.name, catalog_id=catalog_id, source=source)
            switch = switch or self.current_version_id() is None
            return self._versions.write(items, tables, arrays, about, switch=switch)

    def read_version(self, version_id: str | None = None) -> StoredVersion:
        """All of a version, by default the current one, in memory.

        Raises:
            WorkspaceError: It is missing or damaged.
        """
        return read_snapshot(self._versions.snapshots, version_id, self._versions.read)

    def manifest(self, version_id: str | None = None) -> Manifest:
        """What a version, by default the current one, was made from; reads JSON only.

        Raises:
            WorkspaceError: It is missing or damaged.
        """
        return read_snapshot(self._versions.snapshots, version_id, self._versions.manifest)

    def current_version_id(self) -> str | None:
        """Id of the version in use, None where there is none yet; reads one small file.

        Raises:
            WorkspaceError: The pointer is damaged.
        """
        return self._versions.snapshots.current()

    def versions(self) -> list[str]:
        """Ids of all versions, oldest first."""
        return self._versions.snapshots.ids()

    def verify(self, version_id: str | None = None) -> None:
        """Read all of a version and compare it with the hash in its manifest.

        Raises:
            WorkspaceError: It is missing or damaged.
        """
        read_snapshot(self._versions.snapshots, version_id, self._versions.verify)

    def use_version(self, version_id: str) -> None:
        """Make another version the current one, in one step.

        Raises:
            WorkspaceError: There is no such version, or its manifest is damaged.
        """
        with self._changing("use version"):
            self._versions.manifest(version_id)
            with disk_errors(self.path, "change the current version"):
                self._versions.snapshots.point_at(version_id)

    def prune(self, keep: int = 3) -> list[str]:
        """Remove all but the newest `keep` versions, with their maps, and catalogues.

        The current ones stay, and so does any that is being read at that moment. Versions hold their own items, so
        none needs its catalogue. Blobs and training runs stay.

        Args:
            keep: At least 1.

        Returns:
            Ids of the removed versions.

        Raises:
            WorkspaceError: `keep` is below 1, a pointer is damaged, or the folder cannot be written.
        """
        if keep < 1:
            raise WorkspaceError(f"keep is {keep}", expected="at least 1 is needed", remedy="choose another number")
        with self._changing("prune"), disk_errors(self.path, "remove old versions"):
            self._catalogs.snapshots.prune(keep)
            removed = list(self._versions.snapshots.prune(keep))
            self.maps.keep_only(self.versions())
            self.fusions.keep_only(self.versions())
            self.behaviour.keep_only(self.versions())
            self.measured.keep_only(self._catalogs.snapshots.ids())
            return removed
