"""TFRecord files without TensorFlow: the framing of records with its checksums.

A record is its length (8 bytes, little-endian), the masked CRC-32C of these (4 bytes), the data, and theirs (4 bytes).
"""

from collections.abc import Iterator
from pathlib import Path

from mmdemo.catalog.interactions.crc32c import masked_crc32c
from mmdemo.errors import InteractionsError
from mmdemo.progress import Progress, silent

MAX_RECORD_BYTES = 64 * 2**20
_HEAD = 12
_TAIL = 4


def read_records(path: Path, progress: Progress = silent) -> Iterator[bytes]:
    """The data of every record, after both of its checksums.

    Args:
        path: The file.
        progress: Told how far it is; may cancel.

    Raises:
        InteractionsError: A record is damaged, cut off or too long, or the file cannot be read; says which record.
        CancelledError: `progress` cancelled.
    """
    number = 0
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            while head := file.read(_HEAD):
                number += 1
                progress(file.tell(), size, f"reading {path.name}")
                if len(head) < _HEAD:
                    raise _damaged(path, number, "is cut off")
                if masked_crc32c(head[:8]) != int.from_bytes(head[8:], "little"):
                    raise _damaged(path, number, "has a length that does not fit its checksum")
                length = int.from_bytes(head[:8], "little")
                if length > min(MAX_RECORD_BYTES, size):
                    raise _damaged(path, number, f"says to be {length} bytes long")
                data, tail = file.read(length), file.read(_TAIL)
                if len(data) < length or len(tail) < _TAIL:
                    raise _damaged(path, number, "is cut off")
                if masked_crc32c(data) != int.from_bytes(tail, "little"):
                    raise _damaged(path, number, "does not fit its checksum")
                yield data
    except OSError as error:
        raise _damaged(path, number, f"cannot be read ({error.strerror or error})") from error


def _damaged(path: Path, number: int, why: str) -> InteractionsError:
    return InteractionsError(
        f"record {number} of {path.name} {why}",
        expected="an undamaged TFRecord file, not compressed, is needed",
        remedy="download it again, or unpack it first",
    )
