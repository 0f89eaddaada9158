"""From the draft to cards: ask the engine once a change, hold the layout still, be honest about the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mmdemo.errors import MmdemoError
from mmdemo.types import Recommendations
from mmdemo.ui import address_bar, cards, loading, problems
from mmdemo.ui.draft import Draft
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, markdown_literal, milliseconds
from mmdemo.ui.warm import WarmEngine

if TYPE_CHECKING:
    from mmdemo.engine import Engine
    from mmdemo.engine.runs import Run

_ANSWER = "answer"


def draw(draft: Draft, warm: WarmEngine, version: str, *, ranks: Run | None = None) -> None:
    """Draw the answer to the draft; while models load, skeletons stand where the cards will be.

    Args:
        draft: What is asked.
        warm: Who answers.
        version: The version in use.
        ranks: The run that ranks; None: evidence does.
    """
    slot = st.empty()
    with problems.shown():
        try:
            answer = _answer(draft, warm, (version, None if ranks is None else ranks.run_id), slot)
        except MmdemoError:
            slot.empty()
            raise
        if answer is not None:
            with slot.container():
                _show(draft, warm.engine(), answer, ranks)


def _show(draft: Draft, engine: Engine, answer: Recommendations, chosen: Run | None) -> None:
    """Draw an answer; the run that was chosen to rank may not have been able to, which a notice then says."""
    from mmdemo.engine.fused import ranked_by

    said = "" if chosen is None else ranked_by(chosen.title)
    notices = [notice for notice in dict.fromkeys(answer.notices) if notice != said]  # the page says it above
    _summary(draft, answer, notices)
    cards.grid(draft, engine, answer, ranks=chosen if said in answer.notices else None)


def _answer(
    draft: Draft, warm: WarmEngine, ranking: tuple[str, str | None], slot: DeltaGenerator
) -> Recommendations | None:
    """The answer by a ranking: a version's id, and that of the run that ranks."""
    query = draft.query()
    if query is None:
        return None
    key = (ranking, draft.fingerprint())
    kept = st.session_state.get(_ANSWER)
    if kept is not None and kept[0] == key:
        return kept[1]
    is_cold = not warm.is_warm
    if is_cold:
        with slot.container():
            loading.skeletons(_("Loading the models; only the first query waits for them"))
    engine = warm.engine()
    _name_items(draft, engine)
    answer = engine.recommend(query, run_id=ranking[1])
    st.session_state[_ANSWER] = (key, answer, is_cold)
    return answer


def _name_items(draft: Draft, engine: Engine) -> None:
    ids = [chip.part.item_id for chip in draft.chips if chip.part.item_id is not None]
    for item_id in [*ids, *draft.likes, *draft.dislikes]:
        if item_id not in draft.titles:
            draft.titles[item_id] = engine.item(item_id).title


def _summary(draft: Draft, answer: Recommendations, notices: Sequence[str]) -> None:
    if not answer.ids:
        st.info(
            _("**No item passes the filters.** Remove a tag or a must-have in the settings."),
            icon=":material/filter_alt:",
        )
        return
    if answer.no_good_match:
        st.info(
            _(
                "**Nothing here is a good match.** Even the best result is no closer than a random query gets. "
                "The nearest are shown all the same; other words, or a picture, may find more."
            ),
            icon=":material/search_off:",
        )
    with st.container(horizontal=True, vertical_alignment="center", key="summary"):
        total, is_cold = answer.timings_ms["total"], st.session_state[_ANSWER][2]
        steps = "\n\n".join(f"{name}: {milliseconds(value)}" for name, value in answer.timings_ms.items())
        found = _n("{count} result", "{count} results", len(answer.ids))
        words = _("found in {time}, loading the models included") if is_cold else _("found in {time}")
        muted(
            f"{found}, {words.format(time=milliseconds(total))}",
            help=f"{_('Where the time went')}\n\n{steps}",
            width="stretch",
        )
        address_bar.link_popover(draft)
        st.button(_("New search"), icon=":material/restart_alt:", type="tertiary", key="reset", on_click=draft.clear)
    for notice in notices:
        muted(f":material/info: {markdown_literal(notice)}")
