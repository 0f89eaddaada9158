"""Names beside points: on a side where they cover neither another point nor another name."""

from collections.abc import Sequence

from mmdemo.figures.map_labels import width_px
from mmdemo.types import FloatArray

_LINE_PX = 18.0
_POINT_PX = 14.0
_SIDES = {
    "top center": (0.0, 1.0),
    "bottom center": (0.0, -1.0),
    "middle right": (1.0, 0.0),
    "middle left": (-1.0, 0.0),
    "top right": (1.0, 1.0),
    "top left": (-1.0, 1.0),
    "bottom right": (1.0, -1.0),
    "bottom left": (-1.0, -1.0),
}
"""Plotly's words, and which way the name lies from its point; the first that is free is taken."""


def label_sides(points: FloatArray, names: Sequence[str], *, width: float) -> list[str]:
    """Where the name of each point goes, as Plotly says it; empty where there is no room, or no name.

    Args:
        points: (n, 2) in pixels, from the left and from the bottom; those that need their name most come first.
        names: (n,) names; an empty one only keeps others off its point.
        width: Of the plot in pixels; names stay within.
    """
    taken = [(float(x), float(y), _POINT_PX, _POINT_PX) for x, y in points]
    sides = []
    for own, (point, name) in enumerate(zip(points, names, strict=True)):
        wide = width_px(name)
        chosen = ""
        for side, (across, up) in _SIDES.items() if name else ():
            x = float(point[0]) + across * (wide + _POINT_PX) / 2
            y = float(point[1]) + up * (_LINE_PX + _POINT_PX) / 2
            within = wide / 2 <= x <= width - wide / 2
            box = (x, y, wide, _LINE_PX)
            if within and not any(_touch(box, other) for at, other in enumerate(taken) if at != own):
                taken.append(box)
                chosen = side
                break
        sides.append(chosen)
    return sides


def _touch(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether two boxes (x, y of the middle, width, height) overlap."""
    return all(abs(one[axis] - other[axis]) < (one[axis + 2] + other[axis + 2]) / 2 for axis in (0, 1))
