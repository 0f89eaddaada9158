"""Reading files of word vectors: the text format of GloVe, word2vec and fastText.

A line a word: the word, then its numbers, divided by spaces; the most frequent word first. word2vec and fastText put a
line before them with the number of words and the width.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mmdemo.encoders.static_word_tables import WordTable
from mmdemo.errors import EncoderError, WeightError
from mmdemo.progress import Progress
from mmdemo.types import FloatArray
from mmdemo.weights.files import sha256_of

MAX_WORDS = 200_000
"""Words that are kept, the most frequent ones: rarer ones add memory and hardly ever occur."""
MAX_WIDTH = 2_000
_MAX_LINE_BYTES = 64 * 1024
_REPORT_EVERY = 5_000


def read_word_vectors(source: str, *, progress: Progress) -> WordTable:
    """The table in a file, or in the only .txt or .vec file of a folder.

    Args:
        source: Its path.
        progress: Told the lines read; may cancel.

    Raises:
        WeightError: There is no such file, or it cannot be read.
        EncoderError: It is not in the format; the error names the line.
        CancelledError: `progress` cancelled.
    """
    path = _find_file(Path(source).expanduser())
    try:
        with path.open("rb") as stream:
            rows, vectors = _read(stream, path, progress)
        return WordTable.of_words(rows, vectors, sha256=sha256_of(path))
    except OSError as error:
        raise WeightError(
            f"{path} cannot be read ({error.strerror})",
            expected="a file with read permission is needed",
            remedy="change its permissions, or name another file",
        ) from error


def _find_file(path: Path) -> Path:
    found = [path]
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.suffix in (".txt", ".vec") and file.is_file())
    if len(found) == 1 and found[0].is_file():
        return found[0]
    given = f"{path} holds {len(found)} .txt or .vec files" if path.is_dir() else f"there is no file {path}"
    raise WeightError(
        given,
        expected="static-words:FILE needs a file of word vectors (GloVe or word2vec text format), or a folder with one",
        remedy="correct the path, or write static-words, which needs no file",
    )


def _read(stream: BinaryIO, path: Path, progress: Progress) -> tuple[dict[str, int], FloatArray]:
    rows: dict[str, int] = {}
    vectors: list[FloatArray] = []
    width = 0
    for number, line in _lines(stream, path):
        if number == 1 and _is_header(line):
            continue
        width = width or len(line.split()) - 1
        word, vector = _parse(line, width, path, number)
        if word not in rows:  # a word again, as fastText writes some, keeps its more frequent place
            rows[word] = len(vectors)
            vectors.append(vector)
        if number % _REPORT_EVERY == 0:
            progress(number, 0, f"reading {path.name}")
        if len(vectors) == MAX_WORDS:
            break
    if not vectors:
        raise _malformed(path, 1, "holds no word")
    return rows, np.stack(vectors)


def _lines(stream: BinaryIO, path: Path) -> Iterator[tuple[int, bytes]]:
    """Number from 1 and content of each line that is not blank, never more than a bounded piece of it."""
    number = 0
    while line := stream.readline(_MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > _MAX_LINE_BYTES:
            raise _malformed(path, number, f"is longer than {_MAX_LINE_BYTES:,} bytes")
        if line.strip():
            yield number, line


def _is_header(line: bytes) -> bool:
    numbers = line.split()
    return len(numbers) == 2 and all(number.isdigit() for number in numbers)


def _parse(line: bytes, width: int, path: Path, number: int) -> tuple[str, FloatArray]:
    """The word and its vector; some GloVe words have spaces in them, so the numbers are counted from the end."""
    if not 1 <= width <= MAX_WIDTH:
        raise _malformed(path, number, f"has {width:,} numbers after the word")
    fields = line.rstrip().rsplit(None, width)
    if len(fields) != width + 1:
        raise _malformed(path, number, f"has {len(fields) - 1:,} numbers after the word, unlike the {width:,} before")
    try:
        vector = np.array([float(field) for field in fields[1:]], np.float32)
        word = fields[0].strip().decode("utf-8")
    except ValueError as error:
        raise _malformed(path, number, "is not a word in UTF-8 and numbers") from error
    if not np.isfinite(vector).all():
        raise _malformed(path, number, "holds a number that is not finite")
    return word, vector


def _malformed(path: Path, number: int, what: str) -> EncoderError:
    return EncoderError(
        f"line {number:,} of {path} {what}",
        expected=f"a word and 1 to {MAX_WIDTH:,} numbers on each line, as GloVe's and word2vec's text files have, "
        "are needed",
        remedy="correct the file, convert a binary one to text, or name another",
    )
