"""Every colour of the product, as (light theme, dark theme) pairs, and the marker shape of each modality.

All text reaches 4.5:1 and all markers 3:1 on the page of their theme (WCAG 2.2). The categories were searched for the
largest smallest CIEDE2000 distance as readers without red, green or blue cones see them (Machado et al. 2009); it is
13.6. tests/figures/test_palette.py holds both.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from mmdemo.types import Modality

Pair: TypeAlias = tuple[str, str]
"""A colour on the light and on the dark theme."""
Scale: TypeAlias = list[tuple[float, str]]
"""A Plotly colour scale: positions in [0, 1] and colours."""

PAGE: Pair = ("#FCFCFD", "#0E1016")
CARD: Pair = ("#F3F4F8", "#181B25")
TEXT: Pair = ("#1B1D28", "#ECEEF4")
MUTED: Pair = ("#585C6B", "#A3A8B8")
ACTION: Pair = ("#4338CA", "#A5B4FC")
BORDER: Pair = ("#D9DBE4", "#33384A")
OTHER: Pair = ("#8C91A0", "#646A7D")
"""Everything that is not the point: categories beyond the palette, points without a value."""

MODALITY_COLOURS: Mapping[Modality, Pair] = MappingProxyType(
    {
        Modality.TEXT: ("#0072B2", "#56B4E9"),
        Modality.IMAGE: ("#B84A00", "#FF9E57"),
        Modality.AUDIO: ("#00785A", "#35C99B"),
        Modality.VIDEO: ("#9A4F7C", "#E29CC4"),
    }
)
MODALITY_MARKERS: Mapping[Modality, str] = MappingProxyType(
    {
        Modality.TEXT: "circle",
        Modality.IMAGE: "square",
        Modality.AUDIO: "diamond",
        Modality.VIDEO: "triangle-up",
    }
)
MODALITY_DASHES: Mapping[Modality, str] = MappingProxyType(
    {Modality.TEXT: "solid", Modality.IMAGE: "dash", Modality.AUDIO: "dot", Modality.VIDEO: "dashdot"}
)
MODALITY_WORDS: Mapping[Modality, str] = MappingProxyType(
    {Modality.TEXT: "text", Modality.IMAGE: "picture", Modality.AUDIO: "sound", Modality.VIDEO: "video"}
)
MODALITY_PLURALS: Mapping[Modality, str] = MappingProxyType(
    {Modality.TEXT: "texts", Modality.IMAGE: "pictures", Modality.AUDIO: "sounds", Modality.VIDEO: "videos"}
)
MODALITY_GLYPHS: Mapping[Modality, str] = MappingProxyType(
    {Modality.TEXT: "●", Modality.IMAGE: "■", Modality.AUDIO: "◆", Modality.VIDEO: "▲"}
)

CATEGORICAL: tuple[Pair, ...] = (
    ("#5588FF", "#AAAAFF"),
    ("#779900", "#99AA11"),
    ("#DD3377", "#FF88AA"),
    ("#661155", "#11EEDD"),
    ("#007766", "#228866"),
    ("#770000", "#FFCC99"),
    ("#0044AA", "#5555CC"),
    ("#886633", "#995522"),
)
"""Colours of categories; the first are the farthest apart."""


def pick(pair: Pair, dark: bool) -> str:
    """The colour of a pair for the theme."""
    return pair[1 if dark else 0]


def modality_colour(modality: Modality, *, dark: bool) -> str:
    """The colour of a modality for the theme."""
    return pick(MODALITY_COLOURS[modality], dark)


def categorical(*, dark: bool) -> tuple[str, ...]:
    """The colours of categories for the theme, in order of use."""
    return tuple(pick(pair, dark) for pair in CATEGORICAL)


def rgba(colour: str, opacity: float) -> str:
    """A "#RRGGBB" colour with an opacity in [0, 1], as CSS writes it."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"


def mix(first: str, second: str, share: float) -> str:
    """The colour that lies `share` of the way from `first` to `second` in sRGB."""
    pairs = [(int(first[at : at + 2], 16), int(second[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(low + (high - low) * share):02X}" for low, high in pairs)


def sequential(hue: Pair = ACTION, *, dark: bool, start: float = 0.0, stop: float = 1.0) -> Scale:
    """A one-hue scale for amounts: the part from `start` to `stop`, in [0, 1], of the way from the card to `hue`."""
    low, high = pick(CARD, dark), pick(hue, dark)
    return [(step / 4, mix(low, high, start + (stop - start) * step / 4)) for step in range(5)]


def diverging(*, dark: bool) -> Scale:
    """A scale for signed amounts: image colour, page colour in the middle, text colour."""
    ends = (modality_colour(Modality.IMAGE, dark=dark), modality_colour(Modality.TEXT, dark=dark))
    return [(0.0, ends[0]), (0.5, pick(PAGE, dark)), (1.0, ends[1])]


def symbol(modality: Modality, dimensions: int = 2) -> str:
    """The marker of a modality; 3-D knows no triangle, a cross stands for it."""
    marker = MODALITY_MARKERS[modality]
    return "cross" if dimensions == 3 and marker == "triangle-up" else marker
