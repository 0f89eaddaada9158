"""Pictures small enough to be part of a table: as "data:" addresses."""

import base64
import io

import streamlit as st

from mmdemo.ui.pictures import tile

_SIZE = (112, 84)
"""Twice what is shown, for sharp screens."""


@st.cache_data(max_entries=2000, show_spinner=False)
def thumbnail(path: str) -> str:
    """The picture at `path` as a small JPEG."""
    from PIL import Image

    with Image.open(io.BytesIO(tile(path))) as opened:
        buffer = io.BytesIO()
        opened.resize(_SIZE).save(buffer, format="JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
