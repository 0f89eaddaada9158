"""Rows of a JSONL file: one JSON object a line."""

import json
from collections.abc import Iterator
from typing import IO

from mmdemo.catalog.rows import Row
from mmdemo.catalog.source import Skipped

_MAX_LINE_BYTES = 2**28


def jsonl_rows(file: IO[bytes], *, name: str) -> Iterator[Row | Skipped]:
    """Read a JSONL file in UTF-8; a bad line costs only itself.

    Args:
        file: Binary.
        name: What to call it in the report.
    """
    number = line_number = 0
    while line := file.readline(_MAX_LINE_BYTES):
        line_number += 1
        where = f"{name}, line {line_number}"
        if len(line) == _MAX_LINE_BYTES:
            yield Skipped(where, f"the line is over {_MAX_LINE_BYTES} bytes long; the rest was not read", is_item=True)
            return
        if not line.strip(b"\xef\xbb\xbf \t\r\n"):
            continue
        number += 1
        try:
            cells = json.loads(line.decode("utf-8-sig" if line_number == 1 else "utf-8"))
        except (ValueError, RecursionError) as error:
            yield Skipped(where, f"it is no JSON: {str(error) or 'nested too deeply'}", is_item=True)
            continue
        if isinstance(cells, dict):
            yield Row(where, number, cells)
        else:
            yield Skipped(where, f"it holds a {type(cells).__name__}, not an object", is_item=True)
