"""A catalogue item's picture, sound and words, the same on result cards, in the catalogue and in details."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.types import Item, Modality
from mmdemo.ui import card_html
from mmdemo.ui.pictures import tile
from mmdemo.ui.text import _

if TYPE_CHECKING:
    from mmdemo.engine import Engine

_CONTAINERS = ((b"RIFF", "audio/wav"), (b"OggS", "audio/ogg"), (b"fLaC", "audio/flac"), (b"ID3", "audio/mpeg"))


def picture(engine: Engine, item: Item) -> None:
    """Draw the item's picture, or the icon of what it has instead."""
    path = engine.thumbnail_path(item)
    if path is not None:
        st.image(tile(str(path)), width="stretch", alt=_("Picture of {item}").format(item=item.title))
        return
    modality = next((kind for kind in (Modality.AUDIO, Modality.VIDEO, Modality.TEXT) if kind in item.media), None)
    st.html(card_html.placeholder(modality, _("{item} has no picture").format(item=item.title)))


def player(engine: Engine, item: Item, *, autoplay: bool = False) -> None:
    """Draw a player where the item has a sound; it begins by itself with `autoplay`."""
    if Modality.AUDIO in item.media:
        data = engine.media_path(item, Modality.AUDIO).read_bytes()
        st.audio(data, format=_mime(data), alt=_("Sound of {item}").format(item=item.title), autoplay=autoplay)


def says_more(item: Item) -> bool:
    """Whether the item's text says more than its title."""
    return _bare(item.media.get(Modality.TEXT, "")) not in ("", _bare(item.title))


def second_line(item: Item) -> str:
    """The item's text where it says more than the title, else its tags."""
    return item.media[Modality.TEXT] if says_more(item) else ", ".join(item.tags)


def _bare(words: str) -> str:
    return words.strip().rstrip(".").casefold()


def _mime(data: bytes) -> str:
    return next((mime for start, mime in _CONTAINERS if data.startswith(start)), "audio/mpeg")
