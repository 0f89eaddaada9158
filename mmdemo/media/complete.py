"""Finds files that were cut off, where the container says how long it should be.

Decoders often play what is there without a word; a user whose upload broke off should be told.
"""

import struct

from mmdemo.media.refuse import damaged
from mmdemo.media.sniff import AIFF, AVI, MATROSKA, MP4, OGG, OGG_SOUND, PNG, QUICKTIME, WAV, WEBM, Kind


def require_complete(data: bytes, kind: Kind) -> None:
    """Do nothing for a whole file, or one of a format that does not declare its length.

    Raises:
        MediaError: The file declares more bytes than there are.
    """
    check = _MISSING_BYTES.get(kind)
    missing = check(data) if check is not None else 0
    if missing > 0:
        raise damaged(kind.name, f"{missing:,} of its bytes are missing")


def _wav(data: bytes) -> int:
    """Missing bytes of the `data` chunk; a size near 2^32 (2^31) is what programs write that stream without an end."""
    at = 12
    while at + 8 <= len(data):
        size = struct.unpack_from("<I", data, at + 4)[0]
        if data[at : at + 4] == b"data":
            is_open_ended = size >= 0xFFFFF000 or 0x7FFFF000 <= size <= 0x7FFFFFFF
            return 0 if is_open_ended else at + 8 + size - len(data)
        at += 8 + size + (size & 1)
    return 0


def _aiff(data: bytes) -> int:
    size = struct.unpack_from(">I", data, 4)[0]
    return 0 if size >= 0x7FFFF000 else 8 + size - len(data)


def _png(data: bytes) -> int:
    """Missing bytes up to the end of the IEND chunk; a decoder is content when it has all pixels."""
    at = 8
    while at + 8 <= len(data):
        size = struct.unpack_from(">I", data, at)[0]
        is_last = data[at + 4 : at + 8] == b"IEND"
        at += 12 + size
        if is_last:
            return at - len(data)
    return max(at + 12 - len(data), 1)


def _avi(data: bytes) -> int:
    size = struct.unpack_from("<I", data, 4)[0]
    # Some writers are off by the header's own 8 bytes and by padding.
    return max(0, size - len(data) - 8)


def _iso_media(data: bytes) -> int:
    at = 0
    while at + 8 <= len(data):
        size = struct.unpack_from(">I", data, at)[0]
        if size == 1 and at + 16 <= len(data):
            size = struct.unpack_from(">Q", data, at + 8)[0]
        if size == 0 or size < 8:  # to the end of the file, or nonsense that the demuxer will name
            return 0
        at += size
    return at - len(data)


def _ogg(data: bytes) -> int:
    at = 0
    while at + 27 <= len(data) and data[at : at + 4] == b"OggS":
        segments = data[at + 27 : at + 27 + data[at + 26]]
        at += 27 + data[at + 26] + sum(segments)
    return at - len(data)


def _ebml(data: bytes) -> int:
    """Missing bytes of the first Segment; all size bits set means unknown, as live recorders write (RFC 8794)."""
    at = 4
    header, width = _ebml_size(data, at)
    if header is None:
        return 0
    at += width + header
    if data[at : at + 4] != b"\x18\x53\x80\x67":
        return 0
    segment, width = _ebml_size(data, at + 4)
    return 0 if segment is None else at + 4 + width + segment - len(data)


def _ebml_size(data: bytes, at: int) -> tuple[int | None, int]:
    """A variable-length size and its width in bytes; None where it is unknown or unreadable."""
    if at >= len(data) or data[at] == 0:
        return None, 0
    width = 9 - data[at].bit_length()
    raw = data[at : at + width]
    value = int.from_bytes(raw, "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 or len(raw) < width else value), width


_MISSING_BYTES = {
    PNG: _png,
    WAV: _wav,
    AIFF: _aiff,
    AVI: _avi,
    MP4: _iso_media,
    QUICKTIME: _iso_media,
    OGG: _ogg,
    OGG_SOUND: _ogg,
    WEBM: _ebml,
    MATROSKA: _ebml,
}
