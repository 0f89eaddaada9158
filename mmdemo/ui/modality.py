"""One table: how each modality looks and what it is called, the same on every chip, bar, legend and map."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mmdemo.types import Modality
from mmdemo.ui.text import _

PAGE = ("#FCFCFD", "#0E1016")
CARD = ("#F3F4F8", "#181B25")
MUTED = ("#585C6B", "#A3A8B8")


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


LOOKS: Mapping[Modality, Look] = MappingProxyType(
    {
        Modality.TEXT: Look("#0072B2", "#56B4E9", "blue", "article", "●", "circle"),
        Modality.IMAGE: Look("#B84A00", "#FF9E57", "orange", "image", "■", "square"),
        Modality.AUDIO: Look("#00785A", "#35C99B", "green", "graphic_eq", "◆", "diamond"),
        Modality.VIDEO: Look("#9A4F7C", "#E29CC4", "violet", "movie", "▲", "triangle-up"),
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
