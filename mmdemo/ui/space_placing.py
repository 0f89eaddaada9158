"""Words and the query of the Recommend page as stars on a map, and what truly lies near them."""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st

from mmdemo.projection import MAP_MODALITIES, Placed
from mmdemo.types import Modality, Query, QueryPart
from mmdemo.ui import resources
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import look, word
from mmdemo.ui.space_maps import Drawn
from mmdemo.ui.space_session import SpaceSession
from mmdemo.ui.space_view import SpaceView
from mmdemo.ui.text import _, markdown_literal, shorten

NEIGHBOURS = 8
_COLUMN_PX = 280
_LABEL_LENGTH = 32


def key(view: SpaceView) -> tuple[Any, ...]:
    """What the placed things depend on; empty where nothing is to be placed."""
    draft = resources.draft()
    asked = draft.fingerprint() if view.draft and draft.chips else None
    return (view.phrases(), asked) if view.phrases() or asked is not None else ()


def place(session: SpaceSession, slot: int, drawn: Drawn) -> Placed | None:
    """Place what the view asks for on the map of a slot; kept until the map or the question changes.

    Returns:
        None where nothing is asked for.

    Raises:
        MmdemoError: Nothing of it can be placed.
    """
    asked = key(session.view)
    if not asked:
        return None
    known_key = (drawn.choice, drawn.map.version_id, asked)
    known = session.placed.get(slot)
    if known is None or known[0] != known_key:
        placed = drawn.engine.place(_query(session.view), drawn.map, k=NEIGHBOURS)
        known = session.placed[slot] = (known_key, placed)
    return known[1]


def _query(view: SpaceView) -> Query:
    parts = [
        QueryPart(
            Modality.TEXT,
            phrase,
            label=shorten(phrase, _LABEL_LENGTH),
            content_key=hashlib.sha256(phrase.encode()).hexdigest(),
        )
        for phrase in view.phrases()
    ]
    if view.draft:
        parts += [chip.part for chip in resources.draft().chips]
    return Query(parts=tuple(parts))


def details(session: SpaceSession, drawn: Drawn, placed: Placed) -> None:
    """Draw each star's true neighbours, with their similarity and whether the map has them near it."""
    st.subheader(_("What truly lies near your words"), anchor=False)
    for notice in placed.notices:
        muted(f":material/info: {markdown_literal(notice)}")
    grid = st.grid("auto", min_column_width=_COLUMN_PX, border=True, key="space-stars")
    for number in range(len(placed)):
        with grid.cell():
            _star(session, drawn, placed, number)
    with st.popover(_("What does this mean?"), type="tertiary", icon=":material/help:"):
        st.markdown(
            _(
                "The lines go to the {k} points that are nearest among the **vectors**, before anything is flattened "
                "to a map. **Similarity** is the cosine between the two vectors: 1 means the same direction, 0 "
                "unrelated; between a text and a picture it is lower than between two texts.\n\n"
                "The **number under each star** says how far to trust its place: how many of those {k} are also among "
                "the {k} points nearest to it on the map. A star of few is drawn open: no single place on the map is "
                "right for it."
            ).format(k=NEIGHBOURS)
        )


def _star(session: SpaceSession, drawn: Drawn, placed: Placed, number: int) -> None:
    shape = look(placed.modalities[number])
    kind = f":{shape.name}[{shape.material} {word(placed.modalities[number])}]"
    st.markdown(f":material/star: **{markdown_literal(placed.labels[number])}** {kind}")
    muted(trust_words(float(placed.trust[number]), placed.neighbours.shape[1]))
    on = drawn.map
    rows = []
    for point, similarity in zip(placed.neighbours[number], placed.similarities[number], strict=True):
        near = look(MAP_MODALITIES[on.modalities[point]])
        title = markdown_literal(drawn.engine.items[on.item_rows[point]].title)
        rows.append(
            {
                _("Nearest"): f":{near.name}[{near.material}] {title}",
                _("Similarity"): f"{similarity:.2f}".replace("-", "−"),
            }
        )
    alt = _("The points nearest “{words}”").format(words=placed.labels[number])
    st.table(rows, hide_index=True, border="horizontal", alt=alt)
    st.button(
        _("Select these"),
        icon=":material/select_all:",
        type="tertiary",
        key=f"space-select-star:{number}",
        on_click=_select,
        args=(session, drawn, placed, number),
    )


def _select(session: SpaceSession, drawn: Drawn, placed: Placed, number: int) -> None:
    session.clear()
    session.choose(placed.neighbours[number], drawn.map, drawn.engine.items)


def trust_words(trust: float, of: int) -> str:
    """How far a place on the map is to be trusted: "6 of its 8 nearest points are also near it on this map"."""
    return _("{near} of its {of} nearest points are also near it on this map.").format(near=round(trust * of), of=of)
