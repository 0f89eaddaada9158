"""What a person chose: one strip of small pictures; and the ratings, each of which can be taken back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.types import Item, Modality
from mmdemo.ui import person_change, person_feedback, person_html
from mmdemo.ui.compare_lists_html import Cell
from mmdemo.ui.compare_pictures import thumbnail
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, markdown_literal, shorten

if TYPE_CHECKING:
    from mmdemo.engine import Engine
    from mmdemo.engine.personas import Persona
    from mmdemo.ui.person_feedback import Ratings

_MOST = 60
_TITLE_LENGTH = 24
_ICONS = {"like": ":material/thumb_up:", "dislike": ":material/thumb_down:", "skip": ":material/skip_next:"}


def draw(engine: Engine, persona: Persona | None) -> None:
    """Draw what a persona chose."""
    if persona is None:
        return
    st.markdown(f"**{_n('{count} thing they chose', '{count} things they chose', len(persona.history))}**")
    st.html(strip(engine, persona.history[:_MOST], _("What this person chose")))
    if len(persona.history) > _MOST:
        muted(_("The last {count} are shown.").format(count=_MOST))


def ratings(engine: Engine, rated: Ratings, catalog: str) -> None:
    """Draw what was rated; a click on one takes it back."""
    if not rated.count:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="person-ratings"):
        muted(_("Your ratings count too; click one to take it back"), width="content")
        for kind, ids in (("like", rated.likes), ("dislike", rated.dislikes), ("skip", rated.skips)):
            for item_id in ids:
                title = engine.item(item_id).title
                st.button(
                    markdown_literal(shorten(title, _TITLE_LENGTH)),
                    icon=_ICONS[kind],
                    key=f"person-unrate:{item_id}",
                    help=_("Take back"),
                    on_click=person_change.rate,
                    args=(item_id, title, "clear", catalog),
                )
        if rated.count > 1:
            st.button(
                _("Take all back"),
                icon=":material/restart_alt:",
                type="tertiary",
                key="person-unrate-all",
                on_click=_clear,
                args=((*rated.likes, *rated.dislikes, *rated.skips), catalog),
            )


def strip(engine: Engine, item_ids: Iterable[str], label: str) -> str:
    """Items as a strip of HTML."""
    return person_html.strip([cell(engine, engine.item(item_id)) for item_id in item_ids], label)


def cell(engine: Engine, item: Item, note: str = "") -> Cell:
    """An item as a small picture with its title."""
    path = engine.thumbnail_path(item)
    instead = next((kind for kind in (Modality.AUDIO, Modality.VIDEO, Modality.TEXT) if kind in item.media), None)
    return Cell(item.title, thumbnail(str(path)) if path is not None else "", instead, note)


def _clear(item_ids: Iterable[str], catalog: str) -> None:
    person_change.forget()
    for item_id in item_ids:
        if not person_feedback.rate(item_id, "clear", catalog=catalog):
            break
