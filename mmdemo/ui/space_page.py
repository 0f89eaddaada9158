"""The Space page: one map or two, what is on them, what is selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mmdemo.engine import Summary
from mmdemo.errors import MmdemoError
from mmdemo.projection import MapSettings, Placed
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
from mmdemo.ui.space_view import MapChoice, Where, maps_of
from mmdemo.ui.text import _

_SESSION = "space:session"
_DEFAULT = MapChoice(MapSettings(), Where())


def draw(summary: Summary) -> None:
    """Draw all of the page under its heading."""
    session = _session()
    space_bar.load(session, entered=layout.just_entered())
    space_settings.draw(session, summary)
    space_tools.top_row(session, summary)
    slots = [_slot(session, number, summary) for number in range(len(maps_of(session.view)))]
    _missing(slots[0], summary)
    first = slots[0].drawn
    if first is not None:
        _select(session, slots)
        placed = _one(session, first) if len(slots) == 1 else _pair(session, first, slots[1], summary)
        if placed is not None and len(placed):
            space_placing.details(session, first, placed)
        space_results.draw(session, first)
    space_bar.store(session.view)
    label = _("How well is it aligned?")
    with st.expander(label, icon=":material/straighten:", key="space-alignment", on_change="rerun") as panel:
        if panel.open:
            alignment_panel.draw()


def _session() -> SpaceSession:
    if _SESSION not in st.session_state:
        st.session_state[_SESSION] = SpaceSession()
    return st.session_state[_SESSION]


@dataclass(frozen=True, slots=True, eq=False)
class _Slot:
    """A place for a map: what should be there, what is, and what went wrong."""

    choice: MapChoice
    drawn: Drawn | None
    error: MmdemoError | None = None

    @property
    def is_right(self) -> bool:
        return self.drawn is not None and self.drawn.choice == self.choice


def _slot(session: SpaceSession, number: int, summary: Summary) -> _Slot:
    """The map that a slot should show or, until that is there, the one it showed last."""
    choice = maps_of(session.view)[number]
    try:
        drawn = space_maps.find(choice, summary)
        if drawn is not None:
            session.shown[number] = choice
            return _Slot(choice, drawn)
        return _Slot(choice, _last(session, number, summary))
    except MmdemoError as error:
        return _Slot(choice, _last(session, number, summary), error)


def _last(session: SpaceSession, number: int, summary: Summary) -> Drawn | None:
    last = session.shown.get(number, _DEFAULT if number == 0 else None)
    try:
        return None if last is None else space_maps.find(last, summary)
    except MmdemoError:  # of a version or workspace that has gone
        session.shown.pop(number, None)
        return None


def _missing(slot: _Slot, summary: Summary) -> None:
    """Draw what becomes of a map that is not there yet, or why it cannot be."""
    if slot.error is not None:
        problems.show(slot.error)
    elif not slot.is_right:
        space_states.draw(slot.choice, summary, old_map_stays=slot.drawn is not None)


def _select(session: SpaceSession, slots: Sequence[_Slot]) -> None:
    """Bring the selection up to date before anything is drawn with it."""
    for number, slot in enumerate(slots):
        if slot.drawn is not None:
            space_charts.take_selection(session, number, slot.drawn)
    first = slots[0].drawn
    if session.view.items and session.selection is None and first is not None:
        session.select_items(session.view.items, first.map, first.engine.items)


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


def _pair(session: SpaceSession, first: Drawn, other: _Slot, summary: Summary) -> Placed | None:
    columns = st.columns(3, gap="medium")
    with columns[0]:
        space_tools.colour(session, first)
    with columns[1]:
        space_tools.find(session)
        found = _found(session, first)
    with columns[2]:
        space_tools.place(session)
        placed = _placed(session, 0, first)
    left, right = st.columns(2, gap="medium")
    with left:
        _map(session, 0, first, found, placed)
    with right:
        _missing(other, summary)
        if other.drawn is not None:
            _map(session, 1, other.drawn, _hits(session, other.drawn), _placed(session, 1, other.drawn))
    space_quality.explain(first.map)
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
