"""Result lists next to each other as one table of HTML: a column a model, a row a place. Pure functions.

One table keeps the lists side by side on a phone, where columns of the page would go below each other; more lists than
fit are scrolled to within it. Everything that comes from a catalogue goes through `html.escape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mmdemo.types import Modality
from mmdemo.ui.modality import CARD, MUTED, light_dark, look
from mmdemo.ui.text import _

_COLUMN = "min-width:9.5rem;max-width:20rem;vertical-align:top;text-align:left;padding:.375rem .5rem;font-weight:400"
_TITLE = (
    "overflow:hidden;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow-wrap:anywhere;"
    "line-height:1.25rem;font-size:.9375rem"
)
_PICTURE = "width:3.5rem;height:2.625rem;border-radius:.25rem;flex:none"
_NOTE = f"font-size:.8125rem;line-height:1.25rem;color:{light_dark(MUTED)}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One result.

    Args:
        title: What the item is called.
        picture: Its thumbnail as a "data:" address; empty where it has none.
        modality: What it has instead of a picture.
        note: What happened to it from the first list to this one.
    """

    title: str
    picture: str
    modality: Modality | None
    note: str


def move(won: int | None) -> str:
    """What happened to an item since the first list, from the places it won: "up 3"; None: "new"."""
    if won is None:
        return _("new")
    if won == 0:
        return _("same place")
    return _("▲ up {count}").format(count=won) if won > 0 else _("▼ down {count}").format(count=-won)


def table(columns: Sequence[tuple[str, Sequence[Cell]]]) -> str:
    """The lists next to each other.

    Args:
        columns: What each model is called, and its results, best first.
    """
    heads = "".join(
        f'<th scope="col" style="{_COLUMN};font-weight:600">{escape(label)}</th>' for label, _cells in columns
    )
    rows = ""
    for place in range(max((len(cells) for _label, cells in columns), default=0)):
        cells = "".join(_cell(cells[place]) if place < len(cells) else "<td></td>" for _label, cells in columns)
        number = f'<th scope="row" style="padding:.375rem .25rem;{_NOTE};vertical-align:top">{place + 1}</th>'
        rows += f'<tr style="border-top:1px solid {light_dark(CARD)}">{number}{cells}</tr>'
    label = escape(_("Results of each model, best first"))
    return (
        f'<div role="region" aria-label="{label}" tabindex="0" style="overflow-x:auto">'
        f'<table style="border-collapse:collapse;width:100%"><thead><tr><th scope="col" style="{_NOTE}">'
        f"{escape(_('Place'))}</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(cell: Cell) -> str:
    if cell.picture:
        shown = f'<img src="{escape(cell.picture)}" alt="" style="{_PICTURE};object-fit:cover">'
    else:
        shape = look(cell.modality)
        shown = (
            f'<span aria-hidden="true" style="{_PICTURE};display:flex;align-items:center;justify-content:center;'
            f'background:{light_dark(CARD)};color:{shape.css}">{shape.glyph}</span>'
        )
    note = f'<div style="{_NOTE}">{escape(cell.note)}</div>' if cell.note else ""
    return (
        f'<td style="{_COLUMN}"><div style="display:flex;gap:.5rem">{shown}'
        f'<div style="min-width:0"><div style="{_TITLE}">{escape(cell.title)}</div>{note}</div></div></td>'
    )
