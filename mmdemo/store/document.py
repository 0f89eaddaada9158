"""Small JSON files read strictly: a damaged one is named together with the field that is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from mmdemo.errors import WorkspaceError
from mmdemo.store.files import disk_error

_DIGEST = re.compile(r"[0-9a-f]{64}")


def to_json(content: Mapping[str, Any], *, what: str) -> bytes:
    """`content` as UTF-8 JSON, the same bytes for equal content.

    Args:
        content: Only what JSON knows: no NaN, no NumPy numbers.
        what: Name of the file, for the message.

    Raises:
        WorkspaceError: Something in it is not JSON.
    """
    try:
        text = json.dumps(content, ensure_ascii=True, allow_nan=False, indent=1, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise WorkspaceError(
            f"{what} would hold something that is not JSON ({error})",
            expected="texts, finite numbers, booleans, lists and mappings with text keys are needed",
            remedy="convert NumPy numbers with float() or int()",
        ) from error
    return text.encode("ascii") + b"\n"


def read_document(path: Path, *, newest_format: int) -> Fields:
    """The fields of a JSON file whose "format" this program knows.

    Raises:
        WorkspaceError: The file is missing, no JSON object, or of a newer format.
    """
    try:
        content = json.loads(path.read_bytes(), parse_constant=_refuse_constant)
    except OSError as error:
        raise disk_error(path, "read a file of the workspace", error) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"is no JSON ({error})") from error
    if not isinstance(content, dict):
        raise _damaged(path, f"holds a {type(content).__name__}, not an object")
    fields = Fields(path, content)
    number = fields.count("format")
    if not 1 <= number <= newest_format:
        raise WorkspaceError(
            f"{path} has format {number}",
            expected=f"this mmdemo reads formats 1 to {newest_format}",
            remedy="update mmdemo, or choose another folder with --workspace",
        )
    return fields


class Fields:
    """A JSON object whose fields are taken out one by one, each with the type it must have.

    Args:
        path: The file, for messages.
        content: The object.
        prefix: Where in the file it is, such as "source.".
    """

    def __init__(self, path: Path, content: Mapping[str, Any], prefix: str = "") -> None:
        self._path = path
        self._content = content
        self._prefix = prefix
        self._taken: set[str] = set()

    def _take(self, name: str, kind: type, expected: str) -> Any:
        self._taken.add(name)
        if name not in self._content:
            raise _damaged(self._path, f"lacks the field '{self._prefix}{name}'")
        value = self._content[name]
        # To Python a bool is an int; to the reader of a file it is not.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self._wrong(name, expected)
        return value

    def _wrong(self, name: str, expected: str) -> WorkspaceError:
        found = json.dumps(self._content.get(name))[:60]
        return _damaged(self._path, f"has {found} in the field '{self._prefix}{name}', not {expected}")

    def text(self, name: str) -> str:
        """A text."""
        return self._take(name, str, "a text")

    def optional_text(self, name: str) -> str | None:
        """A text or null."""
        return None if self.is_null(name) else self.text(name)

    def is_null(self, name: str) -> bool:
        """Whether the field is there and null."""
        return self._take(name, object, "a value or null") is None

    def flag(self, name: str) -> bool:
        """True or false."""
        return self._take(name, bool, "true or false")

    def integer(self, name: str) -> int:
        """A whole number."""
        return self._take(name, int, "a whole number")

    def count(self, name: str) -> int:
        """A whole number from 0."""
        number = self.integer(name)
        if number < 0:
            raise self._wrong(name, "a number from 0")
        return number

    def number(self, name: str) -> float:
        """A finite number; `read_document` lets no other through."""
        value = self._take(name, object, "a number")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "a number")
        return float(value)

    def digest(self, name: str) -> str:
        """A SHA-256 in hexadecimal."""
        value = self.text(name)
        if not _DIGEST.fullmatch(value):
            raise self._wrong(name, "a SHA-256")
        return value

    def time(self, name: str) -> str:
        """A time in ISO 8601, with its zone."""
        value = self.text(name)
        try:
            zone = datetime.fromisoformat(value).tzinfo
        except ValueError:
            zone = None
        if zone is None:
            raise self._wrong(name, "a time with its zone")
        return value

    def mapping(self, name: str) -> dict[str, Any]:
        """An object of anything."""
        return self._take(name, dict, "an object")

    def nested(self, name: str) -> Fields:
        """An object with fields of its own."""
        return Fields(self._path, self.mapping(name), f"{self._prefix}{name}.")

    def each(self, name: str) -> Iterator[tuple[str, Fields]]:
        """The entries of an object, each an object with fields."""
        inner = self.nested(name)
        return ((key, inner.nested(key)) for key in self.mapping(name))

    def counts(self, name: str) -> dict[str, int]:
        """An object of whole numbers from 0."""
        inner = self.nested(name)
        return {key: inner.count(key) for key in self.mapping(name)}

    def texts(self, name: str) -> dict[str, str]:
        """An object of texts."""
        inner = self.nested(name)
        return {key: inner.text(key) for key in self.mapping(name)}

    def no_others(self) -> None:
        """Check that every field was taken: one that is not known was misspelt or is damage.

        Raises:
            WorkspaceError: There is another.
        """
        for name in self._content:
            if name not in self._taken:
                raise _damaged(self._path, f"has an unknown field '{self._prefix}{name}'")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _damaged(path: Path, found: str) -> WorkspaceError:
    return WorkspaceError(
        f"{path} {found}",
        expected="the file as mmdemo wrote it is needed",
        remedy="index the workspace again with `mmdemo index`, or import its catalogue again",
    )
