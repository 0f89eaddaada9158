"""How training runs look in figures: a colour, a dash and a marker each, none of them a modality's."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from textwrap import wrap

from mmdemo.figures.palette import ACTION, Pair, pick

RUN_COLOURS: tuple[Pair, ...] = (
    ACTION,
    ("#663300", "#BB7700"),
    ("#DD0055", "#77EEEE"),
    ("#776600", "#DDDD99"),
    ("#7755FF", "#9966FF"),
    ("#553366", "#AA9988"),
)
"""In order of use; far from each other and from every modality's colour."""
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_SYMBOLS = ("hexagon2", "cross", "x", "star", "pentagon", "hourglass", "bowtie")
"""As many dashes, markers and colours as have no common divisor: together they repeat after 210 runs."""

_LABEL_CHARACTERS = 16
"""A longer name takes two lines, so that it leaves room for the plot on a phone."""


@dataclass(frozen=True, slots=True)
class RunLook:
    """How one run looks.

    Args:
        colour: "#RRGGBB".
        dash: Plotly's name of a line.
        symbol: Plotly's name of a marker.
    """

    colour: str
    dash: str
    symbol: str


def run_look(number: int, *, dark: bool) -> RunLook:
    """The look of a run by its place among those compared, from 0 on."""
    return RunLook(
        pick(RUN_COLOURS[number % len(RUN_COLOURS)], dark),
        _DASHES[number % len(_DASHES)],
        _SYMBOLS[number % len(_SYMBOLS)],
    )


def tick_label(label: str) -> str:
    """What a run is called, as the label of a tick."""
    return "<br>".join(escape(line) for line in wrap(label, _LABEL_CHARACTERS))
