"""Untrusted text -> clean Unicode within the limit."""

import codecs
import unicodedata

from mmdemo.errors import MediaError
from mmdemo.media.limits import LIMITS, Limits

# Embeddings and overrides of the writing direction can make a line read differently from what it says.
_DIRECTION_OVERRIDES = "\u202a\u202b\u202c\u202d\u202e"
_BYTE_ORDER_MARK = "\ufeff"
_DROPPED_CATEGORIES = {"Cc", "Cs"}  # controls and lone surrogates
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def check_text(text: str, *, limits: Limits = LIMITS) -> str:
    """Normalise `text` (NFC), drop control characters, and hold it to the limit.

    Line breaks of all systems become one kind; tabs stay. Cleaning clean text changes nothing.

    Returns:
        The text without white space at its ends.

    Raises:
        MediaError: Nothing readable is left, or more than `limits.max_text_characters` are.

    Example:
        >>> check_text("  a red fox" + chr(0))
        'a red fox'
    """
    # Normalising can shrink a text only so far: do not spend time on one that cannot fit.
    if len(text) > 4 * limits.max_text_characters + 1000:
        raise _too_long(len(text), limits)
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    clean = unicodedata.normalize("NFC", "".join(c for c in lines if _is_kept(c))).strip()
    if not any(_is_readable(c) for c in clean):
        raise MediaError(
            "the text is empty" if not text else "the text holds only spaces or invisible characters",
            expected="at least one readable character is needed",
            remedy="write a word or two",
        )
    if len(clean) > limits.max_text_characters:
        raise _too_long(len(clean), limits)
    return clean


def decode_text(data: bytes, *, limits: Limits = LIMITS) -> str:
    """Text of a file in UTF-8, or in UTF-16 or UTF-32 with a byte order mark.

    Raises:
        MediaError: The bytes are not text, or `check_text` refuses it.
    """
    if len(data) > limits.max_text_bytes:
        raise MediaError(
            f"the text file is {len(data) / 1e6:.1f} MB",
            expected=f"at most {limits.max_text_bytes / 1e6:.1f} MB of text are allowed",
            remedy="upload a shorter part of it",
        )
    text = as_text(data)
    if text is None:
        raise MediaError(
            "the file is not text in UTF-8", expected="UTF-8 is needed", remedy="save it as UTF-8 and upload that"
        )
    return check_text(text, limits=limits)


def as_text(data: bytes) -> str | None:
    """The text in `data`, or None where it is not text (undecodable, or with zero bytes as binary files have)."""
    mark, encoding = next(((mark, name) for mark, name in _BOMS if data.startswith(mark)), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _is_kept(character: str) -> bool:
    if character in "\n\t":
        return True
    if character in _DIRECTION_OVERRIDES or character == _BYTE_ORDER_MARK or (ord(character) & 0xFFFE) == 0xFFFE:
        return False
    return unicodedata.category(character) not in _DROPPED_CATEGORIES


def _is_readable(character: str) -> bool:
    # Unassigned code points count: an emoji can be newer than this Python's tables.
    category = unicodedata.category(character)
    return category[0] in "LNPSM" or category == "Cn"


def _too_long(count: int, limits: Limits) -> MediaError:
    return MediaError(
        f"the text has {count:,} characters",
        expected=f"at most {limits.max_text_characters:,} are allowed",
        remedy="shorten it to the part that matters",
    )
