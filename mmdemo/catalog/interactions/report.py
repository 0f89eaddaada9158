"""What reading a file of interactions did, in numbers and by name."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

MOST_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows that were left out for one reason.

    Args:
        why: The reason, in words for the user.
        count: How many rows.
        examples: Where the first of them stand ("clicks.csv, line 7").
    """

    why: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InteractionReport:
    """The outcome of reading interactions: `read` = `kept` + what was left out.

    Args:
        source: Name of the file or folder.
        kind: What it was read as ("CSV", "MovieLens 1M").
        read: Rows found in it.
        kept: Choices that became interactions.
        users: How many users there are, those without a choice included where the file numbers them.
        items: How many items, likewise.
        left_out: Everything else, by reason.
        notes: What the reader had to assume.
    """

    source: str
    kind: str
    read: int
    kept: int
    users: int
    items: int
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Only lists, texts and numbers."""
        fields = asdict(self)
        fields["left_out"] = [{**asdict(each), "examples": list(each.examples)} for each in self.left_out]
        fields["notes"] = list(self.notes)
        return fields

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "InteractionReport":
        """The inverse of `as_json`.

        Raises:
            TypeError: A field is missing or unknown.
        """
        left_out = tuple(LeftOut(**{**each, "examples": tuple(each["examples"])}) for each in fields["left_out"])
        return cls(**{**fields, "left_out": left_out, "notes": tuple(fields["notes"])})
