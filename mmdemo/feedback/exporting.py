"""Feedback as a file that other programs read."""

import csv
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from mmdemo.errors import FeedbackError
from mmdemo.feedback.events import Event, Vote

COLUMNS = (
    *("record", "number", "id", "person", "time", "at", "catalog", "kind", "item_id"),
    *("first", "second", "shown", "teams", "chosen"),
)
"""Of the CSV; events leave those of votes empty, and the other way round."""


def export(records: Iterable[Event | Vote], path: Path) -> int:
    """Write events and votes, a line each; the file is there once it is whole.

    Args:
        records: What to write.
        path: `.csv`: one table, lists as JSON; `.jsonl`: an object a line.

    Returns:
        How many were written.

    Raises:
        FeedbackError: The name ends otherwise, or the file cannot be written.
    """
    if path.suffix not in (".csv", ".jsonl"):
        raise FeedbackError(
            f"a file '{path.name}'", expected=".csv or .jsonl is needed", remedy="give it another ending"
        )
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        try:
            with temporary.open("x", encoding="utf-8", newline="") as stream:
                written = (_csv if path.suffix == ".csv" else _jsonl)(records, stream)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise FeedbackError(
            f"could not write {path}: {error.strerror}",
            expected="a folder with free space that can be written is needed",
            remedy="choose another file",
        ) from error
    return written


def record(of: Event | Vote) -> dict[str, Any]:
    """All there is of an event or a vote, under one set of names; `time` is `at` for people, UTC."""
    fields = asdict(of)
    kind = "vote" if isinstance(of, Vote) else "event"
    time = datetime.fromtimestamp(of.at, UTC).isoformat(timespec="milliseconds")
    return {"record": kind, "id": fields.pop(f"{kind}_id"), "time": time, **fields}


def _csv(records: Iterable[Event | Vote], stream: TextIO) -> int:
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    written = 0
    for of in records:
        fields = record(of)
        writer.writerow(
            {name: json.dumps(value) if isinstance(value, tuple) else value for name, value in fields.items()}
        )
        written += 1
    return written


def _jsonl(records: Iterable[Event | Vote], stream: TextIO) -> int:
    written = 0
    for of in records:
        stream.write(json.dumps(record(of), ensure_ascii=False) + "\n")
        written += 1
    return written
