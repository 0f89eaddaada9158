"""What the cells of a file of interactions hold: ids, ratings, times."""

import math
from datetime import UTC, date, datetime
from typing import Any

MAX_ID_CHARACTERS = 500
_MAX_CELL = 4 * MAX_ID_CHARACTERS
"""Not even looked at: a small file can repeat a long text in very many rows."""
NOT_KNOWN = math.nan
"""Of a rating or a time."""
_FROM_MILLISECONDS = 1e11
"""Seconds since 1970 reach this in the year 5138, milliseconds in March 1973."""


def id_cell(value: Any) -> str:
    """An id as text on one line, "" where there is none that can be used.

    Whole numbers that a table keeps as floating point, as those beside empty cells are, lose their ".0".
    """
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str | bytes) or len(value) > _MAX_CELL:
        return ""
    text = (value if isinstance(value, str) else value.decode("utf-8", errors="replace")).strip()
    usable = len(text) <= MAX_ID_CHARACTERS and text.isprintable() and "\ufffd" not in text
    return text if usable else ""


def number_cell(value: Any) -> float:
    """A number, `NOT_KNOWN` where the cell holds none; a text may have a decimal comma."""
    if isinstance(value, str):
        if len(value) > _MAX_CELL:
            return NOT_KNOWN
        text = value.strip()
        if text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        if "_" in text:
            return NOT_KNOWN
        value = text
    elif isinstance(value, bytes) or value is None:
        return NOT_KNOWN
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return NOT_KNOWN
    return found if abs(found) < 3e38 else NOT_KNOWN  # float32 ends there


def time_cell(value: Any) -> float:
    """A time in the unit of its file, or seconds since 1970 where it is a date; `NOT_KNOWN` where it is neither."""
    if (
        isinstance(value, str)
        and len(value) <= _MAX_CELL
        and ("-" in value[1:] or ":" in value)
        and "e-" not in value.casefold()
    ):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return NOT_KNOWN
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, datetime):
        moment = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        try:
            return moment.timestamp()
        except (OverflowError, ValueError):
            return NOT_KNOWN
    return number_cell(value)


def time_unit(typical: float) -> tuple[float, str]:
    """How many units of time a second has, and the unit's name, from the middle of a file's times."""
    for per_second, name in ((1.0, "seconds"), (1e3, "milliseconds"), (1e6, "microseconds")):
        if abs(typical) < _FROM_MILLISECONDS * per_second:
            return per_second, name
    return 1e9, "nanoseconds"
