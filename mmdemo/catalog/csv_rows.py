"""Rows of a CSV file of unknown encoding and delimiter."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from typing import IO

from mmdemo.catalog.rows import Row
from mmdemo.catalog.source import Skipped
from mmdemo.errors import CatalogError

_DELIMITERS = ",;\t|"
_SAMPLE_CHARACTERS = 65_536
_SAMPLE_ROWS = 20
_MAX_CELL_CHARACTERS = 2**28
_MAX_COLUMNS = 2_000


def csv_rows(file: IO[bytes], *, name: str, note: Callable[[str], None]) -> Iterator[Row | Skipped]:
    """Read a CSV file with a header line.

    UTF-8 or UTF-16 with a byte order mark; where it is not valid UTF-8 it is read as Latin-1, and that is noted. The
    delimiter is the one of comma, semicolon, tab and bar that cuts the first rows into most columns of equal number.

    Args:
        file: Seekable, binary.
        name: What to call it in the report.
        note: Told what had to be assumed.

    Raises:
        CatalogError: It is no text, has no header, or a cell of it is far too long.
    """
    encoding = _encoding(file, name)
    if encoding == "latin-1":
        note(f"{name} is not valid UTF-8 and was read as Latin-1")
    csv.field_size_limit(max(csv.field_size_limit(), _MAX_CELL_CHARACTERS))  # the default refuses embedded pictures
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    try:
        delimiter = _delimiter(text.read(_SAMPLE_CHARACTERS))
        text.seek(0)
        yield from _rows(text, delimiter, name)
    except csv.Error as error:
        raise CatalogError(
            f"{name} cannot be read as CSV: {error}",
            expected="rows of cells, quoted where they hold delimiters, are needed",
            remedy="export it again, or save it as JSONL",
        ) from error
    finally:
        text.detach()


def _rows(text: IO[str], delimiter: str, name: str) -> Iterator[Row | Skipped]:
    reader = csv.reader(text, delimiter=delimiter)
    header = _header(next((cells for cells in reader if any(cells)), []), name)
    number = 0
    for cells in reader:
        if not any(cells):
            continue
        number += 1
        where = f"{name}, line {reader.line_num}"
        if len(cells) > len(header):
            why = f"it has {len(cells)} cells under {len(header)} column names; a delimiter in a cell needs quotes"
            yield Skipped(where, why, is_item=True)
        else:
            yield Row(where, number, dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=True)))


def _header(cells: list[str], name: str) -> list[str]:
    """Column names, each once: of two that are the same the second gets a number."""
    if not any(cells) or len(cells) > _MAX_COLUMNS:
        raise CatalogError(
            f"{name} has {len(cells)} columns",
            expected=f"a first line with 1 to {_MAX_COLUMNS} column names is needed",
            remedy="add a line such as `id,title,text,image,audio,tags`",
        )
    names: list[str] = []
    for position, cell in enumerate(cells, start=1):
        plain = cell.strip() or f"column {position}"
        names.append(plain if plain not in names else f"{plain} {position}")
    return names


def _encoding(file: IO[bytes], name: str) -> str:
    start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    file.seek(0)
    is_utf8 = True
    while chunk := file.read(1 << 20):
        if b"\0" in chunk:
            raise CatalogError(
                f"{name} holds zero bytes, so it is no text",
                expected="a CSV file in UTF-8 is needed",
                remedy="export it as CSV (spreadsheets and databases are not read)",
            )
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            is_utf8 = False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        is_utf8 = False
    return "utf-8-sig" if is_utf8 else "latin-1"


def _delimiter(sample: str) -> str:
    lines = sample.splitlines(keepends=True)
    if len(sample) >= _SAMPLE_CHARACTERS:
        lines = lines[:-1] or lines  # the last one is cut

    def fitness(delimiter: str) -> tuple[float, int]:
        widths = [len(cells) for cells in csv.reader(lines[: 4 * _SAMPLE_ROWS], delimiter=delimiter) if any(cells)]
        widths = widths[:_SAMPLE_ROWS]
        if not widths or widths[0] < 2:
            return 0.0, 0
        return widths.count(widths[0]) / len(widths), widths[0]

    return max(_DELIMITERS, key=fitness)
