"""The maps themselves: what to draw into each figure, and when to leave a figure as the browser has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from mmdemo.figures import Chart, MapView, density_map, space_map
from mmdemo.projection import MAP_MODALITIES, NO_CLUSTER, Map, Placed
from mmdemo.types import Item
from mmdemo.ui import charts, space_colours, theme
from mmdemo.ui.item_media import second_line
from mmdemo.ui.modality import word
from mmdemo.ui.space_maps import Drawn
from mmdemo.ui.space_selection import Points
from mmdemo.ui.space_session import DrawnChart, SpaceSession
from mmdemo.ui.space_view import Density, SpaceView
from mmdemo.ui.text import _

_MOST_HOVERED = 20_000
"""Figures of more points carry no words."""
_WIDE_PX, _HALF_PX = 920, 600


def chart_key(slot: int) -> str:
    """The key of the chart of a slot; its selection is in the session's state under it."""
    return f"space-map:{slot}"


def take_selection(session: SpaceSession, slot: int, drawn: Drawn) -> bool:
    """Take over what a person has selected on a map since it was drawn; whether that has changed anything."""
    state = st.session_state.get(chart_key(slot))
    if state is None:  # not drawn in the last run: the page was left, or there was no second map
        session.lost(slot)
        return False
    points = charts.selected_points(state)
    return session.take(slot, points, drawn.map, drawn.engine.items)


def draw(
    session: SpaceSession, slot: int, drawn: Drawn, *, found: Points, placed: Placed | None, placed_key: tuple[Any, ...]
) -> None:
    """Draw the map of a slot.

    Args:
        session: What the page keeps.
        slot: 0 or 1.
        drawn: The map and its engine.
        found: Points that the search found.
        placed: What is placed on it.
        placed_key: What `placed` depends on.
    """
    view, is_half = session.view, session.view.second is not None
    key = (session.epoch, drawn.choice, drawn.map.version_id, *_of_view(view), theme.is_dark(), placed_key, is_half)
    marked = session.to_mark(slot, key)
    known = session.charts.get(slot)
    if known is None or known.key != key or known.marked is not marked:
        chart = _chart(session, slot, drawn, found=found, placed=placed)
        chart.figure.update_layout(meta=session.epoch)  # what was selected by hand is forgotten with a new epoch
        known = session.charts[slot] = DrawnChart(key, chart, marked, np.zeros(0, np.intp))
    is_flat = drawn.map.settings.dimensions == 2 and view.density is not Density.ONLY
    known.seen = charts.draw(
        known.chart,
        key=chart_key(slot),
        file_name=f"map-{drawn.map.settings.method}-{drawn.map.settings.dimensions}d-{drawn.map.settings.space}",
        on_select="rerun" if is_flat else None,
    )


def _of_view(view: SpaceView) -> tuple[Any, ...]:
    return view.colour, view.shown, view.links, view.labels, view.density, view.find


def _chart(session: SpaceSession, slot: int, drawn: Drawn, *, found: Points, placed: Placed | None) -> Chart:
    view, on, items = session.view, drawn.map, drawn.engine.items
    selected = np.zeros(0, np.intp)
    if session.selection is not None:
        is_linked = session.made_on is not None and session.made_on != slot
        selected = session.selection.linked(on, items) if is_linked else session.selection.points(on, items)
    what = MapView(
        map=on,
        dark=theme.is_dark(),
        title=title(drawn, view),
        colour=space_colours.colour_by(view.colour, items, on),
        hover=hover(items, on),
        links=view.links,
        labels=view.labels,
        density=view.density is Density.LINES,
        highlighted=found,
        selected=selected,
        placed=placed,
        shown=view.shown,
        width_px=_WIDE_PX if view.second is None else _HALF_PX,
    )
    return density_map(what) if view.density is Density.ONLY else space_map(what)


def title(drawn: Drawn, view: SpaceView) -> str:
    """The question that a map answers; beside another map, what tells it from that."""
    where = drawn.choice.where
    if view.second is not None and where.workspace:
        return _("Workspace “{name}”").format(name=where.workspace)
    if view.second is not None and view.second.kind == "version":
        return _("Version {version}").format(version=drawn.map.version_id)
    if len(np.unique(drawn.map.modalities)) < 2:
        return _("What lies near what?")
    if drawn.map.settings.space == "unaligned":
        return _("Before alignment: do the kinds mix?")
    return _("Aligned: do the kinds meet?")


def hover(items: Sequence[Item], on: Map) -> list[str] | None:
    """What is said under the pointer: title, kind, cluster, text; None for more points than figures carry words for."""
    if len(on) > _MOST_HOVERED:
        return None
    kinds = [word(modality) for modality in MAP_MODALITIES]
    lines = []
    for row, code, cluster in zip(on.item_rows, on.modalities, on.clusters, strict=True):
        item = items[row]
        where = f" · {on.cluster_labels[cluster]}" if cluster != NO_CLUSTER else ""
        lines.append(f"{item.title}\n{kinds[code]}{where}\n{second_line(item)}")
    return lines


def no_points() -> npt.NDArray[np.intp]:
    """An empty choice of points."""
    return np.zeros(0, np.intp)
