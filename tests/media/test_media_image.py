import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from media_samples import images, png, quadrants, saved
from PIL import Image

from mmdemo.errors import MediaError
from mmdemo.media import Limits, decode, thumbnail
from mmdemo.media.decoding import decode_here
from mmdemo.types import Modality

RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)


def pixels(data: bytes) -> np.ndarray:
    media = decode(data, expect=Modality.IMAGE).media
    assert isinstance(media, Image.Image)
    assert media.mode == "RGB"
    return np.asarray(media).astype(int)


def corners(data: bytes) -> list[tuple[int, ...]]:
    grid = pixels(data)
    h, w = grid.shape[0] // 4, grid.shape[1] // 4
    return [tuple(grid[y, x]) for y in (h, -h) for x in (w, -w)]


@pytest.mark.parametrize("name", images())
def test_every_format_decodes_to_the_same_pixels_each_time(name: str) -> None:
    first, second = decode(images()[name]), decode(images()[name])
    assert first.modality is Modality.IMAGE
    assert first.mime == f"image/{name.partition('-')[0]}"
    assert first.sha256 == second.sha256
    assert first.media.tobytes() == second.media.tobytes()  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["png", "png-palette", "gif", "gif-moving", "webp-moving", "bmp", "tiff", "tiff-lzw"])
def test_colours_survive(name: str) -> None:
    np.testing.assert_allclose(corners(images()[name]), [RED, GREEN, BLUE, YELLOW], atol=20)


def test_cmyk_is_shown_in_its_colours() -> None:
    np.testing.assert_allclose(corners(images()["jpeg-cmyk"]), [RED, GREEN, BLUE, YELLOW], atol=40)


