"""Untrusted picture bytes -> an upright, opaque RGB picture of bounded size; and thumbnails."""

import io

import numpy as np
from PIL import Image

from mmdemo.errors import MediaError
from mmdemo.media.limits import Deadline, Limits, TimedReader
from mmdemo.media.refuse import parser_errors
from mmdemo.media.sniff import Kind

_ORIENTATION = 0x0112  # the EXIF and TIFF tag
_TILE_WIDTH, _TILE_LENGTH = 322, 323  # TIFF tags


def decode_image(data: bytes, kind: Kind, *, limits: Limits, deadline: Deadline) -> Image.Image:
    """Decode the first frame: orientation applied, transparency on white, mode RGB.

    A picture with a side over `limits.kept_image_side` is reduced to it.

    Args:
        data: The file.
        kind: Its sniffed kind; no other Pillow format is tried.
        limits: Held against the header before any pixel is decoded.
        deadline: Looked at on every read.

    Raises:
        MediaError: Outside the limits, damaged, or of a colour mode that cannot be shown.
    """
    with parser_errors(kind.name), _opened(data, kind, limits, deadline) as picture:
        check_size(*picture.size, limits=limits, what="picture")
        if picture.width * picture.height > limits.max_image_pixels:
            raise _too_many_pixels(f"{picture.width * picture.height / 1e6:.0f}", limits)
        _check_tiles(picture, limits)
        kept = (limits.kept_image_side, limits.kept_image_side)
        picture.draft(None, kept)  # JPEG can skip detail while decoding; a no-op for the others
        picture.load()
        deadline.check()
        orientation = _orientation(picture)
        upright = _upright(_on_white(_reduced(_eight_bit(picture), kept)), orientation)
        upright.info = {}  # camera, place and author stay with the file
        return upright


def check_size(width: int, height: int, *, limits: Limits, what: str) -> None:
    """Hold the sides of a picture or video against the limits.

    Raises:
        MediaError: A side is too short or too long, or their ratio too extreme.
    """
    size = f"the {what} is {width} x {height} pixels"
    shortest, longest = sorted((width, height))
    if shortest < limits.min_side:
        raise MediaError(
            size, expected=f"at least {limits.min_side} on each side are needed", remedy="upload a larger one"
        )
    if longest > limits.max_image_side:
        raise MediaError(
            size, expected=f"at most {limits.max_image_side:,} on a side are allowed", remedy="scale it down first"
        )
    if longest > limits.max_aspect_ratio * shortest:
        raise MediaError(
            size,
            expected=f"the longer side may be at most {limits.max_aspect_ratio:g} times the shorter",
            remedy="crop it to the part that matters",
        )


def thumbnail(image: Image.Image, size: int = 384) -> bytes:
    """A small WebP of `image` for cards, its longest side at most `size` pixels (never enlarged).

    Raises:
        MediaError: The picture cannot be encoded.
    """
    with parser_errors("thumbnail"):
        small = image.convert("RGB")
        small.thumbnail((size, size), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "WEBP", quality=82, method=4)
        return out.getvalue()


def _opened(data: bytes, kind: Kind, limits: Limits, deadline: Deadline) -> Image.Image:
    """Read the header; Pillow's own limit, far above ours, stops some files before their size is known here."""
    try:
        return Image.open(TimedReader(data, deadline), formats=[kind.reader])
    except Image.DecompressionBombError as error:
        raise _too_many_pixels("more than 178", limits) from error


def _check_tiles(picture: Image.Image, limits: Limits) -> None:
    """A TIFF's tiles have sizes of their own, which its decoder allocates whatever the picture's size is."""
    tags = getattr(picture, "tag_v2", {})
    width, length = tags.get(_TILE_WIDTH, 0), tags.get(_TILE_LENGTH, 0)
    if width * length > limits.max_image_pixels:
        raise _too_many_pixels(f"{width * length / 1e6:.0f}", limits)


def _too_many_pixels(megapixels: str, limits: Limits) -> MediaError:
    return MediaError(
        f"the picture has {megapixels} megapixels",
        expected=f"at most {limits.max_image_pixels / 1e6:.0f} megapixels are allowed",
        remedy="scale it down first",
    )


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or the block is unreadable (the pixels still are)."""
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # a broken EXIF block raises anything, and is no reason to refuse the picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    transpose = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    return picture if transpose is None else picture.transpose(transpose)


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Bring deep greys (16 and 32 bits, floats) to 8 bits, and palettes and bitmaps to colours that can be averaged."""
    if picture.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(picture) // 257).astype(np.uint8))
    if picture.mode in ("I", "F"):
        return Image.fromarray(_scaled_to_bytes(np.asarray(picture)))
    if picture.mode in ("P", "PA", "1") or "transparency" in picture.info:
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return picture


def _scaled_to_bytes(grey: np.ndarray) -> np.ndarray:
    """Greys (H, W) of unknown range -> uint8, by the narrowest usual range that holds them: 1 (floats), 255, 65535.

    Raises:
        MediaError: There are values that are not numbers.
    """
    low, high = float(grey.min()), float(grey.max())
    if not np.isfinite([low, high]).all():
        raise MediaError(
            "the picture holds values that are not finite numbers",
            expected="finite grey values are needed",
            remedy="save it as an 8-bit or 16-bit picture",
        )
    ranges = (1.0, 255.0, 65535.0) if grey.dtype.kind == "f" else (255.0, 65535.0)
    top = next((r for r in ranges if low >= 0 and high <= r), None)
    start, width = (0.0, top) if top is not None else (low, high - low)
    scaled = np.empty(grey.shape, np.uint8)
    for row in range(0, len(grey), 256):  # in stripes: double precision for a whole large picture would be half a GB
        stripe = (grey[row : row + 256] - np.float64(start)) * (255.0 / width)
        scaled[row : row + 256] = stripe.round().clip(0, 255)
    return scaled


def _reduced(picture: Image.Image, kept: tuple[int, int]) -> Image.Image:
    if max(picture.size) <= max(kept):
        return picture
    scale = max(kept) / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture if type(picture) is Image.Image and picture.mode == "RGB" else _plain_rgb(picture)
    layer = picture.convert("RGBA")
    white = Image.new("RGBA", layer.size, (255, 255, 255, 255))
    white.alpha_composite(layer)
    return white.convert("RGB")


def _plain_rgb(picture: Image.Image) -> Image.Image:
    """RGB without ties to the file it came from."""
    rgb = picture.convert("RGB")
    return rgb if type(rgb) is Image.Image else Image.frombytes("RGB", rgb.size, rgb.tobytes())
