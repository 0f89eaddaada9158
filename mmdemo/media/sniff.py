"""What a file is, from its first bytes and never from its name."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mmdemo.errors import MediaError
from mmdemo.media.text import as_text


class Family(StrEnum):
    """Which decoder takes a file."""

    TEXT = "text"
    IMAGE = "picture"
    AUDIO = "sound"
    CONTAINER = "container"


@dataclass(frozen=True, slots=True)
class Kind:
    """A recognised file format.

    Args:
        name: What to call it in messages.
        family: Which decoder takes it.
        mime: Media type; for a container the part after the slash, as its streams decide the part before.
        reader: Pillow's format or libav's demuxer; only this one is ever tried.
    """

    name: str
    family: Family
    mime: str
    reader: str = ""


TEXT = Kind("text", Family.TEXT, "text/plain")
PNG = Kind("PNG picture", Family.IMAGE, "image/png", "PNG")
JPEG = Kind("JPEG picture", Family.IMAGE, "image/jpeg", "JPEG")
GIF = Kind("GIF picture", Family.IMAGE, "image/gif", "GIF")
WEBP = Kind("WebP picture", Family.IMAGE, "image/webp", "WEBP")
BMP = Kind("BMP picture", Family.IMAGE, "image/bmp", "BMP")
TIFF = Kind("TIFF picture", Family.IMAGE, "image/tiff", "TIFF")
WAV = Kind("WAV sound", Family.AUDIO, "audio/wav", "wav")
AIFF = Kind("AIFF sound", Family.AUDIO, "audio/aiff", "aiff")
FLAC = Kind("FLAC sound", Family.AUDIO, "audio/flac", "flac")
MP3 = Kind("MP3 sound", Family.AUDIO, "audio/mpeg", "mp3")
AAC = Kind("AAC sound", Family.AUDIO, "audio/aac", "aac")
OGG_SOUND = Kind("Ogg sound", Family.AUDIO, "audio/ogg", "ogg")
OGG = Kind("Ogg file", Family.CONTAINER, "ogg", "ogg")
MP4 = Kind("MP4 file", Family.CONTAINER, "mp4", "mov")
QUICKTIME = Kind("QuickTime file", Family.CONTAINER, "quicktime", "mov")
WEBM = Kind("WebM file", Family.CONTAINER, "webm", "matroska")
MATROSKA = Kind("Matroska file", Family.CONTAINER, "x-matroska", "matroska")
AVI = Kind("AVI file", Family.CONTAINER, "x-msvideo", "avi")

SNDFILE = frozenset({WAV, AIFF, FLAC, MP3, OGG_SOUND})
"""Kinds that libsndfile is asked for first; libav has the rest."""

ACCEPTED = {
    Family.TEXT: "text in UTF-8",
    Family.IMAGE: "a picture (PNG, JPEG, WebP, GIF, BMP, TIFF)",
    Family.AUDIO: "a sound (WAV, FLAC, OGG, MP3, M4A, Opus, WebM)",
    Family.CONTAINER: "a video (MP4, WebM, MOV, MKV, AVI)",
}

_FIXED: tuple[tuple[bytes, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
    (b"fLaC", FLAC),
)
_RIFF = {b"WAVE": WAV, b"WEBP": WEBP, b"AVI ": AVI}
_QUICKTIME_ATOMS = {b"moov", b"mdat", b"wide", b"free", b"skip"}
_STILL_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"msf1": "HEIC"}

# Known, so that the message can name them, but not decoded.
_UNSUPPORTED: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "a PDF document", "a PNG picture or plain text"),
    (b"PK\x03\x04", "a ZIP archive or office document", "the files inside it, one by one"),
    (b"\x1f\x8b\x08", "a gzip archive", "the file inside it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "the files inside it"),
    (b"Rar!\x1a\x07", "a RAR archive", "the files inside it"),
    (b"\x7fELF", "a program", "a picture, sound, video or text"),
    (b"MThd", "a MIDI file, which holds notes and no sound", "a WAV or MP3"),
    (b"8BPS", "a Photoshop document", "a PNG"),
    (b"\0\0\1\0", "an icon file", "a PNG"),
    (b"\xff\x0a", "a JPEG XL picture", "a PNG or JPEG"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture", "a PNG or JPEG"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture", "a PNG or JPEG"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file", "an MP4 or MP3"),
    (b"FLV\x01", "a Flash video", "an MP4"),
    (b"\0\0\1\xba", "an MPEG program stream", "an MP4"),
    (b"#!AMR", "an AMR voice note", "a WAV or MP3"),
)


def sniff(data: bytes) -> Kind:
    """The format of `data` by its content.

    Raises:
        MediaError: The bytes are empty, of a known format that is not decoded here, or of none that is known.
    """
    if not data:
        raise MediaError(
            "the file is empty (0 bytes)", expected="a file with content is needed", remedy="choose another file"
        )
    for signature, kind in _FIXED:
        if data.startswith(signature):
            return kind
    for recognise in _RECOGNISERS:
        kind = recognise(data)
        if kind is not None:
            return kind
    _refuse_unsupported(data)
    text = as_text(data)
    if text is None:
        raise MediaError(
            "the file is none of the formats this program reads",
            expected="; ".join(ACCEPTED.values()),
            remedy="save it as PNG, WAV, MP4 or UTF-8 text and upload that",
        )
    if "<svg" in text[:1000].lower() and text.lstrip().startswith("<"):
        raise _unsupported("an SVG drawing", "a PNG")
    return TEXT


def _riff(data: bytes) -> Kind | None:
    return _RIFF.get(data[8:12]) if data[:4] in (b"RIFF", b"RF64") else None


def _iff(data: bytes) -> Kind | None:
    return AIFF if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC") else None


def _bmp(data: bytes) -> Kind | None:
    # "BM" alone begins ordinary words; the header size that follows is one of a few numbers.
    if (
        data[:2] == b"BM"
        and len(data) >= 18
        and struct.unpack_from("<I", data, 14)[0] in (12, 40, 52, 56, 64, 108, 124)
    ):
        return BMP
    return None


def _iso_media(data: bytes) -> Kind | None:
    box = data[4:8]
    if box == b"ftyp":
        brand = data[8:12]
        if brand in _STILL_BRANDS:
            raise _unsupported(f"an {_STILL_BRANDS[brand]} picture".replace("an HEIC", "a HEIC"), "a JPEG or PNG")
        return QUICKTIME if brand == b"qt  " else MP4
    # QuickTime before 2004 has no ftyp. The size's first byte is zero in any atom of sane length, never so in text.
    return QUICKTIME if box in _QUICKTIME_ATOMS and data[0] == 0 else None


def _ebml(data: bytes) -> Kind | None:
    if data[:4] != b"\x1a\x45\xdf\xa3":
        return None
    return WEBM if b"webm" in data[:64] else MATROSKA


def _ogg(data: bytes) -> Kind | None:
    """Ogg whose only streams are Vorbis or FLAC goes to libsndfile, anything else (Opus, Theora) to libav."""
    if data[:4] != b"OggS":
        return None
    codecs = _ogg_codecs(data)
    plain = all(codec.startswith((b"\x01vorbis", b"\x7fFLAC")) for codec in codecs)
    return OGG_SOUND if codecs and plain else OGG


def _ogg_codecs(data: bytes) -> list[bytes]:
    """First bytes of every stream's first packet; RFC 3533 puts these pages before all others."""
    codecs: list[bytes] = []
    at = 0
    while len(codecs) < 16 and data[at : at + 4] == b"OggS" and len(data) >= at + 27 and data[at + 5] & 0x02:
        segments = data[at + 27 : at + 27 + data[at + 26]]
        body = at + 27 + len(segments)
        codecs.append(data[body : body + 8])
        at = body + sum(segments)
    return codecs


