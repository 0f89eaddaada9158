"""How a model looks in figures by where it stands against the best: by colour, filling and shape."""

from typing import Any, Literal

from mmdemo.figures.palette import ACTION, MUTED, PAGE, pick

Standing = Literal["best", "level", "behind"]
"""The best; not really behind it, as far as anybody can tell; really behind it."""


def standing_marker(standing: Standing, *, dark: bool) -> dict[str, Any]:
    """A star for the best, a disc for those that may be as good, a ring for those behind."""
    colour = colour_of(standing, dark=dark)
    fill = pick(PAGE, dark) if standing == "behind" else colour
    symbol = "star" if standing == "best" else "circle"
    return {"symbol": symbol, "size": 12, "color": fill, "line": {"color": colour, "width": 2}}


def colour_of(standing: Standing, *, dark: bool) -> str:
    """The colour for the theme."""
    return pick(MUTED if standing == "behind" else ACTION, dark)
