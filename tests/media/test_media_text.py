import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdemo.errors import MediaError
from mmdemo.media import Limits, check_text, decode
from mmdemo.types import Modality


@pytest.mark.parametrize(
    ("given_text", "clean"),
    [
        ("  a fox \n", "a fox"),
        ("line one\r\nline two\rline three", "line one\nline two\nline three"),
        ("cafe\u0301", "café"),
        ("a\x00b\x1bc\x7f", "abc"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("👩\u200d🚀 عربي हिन्दी 日本語", "👩\u200d🚀 عربي हिन्दी 日本語"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("\U0001fae9 is newer than Python's tables", "\U0001fae9 is newer than Python's tables"),
    ],
)
def test_text_is_cleaned(given_text: str, clean: str) -> None:
    assert check_text(given_text) == clean


@pytest.mark.parametrize("text", ["", "   \n\t", "\u200b\u200d\ufeff", "\x00\x01", "\ud83d"])
def test_text_with_nothing_to_read_is_refused(text: str) -> None:
    with pytest.raises(MediaError, match="at least one readable character"):
        check_text(text)


@pytest.mark.parametrize("count", [10_001, 1_000_000])
def test_long_text_is_refused_with_both_numbers(count: int) -> None:
    with pytest.raises(MediaError, match=f"{count:,} characters; at most 10,000 are allowed"):
        check_text("x" * count)


def test_text_at_the_limit_passes() -> None:
    assert len(check_text("x" * 10_000)) == 10_000


@given(st.text(st.characters(), max_size=200))
def test_cleaning_ends_in_clean_text_or_a_typed_error(text: str) -> None:
    try:
        clean = check_text(text)
    except MediaError:
        return
    assert check_text(clean) == clean
    assert unicodedata.is_normalized("NFC", clean)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in clean if c not in "\n\t")
    clean.encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_files_of_every_unicode_encoding(encoding: str) -> None:
    decoded = decode("früh 🦊 狐".encode(encoding))
    assert (decoded.modality, decoded.media, decoded.mime) == (Modality.TEXT, "früh 🦊 狐", "text/plain")


@pytest.mark.parametrize("text", ["BMW makes cars", "ID3 is a tag", "RIFF raff", "GIF or JIF?", "MM and II", "freeze!"])
def test_words_that_begin_like_a_signature_stay_text(text: str) -> None:
    assert decode(text.encode()).media == text


@pytest.mark.parametrize("data", ["früh".encode("latin-1") + b"\n\x00\x01", b"\0" * 100, b"\xfe\xfd\x80" * 10])
def test_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    with pytest.raises(MediaError, match="none of the formats"):
        decode(data)


def test_a_long_text_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(MediaError, match=r"at most 0\.1 MB of text"):
        decode(b"x" * 200_000, limits=Limits(max_text_bytes=100_000))
