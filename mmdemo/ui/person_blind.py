"""A blind test: two models share one list, the person chooses, and only then sees whose choices these were."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.errors import FeedbackError
from mmdemo.recommend.behaviour.table import BEHAVIOUR
from mmdemo.ui import card_html, person_feedback, person_identity, person_models, person_votes, problems
from mmdemo.ui.item_media import picture, player, second_line
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, markdown_literal

if TYPE_CHECKING:
    from mmdemo.engine.persons import Asked, Persons
    from mmdemo.engine.votes import Interleaved

_TEST, _SECOND = "person:blind", ("popularity", "content", "item-knn")
_LENGTH = 8
_COLUMNS = 4
_CARD_PX = 240


@dataclass(slots=True, eq=False)
class Blind:
    """One interleaved list.

    Args:
        about: What it was made for; another person or model asks for another one.
        models: Names of the first and the second model.
        mixed: The list.
        chosen: What was chosen from it so far.
        vote_id: Under which the vote is stored, once however often it is sent.
        is_told: Whether it was voted, and whose items these are is shown.
    """

    about: object
    models: tuple[str, str]
    mixed: Interleaved
    chosen: set[str] = field(default_factory=set)
    vote_id: str = field(default_factory=lambda: secrets.token_hex(16))
    is_told: bool = False

    def toggle(self, item_id: str) -> None:
        """Choose an item, or not any more."""
        self.chosen ^= {item_id}


def draw(persons: Persons, name: str, asked: Asked, context: object, catalog: str) -> None:
    """Draw the test: the two models, the list, and once it is voted, the outcome."""
    models = _models(persons, name)
    if models is None:
        return
    if not all(person_models.ready(persons, model) for model in models):
        return
    about = (models, context, asked.likes, asked.dislikes, asked.skips)
    test = st.session_state.get(_TEST)
    if test is None or test.about != about:
        _begin(persons, models, asked, about)
    elif not test.mixed.ids:
        st.info(_("**The two models have nothing to show here.** Remove a filter."), icon=":material/filter_alt:")
    else:
        _show(persons, test, asked, catalog)
    person_votes.draw(person_feedback.store().votes())


def _models(persons: Persons, name: str) -> tuple[str, str] | None:
    """The two that are tested; None, and a word, where they are one."""
    possible = [other for other, reason in persons.models().items() if not reason]
    others = [other for other in (*_SECOND, *possible) if other in possible and other != name]
    if not others:
        st.info(_("**Only one model is possible here**, so there is nothing to compare."), icon=":material/info:")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="person-blind-models"):
        first = _model(_("One model"), possible, name, "one")
        second = _model(_("Another model"), possible, others[0], "another")
    if first == second:
        st.info(_("**Choose two different models.**"), icon=":material/compare_arrows:")
        return None
    return first, second


def _model(label: str, possible: list[str], default: str, key: str) -> str:
    chosen = st.selectbox(
        label,
        possible,
        index=possible.index(default),
        format_func=lambda other: BEHAVIOUR[other].title,
        key=f"person-blind:{key}:{default}",
    )
    return chosen if chosen in possible else default


def _begin(persons: Persons, models: tuple[str, str], asked: Asked, about: object) -> None:
    st.markdown(
        _(
            "You get **one list made of both**, each item picked by one of them in turn, and nothing says by which. "
            "Choose what suits this person; then see who had picked it."
        )
    )
    st.button(
        _("Start the blind test"),
        type="primary",
        icon=":material/visibility_off:",
        key="person-blind-start",
        on_click=_start,
        args=(persons, models, asked, about),
    )


def _start(persons: Persons, models: tuple[str, str], asked: Asked, about: object) -> None:
    from mmdemo.engine.votes import interleave

    with problems.shown():
        first, second = (persons.recommend(model, asked).ids for model in models)
        mixed = interleave(first, second, _LENGTH, secrets.randbits(32))
        st.session_state[_TEST] = Blind(about, models, mixed)


def _show(persons: Persons, test: Blind, asked: Asked, catalog: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="person-blind-bar"):
        if test.is_told:
            person_votes.reveal(test.models, test.mixed, test.chosen)
            st.button(
                _("Another list"),
                icon=":material/refresh:",
                key="person-blind-next",
                on_click=_start,
                args=(persons, test.models, asked, test.about),
            )
        else:
            said = _n("{count} chosen", "{count} chosen", len(test.chosen))
            muted(_("{said}. Choose as many as you like, or none.").format(said=said), width="stretch")
            st.button(
                _("Vote, and see whose they were"),
                type="primary",
                icon=":material/how_to_vote:",
                key="person-blind-vote",
                on_click=_vote,
                args=(test, catalog),
            )
    tiles = st.grid(_COLUMNS, min_column_width=_CARD_PX, border=True, key="person-blind-list")
    for item_id, team in zip(test.mixed.ids, test.mixed.teams, strict=True):
        item = persons.engine.item(item_id)
        with tiles.cell():
            picture(persons.engine, item)
            st.html(card_html.heading(item.title, second_line(item)))
            if test.is_told:
                mark = ":material/check_circle: " if item_id in test.chosen else ""
                st.markdown(f"{mark}:gray-badge[{markdown_literal(BEHAVIOUR[test.models[team]].title)}]")
            else:
                _choose(test, item_id)
            player(persons.engine, item)


def _choose(test: Blind, item_id: str) -> None:
    chosen = item_id in test.chosen
    st.button(
        _("Chosen") if chosen else _("Choose"),
        icon=":material/check_circle:" if chosen else ":material/radio_button_unchecked:",
        type="primary" if chosen else "secondary",
        key=f"person-blind:{item_id}",
        on_click=test.toggle,
        args=(item_id,),
    )


def _vote(test: Blind, catalog: str) -> None:
    try:
        person_feedback.store().add_vote(
            person_identity.current(),
            *test.models,
            shown=test.mixed.ids,
            teams=test.mixed.teams,
            chosen=sorted(test.chosen),
            workspace_catalog=catalog,
            vote_id=test.vote_id,
        )
    except FeedbackError as error:
        problems.show(error)
        return
    test.is_told = True
