"""Parts of the page about a person as HTML: a history as a strip, and why a result is there. Pure functions.

Everything that comes from a catalogue goes through `html.escape`; colours follow the theme by `light-dark()`.
"""

from collections.abc import Sequence
from html import escape

from mmdemo.types import Modality
from mmdemo.ui.compare_lists_html import Cell
from mmdemo.ui.modality import CARD, MUTED, light_dark, look
from mmdemo.ui.text import _, percent_below

_PICTURE = "width:5rem;height:3.75rem;border-radius:.375rem;object-fit:cover;display:flex"
_CLAMPED = "overflow:hidden;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow-wrap:anywhere"
_LINE = f"margin:.25rem 0 0;font-size:.875rem;line-height:1.25rem;color:{light_dark(MUTED)}"


def strip(cells: Sequence[Cell], label: str) -> str:
    """Small pictures with titles in one row that scrolls within itself.

    Args:
        cells: One an item; a note stands before its title.
        label: What the row is, for a screen reader.
    """
    shown = "".join(_tile(cell) for cell in cells)
    return (
        f'<div role="region" aria-label="{escape(label)}" tabindex="0" style="overflow-x:auto;padding-bottom:.25rem">'
        f'<ul style="display:flex;gap:.5rem;list-style:none;margin:0;padding:0">{shown}</ul></div>'
    )


def standing(percentile: float, move: str) -> str:
    """How a result stands among all items, and what happened to it since the last rating."""
    moved = f'<span style="float:right;font-weight:600">{escape(move)}</span>' if move else ""
    said = _("ahead of {share} of items").format(share=percent_below(percentile))
    return f'<p style="{_LINE};margin:0 0 .25rem;font-variant-numeric:tabular-nums">{moved}{escape(said)}</p>'


def reason(words: str, kind: Modality | None) -> str:
    """Why a result is there, in two lines of one height, with the shape of the modality that it came through."""
    mark = ""
    if kind is not None:
        mark = f'<span aria-hidden="true" style="color:{look(kind).css}">{look(kind).glyph}</span> '
    return (
        f'<div style="height:2.75rem;overflow:hidden"><p style="{_LINE};{_CLAMPED}" '
        f'title="{escape(words)}">{mark}{escape(words)}</p></div>'
    )


def _tile(cell: Cell) -> str:
    if cell.picture:
        shown = f'<img src="{escape(cell.picture)}" alt="" style="{_PICTURE}">'
    else:
        shape = look(cell.modality)
        shown = (
            f'<span aria-hidden="true" style="{_PICTURE};align-items:center;justify-content:center;'
            f'background:{light_dark(CARD)};color:{shape.css}">{shape.glyph}</span>'
        )
    note = f"{escape(cell.note)} " if cell.note else ""
    return (
        f'<li style="flex:none;width:5rem;margin:0">{shown}'
        f'<span style="font-size:.75rem;line-height:1rem;{_CLAMPED}">{note}{escape(cell.title)}</span></li>'
    )
