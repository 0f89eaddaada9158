"""Pictures of one size for card grids, so that rows align whatever the catalogue holds."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from PIL import Image

TILE = (480, 360)
_MARGIN = 24
_LARGEST_ZOOM = 3.0
_NEARLY_WHITE = 245


@st.cache_data(max_entries=2000, show_spinner=False)
def tile(path: str) -> bytes:
    """A 4:3 JPEG of the picture at `path`, centred on white as catalogues show goods, its own white margin cut off.

    JPEG because Streamlit would re-encode any other opaque picture on every draw.
    """
    from PIL import Image

    with Image.open(Path(path)) as opened:
        picture = _without_white_margin(opened.convert("RGB"))
    room = (TILE[0] - 2 * _MARGIN, TILE[1] - 2 * _MARGIN)
    zoom = min(room[0] / picture.width, room[1] / picture.height, _LARGEST_ZOOM)
    picture = picture.resize((max(1, round(picture.width * zoom)), max(1, round(picture.height * zoom))))
    canvas = Image.new("RGB", TILE, "white")
    canvas.paste(picture, ((TILE[0] - picture.width) // 2, (TILE[1] - picture.height) // 2))
    buffer = io.BytesIO()
    canvas.save(buffer, format="JPEG", quality=88)
    return buffer.getvalue()


def _without_white_margin(picture: "Image.Image") -> "Image.Image":
    ink = picture.convert("L").point([255 * (level < _NEARLY_WHITE) for level in range(256)]).getbbox()
    return picture if ink is None else picture.crop(ink)
