"""What the cells of a table hold: text, tags, and media as a path, bytes, a `data:` address or base64."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TAG_SEPARATORS = re.compile(r"[;,|\n]")
_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://")
_BASE64_FROM_CHARACTERS = 512
"""A longer cell is taken for base64: no sensible path is that long."""


@dataclass(frozen=True, slots=True)
class PathCell:
    """A media cell that names a file."""

    path: str


def media_cell(value: Any, *, column: str) -> bytes | PathCell | None:
    """What a media cell holds; None where it is empty.

    Raises:
        ValueError: It is a web address, is damaged, or is of a type that cannot be media; the message says so.
    """
    if isinstance(value, Mapping):
        inner = value.get("bytes") or value.get("path")
        return media_cell(inner, column=column)
    if isinstance(value, bytes):
        return value or None
    if is_missing(value):
        return None
    if not isinstance(value, str):
        raise ValueError(f"the cell holds a {type(value).__name__}, not a path or bytes")
    text = value.strip()
    if text.startswith("data:"):
        header, _, payload = text.partition(",")
        if not header.endswith(";base64"):
            raise ValueError("the data address is not in base64")
        return _from_base64(payload)
    if _ADDRESS.match(text):
        raise ValueError("it is a web address, and nothing is downloaded; save the file beside the table")
    if column.casefold().rstrip().endswith(("base64", "b64")) or len(text) > _BASE64_FROM_CHARACTERS:
        return _from_base64(text)
    return PathCell(text)


def tag_cell(value: Any) -> tuple[str, ...]:
    """Tags from a list, or from a text that separates them by comma, semicolon, bar or line."""
    if isinstance(value, list | tuple):
        return tuple(text_cell(part) for part in value if not is_missing(part))
    return tuple(part.strip() for part in _TAG_SEPARATORS.split(text_cell(value)) if part.strip())


def text_cell(value: Any) -> str:
    """A cell as text: numbers as written, lists and structs as JSON, empty where missing or binary."""
    if is_missing(value) or isinstance(value, bytes):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=text_cell)
    return str(value)


def is_missing(value: Any) -> bool:
    """Whether a cell is empty: nothing, white space, or not a number."""
    return value is None or (isinstance(value, str) and not value.strip()) or value != value  # noqa: PLR0124


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"the base64 is damaged: {error}") from error
