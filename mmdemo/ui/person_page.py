"""The page about a person put together: who it is, what they chose, what comes next, and a blind test."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.engine import Summary
from mmdemo.ui import (
    loading,
    person_blind,
    person_build,
    person_choice,
    person_data,
    person_feedback,
    person_history,
    person_identity,
    person_models,
    person_results,
    person_settings,
    problems,
    resources,
)
from mmdemo.ui.person_feedback import Ratings
from mmdemo.ui.text import _

if TYPE_CHECKING:
    from mmdemo.engine import Engine
    from mmdemo.engine.personas import Persona
    from mmdemo.engine.persons import Asked, Persons


def draw(summary: Summary) -> None:
    """Draw the page for the version in use."""
    import_module("pandas")  # Plotly looks into it even while another thread, the warm-up, is still importing it
    engine = loading.opened(resources.warm_engine(summary.version))
    choices = engine.workspace.interactions.current()
    persons, personas = _opened(str(engine.workspace.path), summary.version, choices, engine)
    person_identity.remember()
    persona = person_choice.draw(persons, personas)
    catalog = persons.catalog
    rated = _ratings(persons)
    person_history.draw(engine, persona)
    person_history.ratings(engine, rated, catalog)
    stand_ins = person_build.draw(persons, rated, catalog, is_new=persona is None)
    name = _bar(persons)
    wanted = person_settings.draw(engine)
    asked = _asked(persona, rated, stand_ins, wanted)
    context = (summary.version, choices, None if persona is None else persona.person_id, stand_ins, name, wanted)
    views: dict[str, Callable[[], None]] = {
        _("Recommendations"): lambda: _recommendations(persons, name, asked, context, catalog),
        _("Blind test"): lambda: person_blind.draw(persons, name, asked, context, catalog),
    }
    tabs = st.tabs(list(views), key="show", bind="query-params")
    for tab, view in zip(tabs, views.values(), strict=True):
        with tab, problems.shown():
            if tab.open:
                view()


def _bar(persons: Persons) -> str:
    """The model, and what is kept of whoever looks at the page."""
    model, data = st.columns([3, 1], vertical_alignment="top")
    with data:
        person_data.draw()
    with model:
        return person_models.draw(persons)


def _ratings(persons: Persons) -> Ratings:
    """What was rated here; where that cannot be read, the page goes on without."""
    with problems.shown():
        problem = person_feedback.problem()
        if problem is not None:
            problems.show(problem)
        return person_feedback.ratings(persons.columns)
    return Ratings()


def _asked(
    persona: Persona | None, rated: Ratings, stand_ins: tuple[str, ...], wanted: person_settings.Wanted
) -> Asked:
    from mmdemo.engine.persons import Asked

    history = () if persona is None else persona.history
    return Asked(
        likes=tuple(item_id for item_id in (*history, *rated.likes) if item_id not in rated.dislikes),
        dislikes=rated.dislikes,
        skips=rated.skips,
        stand_ins=stand_ins,
        k=person_settings.K,
        diversity=wanted.diversity,
        novelty=wanted.novelty,
        tags=wanted.tags,
        must_have=wanted.must_have,
    )


def _recommendations(persons: Persons, name: str, asked: Asked, context: object, catalog: str) -> None:
    if person_models.ready(persons, name):
        person_results.draw(persons, name, asked, context, catalog)


@st.cache_resource(max_entries=3, show_spinner=False)
def _opened(path: str, version: str, choices: str | None, _engine: Engine) -> tuple[Persons, tuple[Persona, ...]]:  # noqa: ARG001 - the key
    """Who recommends, and the personas; made once a version and set of choices."""
    from mmdemo.engine.persons import Persons

    persons = Persons.open(_engine)
    return persons, persons.personas()
