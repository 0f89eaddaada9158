"""What a catalogue source offers: its description, and one record a thing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mmdemo.progress import Progress
from mmdemo.store import SourceInfo
from mmdemo.types import Modality


@dataclass(frozen=True, slots=True)
class RawItem:
    """One thing of a source before its files are decoded.

    Args:
        item_id: Unique in its source.
        title: Short name for cards.
        text: The text to search by; None where the source has none.
        files: Encoded bytes, or the path of a file, for each modality that the source knows.
        loose: Name and content of files that become whatever they decode to; the first of each modality counts.
        tags: Categories and keywords.
        extra: Further columns.
        where: Where in the source it stands (a row, a path), for the report; the id where empty.
    """

    item_id: str
    title: str
    text: str | None = None
    files: Mapping[Modality, bytes | Path] = field(default_factory=dict)
    loose: tuple[tuple[str, bytes | Path], ...] = ()
    tags: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record, or one modality of it, that was left out.

    Args:
        where: Which: a row, a path, an id.
        why: The reason, in words for the user.
        is_item: Whether a whole record is left out, and not only a part of one or something that is no record.
    """

    where: str
    why: str
    is_item: bool = False


class Source(Protocol):
    """Something that items can be imported from; reading it twice gives the same records."""

    @property
    def info(self) -> SourceInfo:
        """Name, licence and attribution, shown wherever its items are."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader had to assume, known once all records are read (the encoding of a table)."""
        ...

    def records(self, progress: Progress) -> Iterator[RawItem | Skipped]:
        """Every item, and what had to be left out, in a fixed order.

        Args:
            progress: Called at least once a record, so that an import can be cancelled anywhere.

        Raises:
            CatalogError: The source as a whole cannot be read.
            CancelledError: `progress` cancelled.
        """
        ...
