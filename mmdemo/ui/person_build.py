"""Building a person: like items that are found by words, or begin with a picture or a sound of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.errors import MmdemoError
from mmdemo.ui import card_html, person_change, person_history, problems
from mmdemo.ui.draft import Draft
from mmdemo.ui.item_media import picture, second_line
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, markdown_literal

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from mmdemo.engine import Engine
    from mmdemo.engine.persons import Persons
    from mmdemo.ui.person_feedback import Ratings

_MOST = 8
_LOOKED_AT = 800
_COLUMNS = 8
_TILE_PX = 128
_UPLOADED = "person:uploaded"


@dataclass(frozen=True, slots=True, eq=False)
class Uploaded:
    """A file that a person begins with.

    Args:
        label: Its name.
        stand_ins: Ids of the items that stand for it.
        problems: What was wrong with it.
    """

    label: str
    stand_ins: tuple[str, ...] = ()
    problems: tuple[MmdemoError, ...] = ()


def draw(persons: Persons, rated: Ratings, catalog: str, *, is_new: bool) -> tuple[str, ...]:
    """Draw the ways to begin; returns the items that stand for an upload.

    Args:
        persons: Who knows which items are near.
        rated: What was rated already.
        catalog: Id of the catalogue.
        is_new: Whether nothing is known of the person but what is said here.
    """
    label = _("Start with things you like, or a file of your own") if is_new else _("Like more things yourself")
    with st.expander(label, icon=":material/add_reaction:", expanded=is_new and not rated.likes):
        words = st.text_input(
            _("Find something to like"),
            key="person:find",
            placeholder=_("Words of a title or text"),
            icon=":material/search:",
            persist_state="session",
        )
        _tiles(persons.engine, words or "", rated, catalog)
        return _upload(persons)


def _tiles(engine: Engine, words: str, rated: Ratings, catalog: str) -> None:
    from mmdemo.engine.measured import EXCLUDED

    if words.strip():
        found = [item for item in engine.search(words) if item.item_id not in rated.likes]
    else:  # something of everything, but no letters
        spread = engine.items[:: max(1, len(engine.items) // _LOOKED_AT)]
        told = [item for item in spread if item.item_id not in rated.likes and not set(EXCLUDED) & set(item.tags)]
        found = told[:: max(1, len(told) // _MOST)]
    if not found:
        muted(_("Nothing has these words."))
        return
    grid = st.grid(_COLUMNS, min_column_width=_TILE_PX, gap="xsmall", border=True, key="person-tiles")
    for item in found[:_MOST]:
        with grid.cell():
            picture(engine, item)
            st.html(card_html.heading(item.title, second_line(item), level=3))
            st.button(
                _("Like"),
                icon=":material/thumb_up:",
                type="tertiary",
                key=f"person-begin:{item.item_id}",
                on_click=person_change.rate,
                args=(item.item_id, item.title, "like", catalog),
            )
    if words.strip() and len(found) > _MOST:
        muted(_n("{count} more fits; add a word.", "{count} more fit; add a word.", len(found) - _MOST))


def _upload(persons: Persons) -> tuple[str, ...]:
    file = st.file_uploader(
        _("Or begin with a picture or a sound of your own; it stays in this session"),
        type=["png", "jpg", "jpeg", "webp", "gif", "wav", "mp3", "flac", "ogg"],
        key="person:file",
        max_upload_size=20,
    )
    if file is None:
        st.session_state.pop(_UPLOADED, None)
        return ()
    kept = st.session_state.get(_UPLOADED)
    key = (file.file_id, persons.engine.summary.version)
    if kept is None or kept[0] != key:
        with st.spinner(_("Looking for what is nearest to it; the first time models are loaded")):
            kept = (key, _looked_up(persons, file))
        st.session_state[_UPLOADED] = kept
    found: Uploaded = kept[1]
    problems.show_all(found.problems)
    if found.stand_ins:
        muted(_("These stand for “{name}”:").format(name=markdown_literal(found.label)))
        st.html(person_history.strip(persons.engine, found.stand_ins, _("What stands for your file")))
    return found.stand_ins


def _looked_up(persons: Persons, file: UploadedFile) -> Uploaded:
    draft = Draft()
    draft.add_upload(file.getvalue(), file.name)
    query = draft.query()
    if query is None:
        return Uploaded(file.name, problems=tuple(draft.problems))
    try:
        return Uploaded(file.name, persons.stand_ins(query))
    except MmdemoError as error:
        return Uploaded(file.name, problems=(error,))
