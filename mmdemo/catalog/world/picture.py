"""How the world's factors look.

kind: the outline of the shape. colour: its hue. mood: the background. tempo: how many bars stand along the lower edge.
size: the shape's size. place: where it is. Position and hue vary a little from item to item.
"""

import colorsys
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from mmdemo.catalog.world.factors import NEUTRAL

SIDE_PX = 192
HUES = (0.0, 30 / 360, 55 / 360, 120 / 360, 175 / 360, 225 / 360, 275 / 360, 325 / 360)
"""Hue of each colour, 0 to 1; at most `_HUE_JITTER` off in a picture."""

_OVERSAMPLING = 2
_HUE_JITTER = 3 / 360
_GREY = (125, 125, 125)
_BACKGROUNDS = ((223, 238, 252), (255, 247, 205), (176, 184, 199), (58, 40, 54))
_PLAIN_BACKGROUND = (245, 245, 245)
_BAR = (90, 90, 90)
_RADII = (0.3, 0.2, 0.12)
_CENTRES = ((0.5, 0.56), (0.34, 0.34), (0.66, 0.34), (0.34, 0.56), (0.66, 0.56))
_JITTER = 0.015


@dataclass(frozen=True, slots=True)
class _Disc:
    """A disc of a shape, in units of the shape's radius; a hole shows the background."""

    x: float
    y: float
    radius: float
    is_hole: bool = False


Point = tuple[float, float]


def _spikes(corners: int, inner: float) -> list[Point]:
    radii = [1.0 if corner % 2 == 0 else inner for corner in range(corners)]
    angles = [2 * math.pi * corner / corners - math.pi / 2 for corner in range(corners)]
    return [(radius * math.cos(angle), radius * math.sin(angle)) for radius, angle in zip(radii, angles, strict=True)]


_ARM = 0.33
_CROSS = [(-_ARM, -1.0), (_ARM, -1.0), (_ARM, -_ARM), (1.0, -_ARM), (1.0, _ARM), (_ARM, _ARM)]
_SHAPES: tuple[Sequence[_Disc | list[Point]], ...] = (
    ([(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],),
    ([(0.0, -1.0), (1.0, 0.8), (-1.0, 0.8)],),
    (_spikes(10, 0.42),),
    ([*_CROSS, *((-x, -y) for x, y in _CROSS)],),
    (_Disc(-0.48, -0.4, 0.52), _Disc(0.48, -0.4, 0.52), [(0.0, -0.5), (0.93, -0.15), (0.0, 1.0), (-0.93, -0.15)]),
    ([(0.0, -1.0), (0.62, -0.2), (0.0, 1.0), (-0.62, -0.2)],),
    (_Disc(0.0, 0.0, 1.0), _Disc(0.0, 0.0, 0.55, is_hole=True)),
    (_Disc(0.0, 0.0, 1.0), _Disc(0.45, -0.1, 0.8, is_hole=True)),
)
"""What each kind is drawn from."""
_PLAIN_SHAPE = (_Disc(0.0, 0.0, 0.9),)


def draw_picture(shown: Mapping[str, int], rng: np.random.Generator) -> bytes:
    """PNG of `SIDE_PX` a side.

    Args:
        shown: Index of each factor's value, `NEUTRAL` for those the picture does not carry.
        rng: Jitter of position and hue.
    """
    side = SIDE_PX * _OVERSAMPLING
    x, y, hue = rng.uniform(-1.0, 1.0, size=3)
    ground = _PLAIN_BACKGROUND if shown["mood"] == NEUTRAL else _BACKGROUNDS[shown["mood"]]
    picture = Image.new("RGB", (side, side), ground)
    draw = ImageDraw.Draw(picture)
    centre = (0.5, 0.5) if shown["place"] == NEUTRAL else _CENTRES[shown["place"]]
    radius = (0.2 if shown["size"] == NEUTRAL else _RADII[shown["size"]]) * side
    colour = _GREY if shown["colour"] == NEUTRAL else _rgb(HUES[shown["colour"]] + hue * _HUE_JITTER)
    left, top = (centre[0] + x * _JITTER) * side, (centre[1] + y * _JITTER) * side
    for part in _PLAIN_SHAPE if shown["kind"] == NEUTRAL else _SHAPES[shown["kind"]]:
        if isinstance(part, _Disc):
            middle, reach = (left + radius * part.x, top + radius * part.y), radius * part.radius
            draw.circle(middle, reach, fill=ground if part.is_hole else colour)
        else:
            draw.polygon([(left + radius * x, top + radius * y) for x, y in part], fill=colour)
    _bars(draw, shown["tempo"], side)
    out = io.BytesIO()
    picture.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX).save(out, "PNG")
    return out.getvalue()


def _rgb(hue: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, 0.85, 0.88)
    return round(255 * red), round(255 * green), round(255 * blue)


def _bars(draw: ImageDraw.ImageDraw, tempo: int, side: int) -> None:
    """One bar for slow to four for frantic; none where the picture does not carry the tempo."""
    for bar in range(tempo + 1):
        left = side * (0.06 + 0.08 * bar)
        draw.rectangle((left, 0.9 * side, left + 0.04 * side, 0.97 * side), fill=_BAR)