# What orientation k does to a picture, undone: where each corner of the upright picture is in the stored one.
_STORED = {
    1: [RED, GREEN, BLUE, YELLOW],
    2: [GREEN, RED, YELLOW, BLUE],
    3: [YELLOW, BLUE, GREEN, RED],
    4: [BLUE, YELLOW, RED, GREEN],
    5: [RED, BLUE, GREEN, YELLOW],
    6: [BLUE, RED, YELLOW, GREEN],
    7: [YELLOW, GREEN, BLUE, RED],
    8: [GREEN, YELLOW, RED, BLUE],
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", _STORED)
def test_orientation_is_applied(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    np.testing.assert_allclose(corners(saved(quadrants(), kind, exif=exif, **options)), _STORED[orientation], atol=20)
    assert pixels(saved(quadrants(), kind, exif=exif, **options)).shape[:2] == (
        (64, 48) if orientation > 4 else (48, 64)
    )


def test_orientation_in_a_compressed_tiff_is_applied_once() -> None:
    data = saved(quadrants(), "TIFF", compression="tiff_lzw", tiffinfo={0x0112: 6})
    assert corners(data) == _STORED[6]


def test_unreadable_exif_leaves_the_picture_usable() -> None:
    data = saved(quadrants(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\xff" * 40)
    np.testing.assert_allclose(corners(data), [RED, GREEN, BLUE, YELLOW], atol=20)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P"])
def test_transparency_is_white(mode: str) -> None:
    picture = Image.new("RGBA", (16, 16), (200, 0, 0, 255))
    picture.paste((0, 0, 0, 0), (0, 0, 8, 16))
    if mode in ("LA", "PA"):
        picture = picture.convert("LA")
    if mode == "P":
        picture = picture.quantize(4)
    grid = pixels(png(picture))
    assert tuple(grid[8, 4]) == (255, 255, 255)
    assert grid[8, 12].sum() < 300


def test_half_transparent_black_is_grey() -> None:
    np.testing.assert_allclose(pixels(png(Image.new("RGBA", (9, 9), (0, 0, 0, 128))))[4, 4], 127, atol=1)


def test_a_transparent_colour_of_a_png_without_alpha_is_white() -> None:
    assert tuple(pixels(png(Image.new("RGB", (9, 9), (1, 2, 3)), transparency=(1, 2, 3)))[4, 4]) == (255, 255, 255)


@pytest.mark.parametrize(
    ("grey", "expected"),
    [
        (np.uint16([0, 257, 32896, 65535]), [0, 1, 128, 255]),
        (np.int32([0, 1, 128, 255]), [0, 1, 128, 255]),
        (np.int32([0, 257, 32896, 65535]), [0, 1, 128, 255]),
        (np.int32([-1000, 0, 0, 1000]), [0, 128, 128, 255]),
        (np.float32([0.0, 0.2, 0.6, 1.0]), [0, 51, 153, 255]),
        (np.float32([0.0, 51, 153, 255.0]), [0, 51, 153, 255]),
        (np.float32([-2.0, -2.0, 2.0, 2.0]), [0, 0, 255, 255]),
    ],
)
def test_deep_greys_come_to_eight_bits(grey: np.ndarray, expected: list[int]) -> None:
    columns = np.repeat(np.repeat(grey[None], 8, axis=0), 4, axis=1)
    assert pixels(saved(Image.fromarray(columns), "TIFF"))[0, ::4, 0].tolist() == expected


def test_sixteen_bit_png_and_bitmap() -> None:
    deep = np.full((8, 8), 32896, np.uint16)
    assert pixels(png(Image.fromarray(deep)))[0, 0].tolist() == [128] * 3
    assert pixels(png(Image.new("1", (8, 8), 1)))[0, 0].tolist() == [255] * 3


def test_a_picture_of_numbers_that_are_none_is_refused() -> None:
    data = saved(Image.fromarray(np.full((8, 8), np.nan, np.float32)), "TIFF")
    with pytest.raises(MediaError, match="not finite numbers"):
        decode(data)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((1, 1), "1 x 1 pixels; at least 8 on each side"),
        ((7, 300), "at least 8 on each side"),
        ((2000, 10), "at most 20 times the shorter"),
    ],
)
def test_unusable_sizes_are_refused(size: tuple[int, int], message: str) -> None:
    with pytest.raises(MediaError, match=message):
        decode(png(Image.new("RGB", size)))


def bomb_png(width: int, height: int) -> bytes:
    """A valid header and almost no data."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def bomb_gif(width: int, height: int) -> bytes:
    data = bytearray(saved(quadrants(), "GIF"))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def bomb_webp(width: int, height: int) -> bytes:
    """An animation's canvas may be larger than its frames."""
    data = bytearray(images()["webp-moving"])
    data[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def bomb_tiff_tile() -> bytes:
    """A small picture in one tile of 4 gigapixels."""
    data = bytearray(saved(quadrants(), "TIFF", compression="tiff_adobe_deflate"))
    at = struct.unpack_from("<I", data, 4)[0]
    names = {278: (322, 65_520), 273: (324, None), 279: (325, None)}
    entries = []
    for index in range(struct.unpack_from("<H", data, at)[0]):
        tag, kind, count, value = struct.unpack_from("<HHII", data, at + 2 + 12 * index)
        new_tag, new_value = names.get(tag, (tag, None))
        entries.append((new_tag, kind, count, value if new_value is None else new_value))
    entries = sorted([*(e for e in entries if e[0] != 317), (323, 4, 1, 65_520)])
    out = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries) + bytes(4)
    data[4:8] = struct.pack("<I", len(data))
    return bytes(data) + out


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (bomb_png(19_000, 19_000), "more than 178 megapixels; at most 64"),
        (bomb_png(2**31 - 1, 10), "more than 178 megapixels"),
        (bomb_png(12_000, 12_000), "144 megapixels; at most 64"),
        (bomb_png(40_000, 1_000), "at most 20,000 on a side"),
        (bomb_gif(12_000, 10_000), "120 megapixels"),
        (bomb_webp(12_000, 12_000), "144 megapixels"),
        (bomb_tiff_tile(), "megapixels"),
    ],
    ids=["png-361", "png-side", "png-144", "png-long", "gif", "webp", "tiff-tile"],
)
def test_bombs_are_refused_by_their_header_without_a_warning(data: bytes, message: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(MediaError, match=message):
            decode(data)


def test_a_picture_too_large_for_the_memory_budget_is_refused_by_it() -> None:
    data = png(Image.new("RGB", (6000, 6000)))
    with pytest.raises(MediaError, match="more memory"):
        decode(data, limits=Limits(decode_memory_bytes=60 * 2**20))


@pytest.mark.parametrize("name", images())
def test_truncated_pictures_are_refused(name: str) -> None:
    data = images()[name]
    for share in (0.3, 0.6, 0.9) if name != "gif-moving" else (0.2,):  # later, its first frame is whole
        with pytest.raises(MediaError):
            decode(data[: int(len(data) * share)])


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_large_pictures_are_reduced_not_refused(kind: str) -> None:
    media = decode(saved(quadrants(5000, 1000), kind)).media
    assert isinstance(media, Image.Image)
    assert media.size == (2048, 410)
    np.testing.assert_allclose(np.asarray(media)[100, 500], RED, atol=6)


def test_the_memory_of_a_decoded_picture_does_not_hang_on_its_file() -> None:
    media = decode_here(images()["png"]).media
    assert type(media) is Image.Image
    media.putpixel((0, 0), (1, 2, 3))
    assert media.getpixel((0, 0)) == (1, 2, 3)


def test_thumbnail_is_a_small_webp_and_never_enlarged() -> None:
    small = Image.open(io.BytesIO(thumbnail(quadrants(1000, 500), size=100)))
    assert (small.format, small.size) == ("WEBP", (100, 50))
    assert Image.open(io.BytesIO(thumbnail(quadrants(60, 40)))).size == (60, 40)
