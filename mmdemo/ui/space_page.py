"""The Space page: one map or two, what is on them, what is selected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from mmdemo.engine import Summary
from mmdemo.projection import Placed
from mmdemo.ui import (
    alignment_panel,
    layout,
    problems,
    space_bar,
    space_charts,
    space_maps,
    space_placing,
    space_quality,
    space_results,
    space_settings,
    space_states,
    space_tools,
)
from mmdemo.ui.layout import muted
from mmdemo.ui.space_maps import Drawn
from mmdemo.ui.space_selection import Points, points_of_items
from mmdemo.ui.space_session import SpaceSession
from mmdemo.ui.space_view import maps_of
from mmdemo.ui.text import _

_SESSION = "space:session"


def draw(summary: Summary) -> None:
    """Draw all of the page under its heading."""
    session = _session()
    space_bar.load(session, entered=layout.just_entered())
    space_settings.draw(session, summary)
    space_tools.top_row(session, summary)
    choices = maps_of(session.view)
    slots = [_available(session, slot, summary) for slot in range(len(choices))]
    first = slots[0]
    if first is not None:
        _select(session, slots)
        placed = _one(session, first) if len(slots) == 1 else _pair(session, slots)
        if placed is not None and len(placed):
            space_placing.details(session, first, placed)
        space_results.draw(session, first)
    space_bar.store(session.view)
    with st.expander(
        _("How well is it aligned?"), icon=":material/straighten:", key="space-alignment", on_change="rerun"
    ) as panel:
        if panel.open:
            alignment_panel.draw()


def _session() -> SpaceSession:
    if _SESSION not in st.session_state:
        st.session_state[_SESSION] = SpaceSession()
    return st.session_state[_SESSION]


def _available(session: SpaceSession, slot: int, summary: Summary) -> Drawn | None:
    """The map of a slot; while it is not there, what becomes of it is drawn and the slot's last map stays."""
    choice = maps_of(session.view)[slot]
    with problems.shown():
        drawn = space_maps.find(choice, summary)
        if drawn is not None:
            session.shown[slot] = choice
            return drawn
        last = session.shown.get(slot)
        old = None if last is None else space_maps.find(last, summary)
        space_states.draw(choice, summary, old_map_stays=old is not None)
        return old
    return None


def _select(session: SpaceSession, slots: Sequence[Drawn | None]) -> None:
    """Bring the selection up to date before anything is drawn with it."""
    for slot, drawn in enumerate(slots):
        if drawn is not None and space_charts.take_selection(session, slot, drawn):
            return
    first = slots[0]
    if session.view.items and session.selection is None and first is not None:
        items = session.view.items
        session.select_items(items, first.map, first.engine.items)


def _one(session: SpaceSession, drawn: Drawn) -> Placed | None:
    left, right = st.columns([3, 1], gap="medium")
    with right, st.container(gap="medium", key="space-tools"):
        space_tools.colour(session, drawn)
        space_tools.find(session)
        found = _found(session, drawn)
        space_tools.place(session)
        placed = _placed(session, 0, drawn)
        space_quality.panel(drawn.map)
    with left:
        _map(session, 0, drawn, found, placed)
    return placed


def _pair(session: SpaceSession, slots: Sequence[Drawn | None]) -> Placed | None:
    first = slots[0]
    assert first is not None
    columns = st.columns(3, gap="medium")
    with columns[0]:
        space_tools.colour(session, first)
    with columns[1]:
        space_tools.find(session)
        found = _found(session, first)
    with columns[2]:
        space_tools.place(session)
        placed = _placed(session, 0, first)
    for slot, (column, drawn) in enumerate(zip(st.columns(2, gap="medium"), slots, strict=True)):
        with column, problems.shown():
            if drawn is None:
                muted(_("The second map will stand here."))
            elif slot == 0:
                _map(session, 0, drawn, found, placed)
            else:
                _map(session, 1, drawn, _hits(session, drawn), _placed(session, 1, drawn))
    return placed


def _map(session: SpaceSession, slot: int, drawn: Drawn, found: Points, placed: Placed | None) -> None:
    if not len(drawn.map):
        muted(_("Nothing in this catalogue can be put on a map."))
        return
    key = space_placing.key(session.view) if placed is not None else ()
    space_charts.draw(session, slot, drawn, found=found, placed=placed, placed_key=key)
    space_quality.caption(drawn.map)
    if session.view.second is not None:
        space_quality.line(drawn.map)


def _placed(session: SpaceSession, slot: int, drawn: Drawn) -> Placed | None:
    with problems.shown():
        return space_placing.place(session, slot, drawn)
    return None


def _found(session: SpaceSession, drawn: Drawn) -> Points:
    points = _hits(session, drawn)
    items = len(drawn.engine.search(session.view.find)) if session.view.find else 0
    space_tools.found(session, items, len(points))
    return points


def _hits(session: SpaceSession, drawn: Drawn) -> Points:
    if not session.view.find:
        return np.zeros(0, np.intp)
    ids = [item.item_id for item in drawn.engine.search(session.view.find)]
    return points_of_items(ids, drawn.engine.items, drawn.map)
