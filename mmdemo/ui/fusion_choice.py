"""What ranks the Recommend page: a trained fusion, or calibrated evidence; and the way to change it."""

from __future__ import annotations

import streamlit as st

from mmdemo.engine import runs
from mmdemo.engine.runs import Run
from mmdemo.ui import layout, problems, resources
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, markdown_literal

TRAIN_PAGE = "pages/train.py"
ICON = ":material/model_training:"


def draw() -> Run | None:
    """Draw the line that says what ranks.

    Returns:
        The run that ranks; None where evidence does, as it does where the run has gone or does not fit the version.
    """
    run, is_chosen = None, True
    with problems.shown():
        run_id = runs.run_in_use(resources.workspace_path())
        is_chosen = run_id is not None
        run = None if run_id is None else runs.read_run(resources.workspace_path(), run_id)
    ranks = run if run is not None and run.usable and run.state == "done" else None
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="ranked-by"):
        muted(_said(ranks, run), help=_explained(ranks), width="content")
        if is_chosen:
            _back()
        st.page_link(TRAIN_PAGE, label=_("All runs") if is_chosen else _("Train a fusion"), icon=ICON)
    return ranks


def _said(ranks: Run | None, chosen: Run | None) -> str:
    if ranks is not None:
        return _(":material/leaderboard: Ranked by: **{title}**").format(title=markdown_literal(ranks.title))
    said = _(":material/leaderboard: Ranked by: **calibrated evidence**")
    if chosen is None:
        return said
    why = _("“{title}” was made for an older version").format(title=markdown_literal(chosen.title))
    return f"{said} · :orange[:material/history: {why}]"


def _explained(ranks: Run | None) -> str:
    if ranks is None:
        return _(
            "Every part of the query is compared with every part of an item, and each comparison counts as much as it "
            "says, measured against random pairs. Nothing is trained."
        )
    return _(
        "The query and each item are fused into one vector by a trained model; items rank by how close the two are. "
        "Percentages compare with random queries of the same make."
    )


def _back() -> None:
    label, said = _("Back to calibrated evidence"), _("At once; the run is kept.")
    with problems.shown():
        if st.button(label, icon=":material/undo:", type="tertiary", key="ranked-by:back", help=said):
            runs.use_run(resources.workspace_path(), None)
            layout.rerun()
