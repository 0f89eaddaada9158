"""One table: how each modality looks and what it is called, the same on every chip, bar, legend and map."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mmdemo.figures.palette import CARD, MODALITY_COLOURS, MODALITY_GLYPHS, MODALITY_MARKERS, MUTED, PAGE
from mmdemo.types import Modality
from mmdemo.ui.text import _

__all__ = ["CARD", "LOOKS", "MUTED", "NEUTRAL", "PAGE", "Look", "light_dark", "look", "word"]


@dataclass(frozen=True, slots=True)
class Look:
    """How one modality looks.

    Args:
        light: Colour on the light theme; reaches 4.5:1 on page and card.
        dark: Colour on the dark theme; reaches 4.5:1 on page and card.
        name: Streamlit's name for that colour (`.streamlit/config.toml` gives it the same two values).
        icon: Name of its Material Symbol.
        glyph: Its shape as a character.
        marker: Its shape as a Plotly symbol.
    """

    light: str
    dark: str
    name: str
    icon: str
    glyph: str
    marker: str

    @property
    def material(self) -> str:
        """The icon as Streamlit writes it."""
        return f":material/{self.icon}:"

    @property
    def css(self) -> str:
        """The colour as CSS that follows the theme of the page."""
        return light_dark((self.light, self.dark))


_NAMES_AND_ICONS = {
    Modality.TEXT: ("blue", "article"),
    Modality.IMAGE: ("orange", "image"),
    Modality.AUDIO: ("green", "graphic_eq"),
    Modality.VIDEO: ("violet", "movie"),
}
LOOKS: Mapping[Modality, Look] = MappingProxyType(
    {
        modality: Look(*MODALITY_COLOURS[modality], name, icon, MODALITY_GLYPHS[modality], MODALITY_MARKERS[modality])
        for modality, (name, icon) in _NAMES_AND_ICONS.items()
    }
)
NEUTRAL = Look(MUTED[0], MUTED[1], "gray", "category", "✚", "cross")
"""For items, likes and dislikes: they stand for several modalities at once."""


def look(modality: Modality | None) -> Look:
    """The look of a modality; of an item where it is None."""
    return NEUTRAL if modality is None else LOOKS[modality]


def word(modality: Modality | None) -> str:
    """What people call it: "picture", not "image"."""
    return {
        Modality.TEXT: _("text"),
        Modality.IMAGE: _("picture"),
        Modality.AUDIO: _("sound"),
        Modality.VIDEO: _("video"),
        None: _("item"),
    }[modality]


def light_dark(pair: tuple[str, str]) -> str:
    """CSS for a (light, dark) pair of colours; Streamlit sets `color-scheme`, so it follows a theme change at once."""
    return f"light-dark({pair[0]}, {pair[1]})"
