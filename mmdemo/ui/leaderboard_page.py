"""The Leaderboard page put together: what is judged on, the choice, warnings, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.engine import Summary
from mmdemo.ui import (
    leaderboard_accuracy,
    leaderboard_beyond,
    leaderboard_choice,
    leaderboard_cold,
    leaderboard_cost,
    leaderboard_export,
    leaderboard_shown,
    loading,
    problems,
    resources,
)
from mmdemo.ui.layout import muted
from mmdemo.ui.leaderboard_choice import Asked
from mmdemo.ui.text import _, markdown_literal

if TYPE_CHECKING:
    from mmdemo.engine import Engine
    from mmdemo.engine.leaderboard import Leaderboard, Subject

_REMEMBERED = 4


def draw(summary: Summary) -> None:
    """Draw the page for the version in use."""
    import_module("pandas")  # Plotly looks into it even while another thread, the warm-up, is still importing it
    engine = loading.opened(resources.warm_engine(summary.version))
    subject = _subject(str(engine.workspace.path), summary.version, engine.workspace.interactions.current(), engine)
    _about(subject)
    asked = leaderboard_choice.draw(subject)
    if not asked.models:
        st.info(_("**Choose at least one model** above."), icon=":material/leaderboard:")
        return
    known = _known(subject, asked)
    there = () if known is None else tuple(row for row in known.rows if row.model in asked.models)
    measured = {row.model for row in there}
    if not there:
        _empty()
    leaderboard_choice.measure(subject, asked, [name for name in asked.models if name not in measured])
    if known is not None and there:
        _board(subject, replace(known, rows=there))


def _about(subject: Subject) -> None:
    used = subject.used
    users, items = (f"{len(ids):,}" for ids in (used.interactions.user_ids, used.interactions.item_ids))
    muted(
        _("{choices} choices of {users} people among {items} items. {about}").format(
            choices=f"{len(used.interactions):,}", users=users, items=items, about=markdown_literal(used.about)
        )
    )
    if used.simulated:
        st.info(
            _(
                "**These people are simulated.** The order of the models shows what they can learn from such tastes, "
                "not what real people would choose. Import real choices with `mmdemo interactions import`."
            ),
            icon=":material/smart_toy:",
        )


def _board(subject: Subject, board: Leaderboard) -> None:
    for leak in board.leaks:
        st.warning(f"**{_('Take care:')}** {markdown_literal(leak.message)}", icon=":material/warning:")
    shown = leaderboard_shown.draw(subject, board)
    views: dict[str, Callable[[], None]] = {
        _("Accuracy"): lambda: leaderboard_accuracy.draw(shown),
        _("Beyond accuracy"): lambda: leaderboard_beyond.draw(shown),
        _("Cold start"): lambda: leaderboard_cold.draw(shown),
        _("Cost"): lambda: leaderboard_cost.draw(shown),
    }
    tabs = st.tabs(list(views), key="show", bind="query-params")
    for tab, view in zip(tabs, views.values(), strict=True):
        with tab, problems.shown():
            if tab.open:
                view()
    leaderboard_export.draw(shown)


def _empty() -> None:
    st.markdown(
        _(
            "**Not measured yet.** Here you will see how often each model puts what a person went on to choose at the "
            "top of the whole catalogue, how sure that is, and what each model costs."
        )
    )


@st.cache_resource(max_entries=2, show_spinner=False)
def _subject(path: str, version: str, choices: str | None, _engine: Engine) -> Subject:  # noqa: ARG001 - the key
    """What models are judged on; made once a version and set of choices."""
    from mmdemo.engine.leaderboard import Subject

    return Subject.of(_engine)


def _known(subject: Subject, asked: Asked) -> Leaderboard | None:
    """What was measured before; read anew where there is more of it."""
    there = tuple(subject.workspace.behaviour.keys(subject.version_id))
    key = (str(subject.workspace.path), subject.choices_sha256, asked.split, asked.seed, asked.tuned, there)
    return _read(key, subject, asked)


@st.cache_resource(max_entries=_REMEMBERED, show_spinner=False)
def _read(key: tuple, _subject: Subject, _asked: Asked) -> Leaderboard | None:  # noqa: ARG001 - the key
    from mmdemo.engine.leaderboard import known_leaderboard

    return known_leaderboard(_subject, _asked.split, _asked.seed, tuned=_asked.tuned)
