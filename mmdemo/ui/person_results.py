"""Recommendations for a person as cards: how they stand, what brought them, what changed; rate them there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.types import Item, Modality
from mmdemo.ui import (
    card_html,
    compare_lists_html,
    layout,
    person_change,
    person_feedback,
    person_html,
    person_why,
    person_words,
)
from mmdemo.ui.card_html import Share
from mmdemo.ui.item_media import picture, player, second_line
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, markdown_literal, milliseconds, shorten

if TYPE_CHECKING:
    from mmdemo.engine.person_lists import Asked, PersonalItem, PersonalList
    from mmdemo.engine.persons import Persons
    from mmdemo.ui.person_change import Change

_PLAYING = "person:playing"
_COLUMNS = 4
_CARD_PX = 240
_LABEL_LENGTH = 24
_TITLE_LENGTH = 32


def draw(persons: Persons, name: str, asked: Asked, context: object, catalog: str) -> None:
    """Draw what a model recommends.

    Args:
        persons: Who recommends.
        name: The model, which is fitted.
        asked: From what, and what.
        context: Everything but the ratings that the list depends on.
        catalog: Id of the catalogue.
    """
    if layout.just_entered():
        st.session_state.pop(_PLAYING, None)  # nothing begins to sound because somebody came back
    found = persons.recommend(name, asked)
    change = person_change.since_rating(context, found.ids)
    if not found.items:
        st.info(_("**No item passes the filters.** Remove one in the settings."), icon=":material/filter_alt:")
        return
    for notice in found.notices:
        muted(f":material/info: {markdown_literal(notice)}")
    titles = {
        item_id: persons.engine.item(item_id).title for item_id in {*found.ids, *(change.before if change else ())}
    }
    if change is not None:
        person_change.draw(change, titles)
    muted(
        _("{found}, in {time}").format(
            found=_n("{count} recommendation", "{count} recommendations", len(found.items)),
            time=milliseconds(found.milliseconds),
        )
    )
    _grid(persons, found, change, asked, catalog)


def _grid(persons: Persons, found: PersonalList, change: Change | None, asked: Asked, catalog: str) -> None:
    engine = persons.engine
    scale = max((sum(abs(share.value) for share in _shares(persons, each)) for each in found.items), default=0.0)
    tiles = st.grid(_COLUMNS, min_column_width=_CARD_PX, border=True, dense=True, key="person-results")
    for each in found.items:
        item = engine.item(each.item_id)
        with tiles.cell():
            picture(engine, item)
            st.html(card_html.heading(item.title, second_line(item)))
            moved = "" if change is None else _move(change, each.item_id)
            st.html(
                person_html.standing(each.percentile, moved)
                + card_html.bar(_shares(persons, each), scale)
                + _because(persons, each)
            )
            _actions(item, catalog)
            _sound(persons, item, catalog)
        if person_why.is_open(each.item_id):
            with tiles.cell(column_span="all"):
                person_why.draw(persons, found.model, asked, item)


def _sound(persons: Persons, item: Item, catalog: str) -> None:
    """The item's sound, on request: that somebody listened is worth keeping."""
    if Modality.AUDIO not in item.media:
        return
    if st.session_state.get(_PLAYING) == item.item_id:
        player(persons.engine, item, autoplay=True)
        return
    st.button(
        _("Play"),
        icon=":material/play_arrow:",
        key=f"person-play:{item.item_id}",
        type="tertiary",
        help=_("Hear it; that you did is kept with your ratings"),
        on_click=_play,
        args=(item.item_id, catalog),
    )


def _play(item_id: str, catalog: str) -> None:
    st.session_state[_PLAYING] = item_id
    person_feedback.rate(item_id, "play", catalog=catalog)


def _move(change: Change, item_id: str) -> str:
    won = change.won(item_id)
    return "" if won == 0 else compare_lists_html.move(won)


def _shares(persons: Persons, each: PersonalItem) -> list[Share]:
    shares = [
        Share(
            shorten(persons.engine.item(reason.item_id).title, _LABEL_LENGTH),
            person_words.modality(reason.through),
            reason.value,
        )
        for reason in each.reasons
    ]
    return [*shares, Share(_("others"), None, each.others)] if each.others else shares


def _because(persons: Persons, each: PersonalItem) -> str:
    if each.reasons:
        reason = each.reasons[0]
        title = shorten(persons.engine.item(reason.item_id).title, _TITLE_LENGTH)
        words = person_words.because(reason, title)
        kind = person_words.modality(reason.through)
    else:
        words = _("Chosen by {count} of {all} people").format(
            count=f"{each.chosen_by:,}", all=f"{len(persons.used.interactions.user_ids):,}"
        )
        kind = None
    return person_html.reason(words, kind)


def _actions(item: Item, catalog: str) -> None:
    with st.container(horizontal=True, gap="small", key=f"person-actions:{item.item_id}"):
        st.button(
            _("Why?"),
            key=f"person-why:{item.item_id}",
            type="tertiary",
            help=_("Everything that brought this"),
            on_click=person_why.toggle,
            args=(item.item_id,),
        )
        for kind, label, explained in (
            ("like", _("Like"), _("Count it to what they like")),
            ("dislike", _("Dislike"), _("Hide it, and put things like it lower")),
            ("skip", _("Skip"), _("Hide it, and draw no conclusion")),
        ):
            st.button(
                label,
                key=f"person-{kind}:{item.item_id}",
                type="tertiary",
                help=explained,
                on_click=person_change.rate,
                args=(item.item_id, item.title, kind, catalog),
            )
