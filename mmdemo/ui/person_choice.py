"""Who it is for: a persona, or somebody new; and what it all rests on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.ui import person_words
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, markdown_literal

if TYPE_CHECKING:
    from mmdemo.engine.personas import Persona
    from mmdemo.engine.persons import Persons

_NOBODY = ""


def draw(persons: Persons, found: tuple[Persona, ...]) -> Persona | None:
    """Draw the choice; None where it is for somebody of whom nothing is known yet."""
    by_id = {persona.person_id: persona for persona in found}
    titles = labels(found)
    chosen = st.pills(
        _("Who is it for?"),
        [*by_id, _NOBODY],
        default=next(iter(by_id), _NOBODY),
        required=True,
        format_func=lambda person_id: titles.get(person_id, _("Somebody new")),
        key="for",
        bind="query-params",
        persist_state="session",
        help=_("A persona is a user of this catalogue with a taste of its own. Somebody new starts from your likes."),
    )
    _about(persons)
    return by_id.get(chosen or _NOBODY)


def labels(found: tuple[Persona, ...]) -> dict[str, str]:
    """What each persona is called, each otherwise."""
    titles = {persona.person_id: person_words.title(persona) for persona in found}
    twice = {title for title, count in Counter(titles.values()).items() if count > 1}
    return {person_id: f"{title} ({person_id})" if title in twice else title for person_id, title in titles.items()}


def _about(persons: Persons) -> None:
    used = persons.used
    badge = f":gray-badge[:material/smart_toy: {_('simulated people')}] " if used.simulated else ""
    muted(badge + markdown_literal(used.about))
