"""Everything that brought one recommendation: each rated item, what it adds, by what, and how the two are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.recommend.behaviour.because import BEHAVIOUR_PART
from mmdemo.types import Item
from mmdemo.ui import detail, person_words
from mmdemo.ui.modality import look, word
from mmdemo.ui.text import _, markdown_literal, percent_below, signed

if TYPE_CHECKING:
    from mmdemo.engine.person_lists import Asked, PersonalItem
    from mmdemo.engine.person_reasons import Reason
    from mmdemo.engine.persons import Persons

_SELECTED = "person:selected"
_MOST = 10


def toggle(item_id: str) -> None:
    """Open the details of an item, or close them. For callbacks."""
    st.session_state[_SELECTED] = None if is_open(item_id) else item_id


def is_open(item_id: str) -> bool:
    """Whether the details of an item are open."""
    return st.session_state.get(_SELECTED) == item_id


def draw(persons: Persons, name: str, asked: Asked, item: Item) -> None:
    """Draw the details of one recommended item."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(_("Why “{item}”?").format(item=markdown_literal(item.title)), anchor=False, width="stretch")
        st.button(
            _("Close"),
            icon=":material/close:",
            type="tertiary",
            key=f"person-close:{item.item_id}",
            on_click=toggle,
            args=(item.item_id,),
        )
    with st.spinner(_("Asking the model")):
        found = persons.why(name, asked, item.item_id)
    _finding(persons, found)
    if found.reasons:
        rows = [_row(persons, reason) for reason in found.reasons[:_MOST]]
        st.table(rows, hide_index=True, border="horizontal", alt=_("What every rated item adds"))
        with st.popover(_("What do these numbers mean?"), type="tertiary", icon=":material/help:"):
            st.markdown(_explained(found))
    detail.facts(item)


def _finding(persons: Persons, found: PersonalItem) -> None:
    people = _("Chosen by {count} of {all} people.").format(
        count=f"{found.chosen_by:,}", all=f"{len(persons.used.interactions.user_ids):,}"
    )
    if not found.reasons:
        st.markdown(
            _("No liked item brought this: it is recommended to everybody alike. {people}").format(people=people)
        )
        return
    best = found.reasons[0]
    said = person_words.because(best, persons.engine.item(best.item_id).title)
    st.markdown(f"**{markdown_literal(said)}.** {people}")


def _row(persons: Persons, reason: Reason) -> dict[str, str]:
    title = markdown_literal(persons.engine.item(reason.item_id).title)
    return {
        _("Rated item"): f"{':material/thumb_up:' if reason.liked else ':material/thumb_down:'} {title}",
        _("Adds"): _value(reason.value),
        _("Came through"): _through(reason),
        _("Most alike in"): _alike(reason),
    }


def _value(value: float) -> str:
    return signed(value) if abs(value) >= 0.01 else f"{value:+.1e}".replace("-", "−")


def _through(reason: Reason) -> str:
    kind = person_words.modality(reason.through)
    if kind is not None:
        return f"{look(kind).material} {word(kind)}"
    if reason.through == BEHAVIOUR_PART:
        return f":material/group: {_('what people chose')}"
    return _("choices and features together")


def _alike(reason: Reason) -> str:
    kind = person_words.modality(reason.alike_in)
    if kind is None:
        return "–"
    closer = _("closer than {share}").format(share=percent_below(reason.alike))
    return f"{look(kind).material} {word(kind)}, {closer}"


def _explained(found: PersonalItem) -> str:
    constant = "" if found.constant is None else _value(found.constant)
    return _(
        "**Adds** is what the rated item does to this item's score, in the model's own units; compare the rows, not "
        "models. {how} What it scores for everybody: {constant}.\n\n**Came through** says whether the model went by "
        "what people chose together, or by what the two look, sound or read like.\n\n**Most alike in** compares the "
        "two themselves, whatever the model did: the kind of media in which they are closest, and how many items of "
        "the catalogue are less close to the rated one."
    ).format(how=person_words.how_measured(found.how), constant=constant)
