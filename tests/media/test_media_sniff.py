import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_samples import everything, images, sounds, videos

from mmdemo.errors import MediaError
from mmdemo.media import Limits, decode
from mmdemo.media.sniff import sniff
from mmdemo.types import Modality


def test_an_empty_file_is_named_as_such() -> None:
    with pytest.raises(MediaError, match="empty"):
        decode(b"")


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"PK\x03\x04" + bytes(30), "ZIP"),
        (b"MThd\0\0\0\x06", "MIDI"),
        (b"\0\0\0\x1cftypavif" + bytes(30), "AVIF"),
        (b"\0\0\0\x1cftypheic" + bytes(30), "a HEIC"),
        (b"\x7fELF" + bytes(30), "program"),
        (b'<?xml version="1.0"?>\n<svg xmlns="x"></svg>', "SVG"),
        ((b"G" + bytes(187)) * 5, "transport stream"),
    ],
)
def test_known_formats_that_are_not_read_are_named_with_a_way_out(start: bytes, name: str) -> None:
    with pytest.raises(MediaError, match=name) as caught:
        decode(start)
    assert caught.value.remedy.startswith("upload ")


@pytest.mark.parametrize(
    ("data", "expect"),
    [
        (images()["png"], Modality.AUDIO),
        (images()["gif-moving"], Modality.VIDEO),
        (images()["png"], Modality.TEXT),
        (sounds()["mp3"], Modality.IMAGE),
        (videos()["mp4"], Modality.IMAGE),
        (b"a red fox", Modality.IMAGE),
    ],
)
def test_the_wrong_kind_is_refused_whatever_its_name_was(data: bytes, expect: Modality) -> None:
    with pytest.raises(MediaError, match="is needed here"):
        decode(data, expect=expect)


def test_length_is_checked_before_content() -> None:
    with pytest.raises(MediaError, match="MiB are allowed"):
        decode(bytes(2000), limits=Limits(max_bytes=1000))
    with pytest.raises(MediaError, match="MiB are allowed"):
        decode(images()["bmp"], limits=Limits(max_image_bytes=1000))


def sniffed(data: bytes) -> tuple[str, ...]:
    try:
        return (sniff(data).name,)
    except MediaError as error:
        return error.given, error.expected, error.remedy


@given(st.binary(max_size=300))
def test_sniffing_ends_in_a_kind_or_a_typed_error(data: bytes) -> None:
    assert all(sniffed(data))


@given(st.sampled_from(sorted(everything())), st.integers(min_value=0, max_value=100))
@settings(deadline=None)
def test_sniffing_survives_any_short_beginning(name: str, length: int) -> None:
    assert all(sniffed(everything()[name][:length]))


@pytest.mark.parametrize("name", everything())
def test_every_sample_is_recognised(name: str) -> None:
    expected = {
        **dict.fromkeys(images(), "image"),
        **dict.fromkeys(sounds(), "audio"),
        **dict.fromkeys(videos(), "video"),
    }
    assert decode(everything()[name]).modality == expected.get(name, "text")
