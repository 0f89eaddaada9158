"""Pictures of the built-in sources made alike: on white, square, with a margin, as PNG."""

import io

from PIL import Image

MARGIN = 0.07
"""Free space on each side as a share of the longer side, so that a centre crop of an encoder cuts nothing off."""

MAX_SIDE_PX = 512


def square_on_white(data: bytes) -> bytes:
    """Lay a picture on a white square, centred, with a margin.

    Args:
        data: An encoded picture from a verified package, transparent or not.

    Returns:
        PNG, at most `MAX_SIDE_PX` a side; never larger than the original with its margin.

    Raises:
        OSError: It cannot be decoded.
    """
    with Image.open(io.BytesIO(data)) as opened:
        picture = opened.convert("RGBA")
    side = round(max(picture.size) * (1 + 2 * MARGIN))
    if side > MAX_SIDE_PX:
        scale = MAX_SIDE_PX / side
        picture = picture.resize(
            (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))), Image.Resampling.LANCZOS
        )
        side = MAX_SIDE_PX
    square = Image.new("RGB", (side, side), "white")
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2), mask=picture.getchannel("A"))
    out = io.BytesIO()
    square.save(out, "PNG")
    return out.getvalue()


def draw_svg(svg: bytes, *, width_px: int = MAX_SIDE_PX) -> bytes:
    """Draw a vector picture of a verified package as PNG on white.

    Raises:
        ValueError: It cannot be drawn.
    """
    import resvg_py

    # No fonts of this system: the same picture everywhere.
    return resvg_py.svg_to_bytes(svg_string=svg.decode(), width=width_px, skip_system_fonts=True, background="white")
