"""How varied and how rare recommendations should be, and which may be shown: closed at first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.types import Modality
from mmdemo.ui.modality import LOOKS, look, word
from mmdemo.ui.text import _

if TYPE_CHECKING:
    from mmdemo.engine import Engine

K = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """What kind of list; see `mmdemo.engine.person_lists.Asked`."""

    diversity: float
    novelty: float
    tags: tuple[str, ...]
    must_have: tuple[Modality, ...]


def draw(engine: Engine) -> Wanted:
    """Draw the controls."""
    with st.expander(_("Variety, novelty and filters"), icon=":material/tune:", key="person-settings"):
        first, second = st.columns(2, gap="medium")
        with first:
            diversity = _slider(
                _("Variety"),
                "varied",
                _("0: the best, however alike. 1: as different as can be. By maximal marginal relevance."),
            )
            novelty = _slider(
                _("Novelty"),
                "rare",
                _("0: whatever fits best. 1: what few people chose, among the 200 that fit best."),
            )
        with second:
            tags = _tags(engine)
            must_have = _must_have(engine)
    return Wanted(diversity, novelty, tags, must_have)


def _slider(label: str, key: str, explained: str) -> float:
    return st.slider(label, 0.0, 1.0, 0.0, 0.1, key=key, bind="query-params", persist_state="session", help=explained)


def _tags(engine: Engine) -> tuple[str, ...]:
    counts = dict(engine.tags())
    chosen = st.multiselect(
        _("Only with tag"),
        list(counts),
        key="only",
        bind="query-params",
        persist_state="session",
        format_func=lambda tag: f"{tag} ({counts.get(tag, 0):,})",
        placeholder=_("Any tag"),
        help=_("Only items that carry at least one of these tags."),
    )
    return tuple(chosen)


def _must_have(engine: Engine) -> tuple[Modality, ...]:
    chosen = st.pills(
        _("Must have"),
        [modality.value for modality in LOOKS if engine.summary.with_modality.get(modality)],
        selection_mode="multi",
        key="with",
        bind="query-params",
        persist_state="session",
        format_func=lambda value: f"{look(Modality(value)).material} {word(Modality(value))}",
        help=_("Only items that have all of these."),
    )
    return tuple(map(Modality, chosen))
