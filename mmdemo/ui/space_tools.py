"""What to do with a map: colour it, find items on it, place words on it, put a second map beside it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from mmdemo.engine import Summary
from mmdemo.store import Workspace
from mmdemo.ui import resources, space_bar, space_colours
from mmdemo.ui.layout import muted
from mmdemo.ui.space_maps import Drawn
from mmdemo.ui.space_neighbours import workspaces_beside
from mmdemo.ui.space_session import SpaceSession
from mmdemo.ui.space_settings import version_name
from mmdemo.ui.space_view import MAX_WORDS, Beside, Second, SpaceView, other_space
from mmdemo.ui.text import _, _n


def top_row(session: SpaceSession, summary: Summary) -> None:
    """Draw the switch for a second map, what that shows, and the link to all of it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="space-top"):
        beside = st.toggle(
            _("Compare with a second map"),
            session.view.second is not None,
            key=f"space:second:{session.generation}",
            help=_("Two maps side by side; what you select on one is shown on the other."),
        )
        second = _second(session, summary) if beside else None
        session.view = replace(session.view, second=second)
        st.space("stretch")
        space_bar.link_popover(session.view)


def _second(session: SpaceSession, summary: Summary) -> Second:
    given = session.view.second or Second(Beside.SPACE)
    options = _seconds(session.view, summary)
    if given not in options:
        options.append(given)
    workspace = Workspace(resources.workspace_path())

    def name(second: Second) -> str:
        if second.kind is Beside.SPACE:
            is_before = other_space(session.view.settings.space) == "unaligned"
            return _("Before alignment") if is_before else _("After alignment")
        if second.kind is Beside.WORKSPACE:
            return _("Workspace “{name}”").format(name=second.name)
        return _("Version of {name}").format(name=version_name(second.name, workspace))

    return st.selectbox(
        _("Second map"),
        options,
        index=options.index(given),
        format_func=name,
        key=f"space:beside:{session.generation}",
        label_visibility="collapsed",
        width=280,
    )


def _seconds(view: SpaceView, summary: Summary) -> list[Second]:
    path = resources.workspace_path()
    current = view.where.version or summary.version
    versions = [] if view.where.workspace else reversed(Workspace(path).versions())
    return [
        Second(Beside.SPACE),
        *(Second(Beside.VERSION, version) for version in versions if version != current),
        *(Second(Beside.WORKSPACE, name) for name in workspaces_beside(path) if name != view.where.workspace),
    ]


def colour(session: SpaceSession, drawn: Drawn) -> None:
    """Draw the choice of what colours mean."""
    options = {option.key: option.name for option in space_colours.options(drawn.engine.items, drawn.map)}
    given = session.view.colour if session.view.colour in options else next(iter(options))
    key = st.selectbox(
        _("Colour by"),
        list(options),
        index=list(options).index(given),
        format_func=options.__getitem__,
        key=f"space:colour:{session.generation}",
        help=_("The shape of a point always tells its kind: circle text, square picture, diamond sound."),
    )
    words = space_colours.measure_help((key or "").removeprefix("measure:"))
    if words:
        muted(words)
    session.view = replace(session.view, colour=key or given)


def find(session: SpaceSession) -> None:
    """Draw the search box."""
    words = st.text_input(
        _("Find on the map"),
        session.view.find,
        max_chars=MAX_WORDS,
        type="search",
        live=True,
        key=f"space:find:{session.generation}",
        placeholder=_("Words of a title, text or tag"),
        help=_("Items whose words contain all of these get a ring."),
    )
    session.view = replace(session.view, find=(words or "").strip())


def found(session: SpaceSession, items: int, points: int) -> None:
    """Draw how many items the search found."""
    if not session.view.find:
        return
    if not items:
        muted(_("No item has these words."))
    elif not points:
        muted(_n("{count} item, not on this map.", "{count} items, not on this map.", items))
    else:
        muted(_n("{count} item has a ring.", "{count} items have a ring.", items))


def place(session: SpaceSession) -> None:
    """Draw the box for words to place, and the switch that places the query of the Recommend page."""
    words = st.text_input(
        _("Place words on the map"),
        session.view.words,
        max_chars=MAX_WORDS,
        key=f"space:words:{session.generation}",
        icon=":material/star:",
        placeholder=_("For example: guitar; bird; snow"),
        help=_("Any words; semicolons part several. Each becomes a star, joined by lines to its true neighbours."),
    )
    draft = resources.draft()
    is_placed = bool(draft.chips) and st.toggle(
        _n("Place my query ({count} part)", "Place my query ({count} parts)", len(draft.chips)),
        session.view.draft,
        key=f"space:draft:{session.generation}",
        help=_("The words, pictures and sounds of your query on the Recommend page."),
    )
    session.view = replace(session.view, words=(words or "").strip(), draft=is_placed)
