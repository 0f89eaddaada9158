"""Pictures of one size for card grids, so that rows align whatever the catalogue holds."""

import io
from pathlib import Path

import streamlit as st

TILE = (480, 360)


@st.cache_data(max_entries=2000, show_spinner=False)
def tile(path: str) -> bytes:
    """A 4:3 JPEG of the picture at `path`, whole, centred on white as catalogues show goods.

    JPEG because Streamlit would re-encode any other opaque picture on every draw.
    """
    from PIL import Image

    with Image.open(Path(path)) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail(TILE)
    canvas = Image.new("RGB", TILE, "white")
    canvas.paste(picture, ((TILE[0] - picture.width) // 2, (TILE[1] - picture.height) // 2))
    buffer = io.BytesIO()
    canvas.save(buffer, format="JPEG", quality=88)
    return buffer.getvalue()
