"""The manifest of an index version: what it was made from, with what, and the hash of what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mmdemo.store.document import Fields, read_document

FORMAT = 1
"""Number of the layout of a workspace; it goes up whenever an older mmdemo could misread a newer one."""


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """Where a catalogue comes from, as shown beside it.

    Args:
        title: Name of the source.
        licence: SPDX expression or the licence's name.
        attribution: Who made it, in the words they ask for.
        url: Where it can be found; empty where nowhere.
        synthetic: True where the data was generated rather than collected.
    """

    title: str
    licence: str
    attribution: str
    url: str
    synthetic: bool

    @classmethod
    def from_fields(cls, fields: Fields) -> SourceInfo:
        """Read from JSON, strictly."""
        info = cls(
            title=fields.text("title"),
            licence=fields.text("licence"),
            attribution=fields.text("attribution"),
            url=fields.text("url"),
            synthetic=fields.flag("synthetic"),
        )
        fields.no_others()
        return info


@dataclass(frozen=True, slots=True)
class EncoderRef:
    """Which encoder made the vectors of a modality: its name in the table of encoders, and `Encoder.key`."""

    name: str
    key: str

    @classmethod
    def from_fields(cls, fields: Fields) -> EncoderRef:
        """Read from JSON, strictly."""
        ref = cls(name=fields.text("name"), key=fields.text("key"))
        fields.no_others()
        return ref


@dataclass(frozen=True, slots=True)
class TableInfo:
    """One table of vectors.

    Args:
        modality: What the vectors were made from.
        space: Name of their space.
        dim: Width D.
        rows: How many items have one.
    """

    modality: str
    space: str
    dim: int
    rows: int

    @classmethod
    def from_fields(cls, fields: Fields) -> TableInfo:
        """Read from JSON, strictly."""
        info = cls(
            modality=fields.text("modality"),
            space=fields.text("space"),
            dim=fields.count("dim"),
            rows=fields.count("rows"),
        )
        fields.no_others()
        return info


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of a version without reading it.

    Args:
        format: Number of the layout.
        version_id: Its id; ids sort by age.
        created: When, UTC, ISO 8601.
        name: Name of the workspace when it was made.
        catalog_id: The catalogue it was made from; None where it was made from no stored catalogue.
        source: Where that catalogue comes from; None likewise.
        encoders: By modality, which encoder made its vectors.
        counts: "items", and for each modality how many items have it.
        tables: By table name, what the table holds.
        seed: The seed everything random was drawn from.
        settings: Whatever the indexing needs to be repeated or continued, as JSON.
        metrics: What was measured of it, as JSON.
        software: Versions of the libraries that made it.
        content_sha256: Hash of items, vectors and arrays; see `mmdemo.store.content`.
    """

    format: int
    version_id: str
    created: str
    name: str
    catalog_id: str | None
    source: SourceInfo | None
    encoders: Mapping[str, EncoderRef]
    counts: Mapping[str, int]
    tables: Mapping[str, TableInfo]
    seed: int
    settings: Mapping[str, Any]
    metrics: Mapping[str, Any]
    software: Mapping[str, str]
    content_sha256: str

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read and check the file at `path`.

        Raises:
            WorkspaceError: It is missing, damaged, or of another format; names the file and the field.
        """
        fields = read_document(path, newest_format=FORMAT)
        manifest = cls(
            format=fields.count("format"),
            version_id=fields.text("version_id"),
            created=fields.time("created"),
            name=fields.text("name"),
            catalog_id=fields.optional_text("catalog_id"),
            source=None if fields.is_null("source") else SourceInfo.from_fields(fields.nested("source")),
            encoders={key: EncoderRef.from_fields(inner) for key, inner in fields.each("encoders")},
            counts=fields.counts("counts"),
            tables={key: TableInfo.from_fields(inner) for key, inner in fields.each("tables")},
            seed=fields.integer("seed"),
            settings=fields.mapping("settings"),
            metrics=fields.mapping("metrics"),
            software=fields.texts("software"),
            content_sha256=fields.digest("content_sha256"),
        )
        fields.no_others()
        return manifest

    def as_json(self) -> dict[str, Any]:
        """What `read` reads."""
        return asdict(self)