def _id3(data: bytes) -> Kind | None:
    """ID3v2 tags in front of MP3, AAC or FLAC; some files have two, and some writers pad them with zeros."""
    at = 0
    while (size := _id3_size(data, at)) is not None:
        at += size
    if at == 0:
        return None
    rest = data[at:].lstrip(b"\0")
    if rest.startswith(b"fLaC"):
        return FLAC
    return _adts(rest) or (MP3 if len(rest) >= 2 and rest[0] == 0xFF and rest[1] & 0xE0 == 0xE0 else None)


def _id3_size(data: bytes, at: int) -> int | None:
    """Length of the ID3v2 tag at `at`, its size written in four bytes of 7 bits; None where there is none."""
    head = data[at : at + 10]
    if head[:3] != b"ID3" or len(head) < 10 or head[3] > 4 or any(byte > 0x7F for byte in head[6:]):
        return None
    return 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])


_MP3_KBITS = {  # by (MPEG 1?, layer); ISO 11172-3 table and its low-rate extension
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mp3_frame_bytes(header: bytes) -> int | None:
    """Length of the MPEG layer II or III frame that starts with `header`, or None where none does."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bit_rate, rate = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or layer not in (2, 3) or bit_rate in (0, 15) or rate == 3:
        return None
    kbits = _MP3_KBITS[version == 3, layer][bit_rate - 1]
    samples = 576 if layer == 3 and version != 3 else 1152
    return samples // 8 * kbits * 1000 // _MP3_HZ[version][rate] + (header[2] >> 1 & 1)


def _mp3(data: bytes) -> Kind | None:
    """Raw MPEG audio: a frame, and another where the first one ends (two bytes of sync alone happen by chance)."""
    length = _mp3_frame_bytes(data[:4])
    if length is None:
        return None
    follower = data[length : length + 4]
    return MP3 if len(follower) < 4 or _mp3_frame_bytes(follower) is not None else None


def _adts(data: bytes) -> Kind | None:
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        return None
    length = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    follower = data[length : length + 2]
    is_sound = length >= 7 and (len(follower) < 2 or (follower[0] == 0xFF and follower[1] & 0xF6 == 0xF0))
    return AAC if is_sound else None


def _refuse_unsupported(data: bytes) -> None:
    for signature, what, instead in _UNSUPPORTED:
        if data.startswith(signature):
            raise _unsupported(what, instead)
    if (
        data[:1] == b"G"
        and len(data) > 188 * 3
        and data[188] == data[376] == data[564 if len(data) > 564 else 376] == 0x47
    ):
        raise _unsupported("an MPEG transport stream", "an MP4")


def _unsupported(what: str, instead: str) -> MediaError:
    return MediaError(f"the file is {what}", expected="; ".join(ACCEPTED.values()), remedy=f"upload {instead} instead")


_RECOGNISERS: tuple[Callable[[bytes], Kind | None], ...] = (
    _riff,
    _iff,
    _bmp,
    _iso_media,
    _ebml,
    _ogg,
    _id3,
    _adts,
    _mp3,
)
