"""How results move between the lists of several models: one column a model, one line an item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from mmdemo.errors import QueryError
from mmdemo.figures.chart import Chart
from mmdemo.figures.palette import ACTION, MUTED, OTHER, TEXT, pick
from mmdemo.figures.template import GRID_PX, head

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Ranked = tuple[str, Sequence[str]]
"""What a model is called, and the ids it found, best first."""
_ROW_PX = 4 * GRID_PX
_TITLE_LENGTH = 15
_STAYED = 1
"""A move of this many places or fewer is drawn as staying."""


def rank_moves(lists: Sequence[Ranked], titles: Mapping[str, str], *, dark: bool = False) -> Chart:
    """Draw where each item stands in each list; a line that goes to the bottom row leaves the list.

    Args:
        lists: Two or more, of one length.
        titles: Item id to what the item is called.
        dark: Whether the page is dark.

    Raises:
        QueryError: Fewer than two lists, or nothing in them.
    """
    from plotly.graph_objects import Figure

    length = max((len(ids) for _, ids in lists), default=0)
    if len(lists) < 2 or not length:
        raise QueryError(
            f"rank moves between {len(lists)} lists", expected="two lists with results", remedy="choose another model"
        )
    figure = Figure()
    items = list(dict.fromkeys(item for _, ids in lists for item in ids))
    for item in sorted(items, key=lambda item: _look(_places(item, lists), length, dark=dark)["order"]):
        _draw(figure, item, lists, titles, length, dark=dark)
    kept = sum(all(item in ids for _, ids in lists) for item in items)
    title = _finding(lists, kept, length)
    subtitle = "Thick: rose; dashed: fell; thin: stayed. Circle: in no list but this; cross: left the list."
    top = head(figure, title, dark=dark, subtitle=subtitle)
    last = len(lists) - 1
    figure.update_layout(
        height=top + _ROW_PX * (length + 1) + 8 * GRID_PX,
        showlegend=False,
        xaxis={
            "tickmode": "array",
            "tickvals": list(range(len(lists))),
            "ticktext": [f"<b>{'<br>'.join(escape(name).split(' ', 1))}</b>" for name, _ in lists],
            "tickfont": {"color": pick(TEXT, dark)},
            "side": "bottom",
            "range": [-0.75 * last, 1.75 * last],
            "showgrid": False,
            "fixedrange": True,
        },
        yaxis={
            "title": "place in the list",
            "tickmode": "array",
            "tickvals": [*range(1, length + 1), length + 1],
            "ticktext": [*(str(place) for place in range(1, length + 1)), "later"],
            "range": [length + 1.5, 0.5],
            "showgrid": False,
            "fixedrange": True,
        },
    )
    figure.update_yaxes(title_standoff=2)
    return Chart(figure, f"{title}. {_moves(lists, titles, length)}")


def _places(item: str, lists: Sequence[Ranked]) -> list[int | None]:
    """The item's place in each list, from 1 on; None where it is not there."""
    return [list(ids).index(item) + 1 if item in ids else None for _, ids in lists]


def _draw(
    figure: Figure,
    item: str,
    lists: Sequence[Ranked],
    titles: Mapping[str, str],
    length: int,
    *,
    dark: bool,
) -> None:
    from plotly.graph_objects import Scatter

    places = _places(item, lists)
    look = _look(places, length, dark=dark)
    heights = [place if place is not None else length + 1 for place in places]
    there = [place is not None for place in places]
    alone = sum(there) == 1
    title = escape(titles.get(item, item))
    columns = [
        column
        for column in range(len(lists))
        if there[column] or any(there[near] for near in (column - 1, column + 1) if 0 <= near < len(lists))
    ]
    symbols = ["x-thin" if not there[column] else "circle-open" if alone else "circle" for column in columns]
    figure.add_trace(
        Scatter(
            x=columns,
            y=[heights[column] for column in columns],
            mode="lines+markers+text",
            line={"color": look["colour"], "width": look["width"], "dash": look["dash"]},
            marker={
                "symbol": symbols,
                "size": 9,
                "color": look["colour"],
                "line": {"width": 2, "color": look["colour"]},
            },
            text=[_label(title, column, len(lists)) if there[column] else "" for column in columns],
            textposition=["middle left" if column == 0 else "middle right" for column in columns],
            textfont={"size": 12, "color": pick(TEXT, dark)},
            cliponaxis=False,
            customdata=[f"place {heights[column]}" if there[column] else "not in this list" for column in columns],
            hovertemplate=f"{title}: %{{customdata}}<extra></extra>",
        )
    )


def _label(title: str, column: int, columns: int) -> str:
    """Titles stand outside the first and the last column only; between two columns there are lines."""
    if column not in (0, columns - 1):
        return ""
    return title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1].rstrip() + "…"


def _look(places: Sequence[int | None], length: int, *, dark: bool) -> dict[str, Any]:
    first, last = (place if place is not None else length + 1 for place in (places[0], places[-1]))
    if first - last > _STAYED:
        return {"colour": pick(ACTION, dark), "width": 3, "dash": "solid", "order": 2}
    if last - first > _STAYED:
        return {"colour": pick(MUTED, dark), "width": 2, "dash": "dash", "order": 1}
    return {"colour": pick(OTHER, dark), "width": 1.5, "dash": "solid", "order": 0}


def _finding(lists: Sequence[Ranked], kept: int, length: int) -> str:
    if len(lists) == 2 and list(lists[0][1]) == list(lists[1][1]):
        return f"Both show the same {length} results in the same order"
    return f"{kept} of {length} results are in {'both lists' if len(lists) == 2 else f'all {len(lists)} lists'}"


def _moves(lists: Sequence[Ranked], titles: Mapping[str, str], length: int) -> str:
    """The largest moves from the first list to the last, in words."""
    (first, before), (last, after) = lists[0], lists[-1]
    moved = sorted((list(before).index(item) - list(after).index(item), item) for item in before if item in after)
    said = []
    if moved and moved[-1][0] > _STAYED:
        said.append(f"{titles.get(moved[-1][1], moved[-1][1])} rises {moved[-1][0]} places")
    if moved and -moved[0][0] > _STAYED:
        said.append(f"{titles.get(moved[0][1], moved[0][1])} falls {-moved[0][0]} places")
    new = sum(item not in before for item in after)
    said.append(f"{new} of {length} are new")
    return f"From {first} to {last}: {', '.join(said)}."
