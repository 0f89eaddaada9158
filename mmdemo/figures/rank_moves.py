"""How results move from the list of one model to that of another: one line an item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from mmdemo.errors import QueryError
from mmdemo.figures.chart import Chart
from mmdemo.figures.palette import ACTION, MUTED, OTHER, TEXT, pick
from mmdemo.figures.run_looks import tick_label
from mmdemo.figures.template import GRID_PX, head

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Ranked = tuple[str, Sequence[str]]
"""What a model is called, and the ids it found, best first."""
_ROW_PX = 4 * GRID_PX
_TITLE_LENGTH = 15
_STAYED = 1
"""A move of this many places or fewer is drawn as staying."""


@dataclass(frozen=True, slots=True)
class _Move:
    """One item: its places from 1 on, None where it is not in the list."""

    item_id: str
    before: int | None
    after: int | None

    @property
    def rise(self) -> int | None:
        """Places won; None where it is in one list only."""
        return None if self.before is None or self.after is None else self.before - self.after


def rank_moves(first: Ranked, second: Ranked, titles: Mapping[str, str], *, dark: bool = False) -> Chart:
    """Draw where each item stands in two lists; what is in one only comes from, or goes to, the bottom row.

    Args:
        first: The list to start from.
        second: The list to end at.
        titles: Item id to what the item is called.
        dark: Whether the page is dark.

    Raises:
        QueryError: One of the lists is empty.
    """
    from plotly.graph_objects import Figure, Scatter

    moves = _moves(first[1], second[1])
    figure = Figure()
    length = max(len(first[1]), len(second[1]))
    for move in sorted(moves, key=lambda move: abs(move.rise or 0)):
        colour, width, dash = _look(move, dark=dark)
        title = escape(titles.get(move.item_id, move.item_id))
        figure.add_trace(
            Scatter(
                x=[0, 1],
                y=[length + 1 if place is None else place for place in (move.before, move.after)],
                mode="lines+markers+text",
                line={"color": colour, "width": width, "dash": dash},
                marker={
                    "symbol": ["x-thin" if place is None else "circle" for place in (move.before, move.after)],
                    "size": 9,
                    "color": colour,
                    "line": {"width": 2, "color": colour},
                },
                text=["" if place is None else _short(title) for place in (move.before, move.after)],
                textposition=["middle left", "middle right"],
                textfont={"size": 13, "color": pick(TEXT, dark)},
                cliponaxis=False,
                hovertemplate=f"{title}: {_said(move)}<extra></extra>",
            )
        )
    title, alt = _finding(moves, first, second, titles)
    top = head(figure, title, dark=dark, subtitle="Thick: rises, or is new; dashed: falls, or leaves; thin: stays.")
    _layout(figure, (first[0], second[0]), length, top, dark=dark)
    return Chart(figure, alt)


def _moves(before: Sequence[str], after: Sequence[str]) -> list[_Move]:
    if not before or not after:
        raise QueryError(
            "rank moves with an empty list", expected="results of both models are needed", remedy="ask something else"
        )
    places = [{item_id: place for place, item_id in enumerate(ids, start=1)} for ids in (before, after)]
    return [_Move(item_id, places[0].get(item_id), places[1].get(item_id)) for item_id in places[0] | places[1]]


def _look(move: _Move, *, dark: bool) -> tuple[str, float, str]:
    """Colour, width and dash of a line."""
    if move.before is None or (move.rise is not None and move.rise > _STAYED):
        return pick(ACTION, dark), 3, "solid"
    if move.after is None or (move.rise is not None and move.rise < -_STAYED):
        return pick(MUTED, dark), 2, "dash"
    return pick(OTHER, dark), 1.5, "solid"


def _layout(figure: Figure, names: tuple[str, str], length: int, top: int, *, dark: bool) -> None:
    figure.update_layout(
        height=top + _ROW_PX * (length + 1) + 7 * GRID_PX,
        showlegend=False,
        xaxis={
            "tickmode": "array",
            "tickvals": [0, 1],
            "ticktext": [f"<b>{tick_label(name)}</b>" for name in names],
            "tickfont": {"color": pick(TEXT, dark)},
            "tickangle": 0,
            "range": [-0.95, 1.75],
            "showgrid": False,
            "fixedrange": True,
        },
        yaxis={
            "title": {"text": "place in the list", "standoff": 2},
            "tickmode": "array",
            "tickvals": list(range(1, length + 2)),
            "ticktext": [*map(str, range(1, length + 1)), "later"],
            "range": [length + 1.5, 0.5],
            "showgrid": False,
            "fixedrange": True,
        },
    )


def _short(title: str) -> str:
    return title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1].rstrip() + "…"


def _said(move: _Move) -> str:
    if move.before is None:
        return f"new, at place {move.after}"
    return f"leaves from place {move.before}" if move.after is None else f"place {move.before} to place {move.after}"


def _finding(moves: Sequence[_Move], first: Ranked, second: Ranked, titles: Mapping[str, str]) -> tuple[str, str]:
    """The title, and the same with the largest moves."""
    both = [move for move in moves if move.rise is not None]
    new = len(second[1]) - len(both)
    if new == 0 and len(first[1]) == len(second[1]) and not any(move.rise for move in both):
        title = "Both show the same results in the same order"
    else:
        title = f"{new} of {len(second[1])} results of {second[0]} are new"
    parts = []
    for sign, verb in ((1, "rises"), (-1, "falls")):
        most = max(both, key=lambda move: sign * (move.rise or 0), default=None)
        if most is not None and sign * (most.rise or 0) > 0:
            parts.append(f"{titles.get(most.item_id, most.item_id)} {verb} most, by {abs(most.rise or 0)}")
    said = [f"{title}, against {first[0]}", f"{len(both)} are in both lists", *(["; ".join(parts)] if parts else [])]
    return title, f"{'. '.join(said)}."
