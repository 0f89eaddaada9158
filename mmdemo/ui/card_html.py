"""The text part of a card as HTML: one element a card instead of six, so twelve cards draw at once. Pure functions.

Everything that comes from a catalogue or a user goes through `html.escape`; colours follow the theme by `light-dark()`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mmdemo.types import Modality
from mmdemo.ui.modality import CARD, MUTED, PAGE, light_dark, look
from mmdemo.ui.text import _, closeness, closeness_word, shorten, signed

_CLAMPED = (
    "overflow:hidden;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;"
    "overflow-wrap:anywhere;padding:0"
)
_TITLE = f"{_CLAMPED};font-weight:600;font-family:inherit;font-size:1rem;line-height:1.25rem;margin:0 0 .25rem"
_TEXT = f"{_CLAMPED};color:{light_dark(MUTED)};font-size:.875rem;line-height:1.25rem;margin:0"
_HEADING_HEIGHT = "4rem"
"""A title of one line and two of text, or of two lines and one of text."""
_TEXT_LENGTH = 160


@dataclass(frozen=True, slots=True)
class Share:
    """What one part of the query added to an item's score."""

    label: str
    modality: Modality | None
    value: float


def heading(title: str, text: str, *, level: int = 2) -> str:
    """Title and text in a block of one height, so that cards stay aligned."""
    return (
        f'<div style="height:{_HEADING_HEIGHT};overflow:hidden"><h{level} style="{_TITLE}">{escape(title)}</h{level}>'
        f'<p style="{_TEXT}">{escape(shorten(text, _TEXT_LENGTH))}</p></div>'
    )


def placeholder(modality: Modality | None, words: str) -> str:
    """A drawn stand-in where an item has no picture: the icon of what it has, in that modality's colour."""
    shape = look(modality)
    return (
        f'<div role="img" aria-label="{escape(words)}" style="aspect-ratio:4/3;border-radius:.5rem;display:flex;'
        f'align-items:center;justify-content:center;background:{light_dark(CARD)};color:{shape.css}">'
        f'<span aria-hidden="true" style="font-family:\'Material Symbols Rounded\';font-size:4rem;line-height:1;'
        f"font-feature-settings:'liga'\">{shape.icon}</span></div>"
    )


def match(percentile: float, shares: Sequence[Share], scale: float) -> str:
    """How close the item is, in a word and as a percentile, above the contribution bar."""
    return (
        '<p style="margin:0 0 .25rem;font-size:.875rem;line-height:1.4;font-variant-numeric:tabular-nums">'
        f"<strong>{escape(closeness_word(percentile))}</strong> "
        f'<span style="color:{light_dark(MUTED)}">· {escape(closeness(percentile))}</span></p>{bar(shares, scale)}'
    )


def bar(shares: Sequence[Share], scale: float) -> str:
    """One stacked bar: what each part of the query added, in outline where it took away.

    Args:
        shares: One a query part.
        scale: The largest sum of absolute contributions among the results; it fills the bar.
    """
    total = sum(abs(share.value) for share in shares)
    width = 100.0 * min(1.0, total / scale) if scale > 0 else 0.0
    spoken = _("What each part added: {parts}").format(
        parts=", ".join(f"{share.label} {signed(share.value)}" for share in shares)
    )
    cells = "".join(_cell(share, total) for share in shares if total > 0 and abs(share.value) / total >= 0.005)
    return (
        f'<div role="img" aria-label="{escape(spoken)}" style="background:{light_dark(CARD)};border-radius:.25rem;'
        f'height:1.25rem;overflow:hidden"><div style="display:flex;gap:2px;height:100%;width:{width:.1f}%">{cells}'
        "</div></div>"
    )


def _cell(share: Share, total: float) -> str:
    shape = look(share.modality)
    fill = f"background:{shape.css};color:{light_dark(PAGE)};line-height:1.25rem"
    outline = f"border:1px dashed {shape.css};color:{shape.css};line-height:1.125rem"
    style = (
        f"flex:{abs(share.value) / total:.4f} 1 0;min-width:0;box-sizing:border-box;padding:0 .25rem;font-size:.75rem;"
        f"overflow:hidden;white-space:nowrap;text-overflow:ellipsis;{fill if share.value >= 0 else outline}"
    )
    label = f"{shape.glyph if share.value >= 0 else '−'} {escape(share.label)}"
    return f'<span title="{escape(share.label)}: {signed(share.value)}" style="{style}">{label}</span>'
