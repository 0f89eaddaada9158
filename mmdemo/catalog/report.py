"""What an import did, in numbers and by name."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of an import: `read` = `kept` + whole records left out + duplicates.

    Args:
        source: Title of the source.
        read: Records found in it.
        kept: Items that are now in the catalogue because of it.
        skipped: Where and why, for everything left out: whole records, and single files of kept ones.
        duplicates: Records left out because the same one was there before, and what each is the same as.
        replaced: Ids of earlier items that were replaced, where the source was added to a catalogue.
        notes: What the reader had to assume.
    """

    source: str
    read: int
    kept: int
    skipped: tuple[tuple[str, str], ...] = ()
    duplicates: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Only lists, texts and numbers."""
        fields = asdict(self)
        fields["skipped"] = [{"where": where, "why": why} for where, why in self.skipped]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
