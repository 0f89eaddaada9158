"""What to do with a leaderboard: use a model, take the table along."""

from __future__ import annotations

import streamlit as st

from mmdemo.ui import compare_tables, leaderboard_tables, problems, resources
from mmdemo.ui import leaderboard_words as words
from mmdemo.ui.leaderboard_shown import Shown
from mmdemo.ui.text import _, markdown_literal

_FAILED = "leaderboard:failed"


def draw(shown: Shown) -> None:
    """Draw the choice of the model in use, and the downloads."""
    with problems.shown():
        _use(shown)
    name = f"leaderboard-{shown.board.split}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            _("Download as CSV"),
            compare_tables.as_csv(leaderboard_tables.rows(shown)),
            f"{name}.csv",
            "text/csv",
            key="leaderboard:csv",
            on_click="ignore",
            icon=":material/download:",
            help=_("All measures with intervals and standard errors, tests and costs."),
        )
        st.download_button(
            _("Download as LaTeX"),
            leaderboard_tables.latex(shown),
            f"{name}.tex",
            "text/x-tex",
            key="leaderboard:latex",
            on_click="ignore",
            icon=":material/functions:",
            help=_("A table for a paper: all measures among the first {k}, the best in bold.").format(k=shown.cutoff),
        )


def _use(shown: Shown) -> None:
    from mmdemo.engine.behaviour_choice import model_in_use

    failed = st.session_state.pop(_FAILED, None)
    if failed is not None:
        problems.show(failed)
    used = model_in_use(resources.workspace_path())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            _("Model for the page “For a person”"),
            [row.model for row in shown.rows],
            format_func=words.model,
            key="leaderboard-use",
            width=320,
        )
        st.button(
            _("In use") if name == used else _("Use this model"),
            icon=":material/check:" if name == used else ":material/person_check:",
            disabled=name == used,
            key="leaderboard:use",
            on_click=_choose,
            args=(name,),
            help=_("The page “For a person” starts with it from now on, for everybody."),
        )
        if used is not None:
            st.markdown(_("In use: **{model}**").format(model=markdown_literal(words.model(used))))


def _choose(name: str) -> None:
    from mmdemo.engine.behaviour_choice import use_model
    from mmdemo.errors import MmdemoError

    try:
        use_model(resources.workspace_path(), name)
    except MmdemoError as error:
        st.session_state[_FAILED] = error
