"""Waiting for the engine without a jump: skeletons where the cards will be, and a word about what is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.ui.layout import muted
from mmdemo.ui.text import _
from mmdemo.ui.warm import WarmEngine

if TYPE_CHECKING:
    from mmdemo.engine import Engine

_POLL_S = 0.1
_COLUMNS = 4
_CARD_PX = 240
_SKELETON_PX = 380


def opened(warm: WarmEngine) -> Engine:
    """The open engine; skeletons are shown until it is.

    Raises:
        MmdemoError: The workspace could not be opened.
    """
    if not warm.is_open:
        slot = st.empty()
        with slot.container():
            skeletons(_("Opening the catalogue"))
        while not warm.wait_opened(_POLL_S):
            pass
        slot.empty()
    return warm.engine()


def skeletons(words: str) -> None:
    """Draw one row of skeleton cards under what is being waited for."""
    muted(f":material/hourglass_top: {words}")
    grid = st.grid(_COLUMNS, min_column_width=_CARD_PX)
    for _index in range(_COLUMNS):
        grid.skeleton(_SKELETON_PX)
