"""The runs of a workspace, newest first: state, curves while they train, and what can be done with each."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mmdemo.engine import runs
from mmdemo.engine.runs import Run
from mmdemo.fusion.objectives import OBJECTIVES
from mmdemo.ui import layout, problems, resources, train_actions, train_details, train_jobs, train_live, train_words
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, duration, markdown_literal, when

_POLL_S = 1.0


def draw(found: Sequence[Run]) -> None:
    """Draw a card each; those that train redraw themselves, and the page once when they have ended."""
    for run in found:
        with st.container(border=True, gap="small", key=f"train-run:{run.run_id}"):
            is_live = _is_live(run)
            if is_live and train_jobs.ahead(run.run_id) == 0:
                st.fragment(_card, run_every=_POLL_S)(run.run_id, is_live)
            else:
                _card(run.run_id, is_live)


def _is_live(run: Run) -> bool:
    return train_jobs.active(run.run_id) or run.state == "running"


def _card(run_id: str, was_live: bool) -> None:
    with problems.shown():
        run = runs.read_run(resources.workspace_path(), run_id)
        is_live = _is_live(run)
        if was_live and not is_live:
            layout.rerun()
        _head(run)
        if is_live:
            train_live.progress(run)
            train_live.curves(run)
        elif run.state == "failed":
            st.warning(
                f"**{_('It did not finish.')}** {markdown_literal(run.error)}",
                icon=":material/error:",
            )
        elif run.report is not None:
            _result(run)
        train_actions.draw(run, is_live=is_live)
        if not is_live and train_actions.is_open(run_id):
            train_details.draw(run)


def _head(run: Run) -> None:
    name, icon, colour = train_words.state(_shown_state(run))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{markdown_literal(run.title)}**", width="content")
        st.badge(name, icon=icon, color=colour)
        if run.in_use and run.usable:
            st.badge(_("ranks the Recommend page"), icon=":material/leaderboard:", color="blue")
        if not run.usable:
            st.badge(_("made for an older version"), icon=":material/history:", color="orange")
    muted(" · ".join(_facts(run)))


def _shown_state(run: Run) -> str:
    """The state that a person should see: a run that no server has queued does not wait."""
    if run.state == "queued" and not train_jobs.active(run.run_id):
        return "stopped"
    job = train_jobs.job(run.run_id)
    if job is not None and not job.finished and train_jobs.active(run.run_id):
        return "queued" if job.is_waiting else "running"
    return run.state


def _facts(run: Run) -> list[str]:
    objective = OBJECTIVES.get(run.settings.objective)
    facts = [markdown_literal(objective.title if objective is not None else run.settings.objective)]
    if run.epochs and run.state == "done":
        facts.append(_n("{count} epoch", "{count} epochs", len(run.epochs)))
    elif run.epochs:
        facts.append(
            _("epoch {done} of at most {planned}").format(done=run.epochs[-1].number, planned=run.settings.epochs)
        )
    if run.seconds and not _is_live(run):  # what is written while it trains is what it took before
        facts.append(duration(run.seconds))
    return [*facts, _("seed {seed}").format(seed=run.settings.seed), markdown_literal(when(run.created))]


def _result(run: Run) -> None:
    report = run.report
    assert report is not None
    said = _("Recall@10 **{value}** ({low} to {high}), by chance {chance}").format(
        value=f"{report.recall[10]:.1%}",
        low=f"{100 * report.intervals[10][0]:.0f}",
        high=f"{report.intervals[10][1]:.0%}",
        chance=f"{report.chance[10]:.1%}",
    )
    st.markdown(f"{said}  \n{train_words.weights(report.weights)}")
