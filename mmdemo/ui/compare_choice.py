"""Which runs to compare: those of the version in use that are finished; the others apart, with why."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mmdemo.engine.runs import Run
from mmdemo.fusion import FUSIONS
from mmdemo.fusion.settings import TrainSettings
from mmdemo.ui import compare_words as words
from mmdemo.ui import job_panel, layout, problems, train_jobs
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, markdown_literal

CHOSEN = "run"
"""Key of the choice, and its name in the address."""
_AWAITED = "compare:awaited"
_AT_FIRST = 5


def comparable(runs: Sequence[Run]) -> list[Run]:
    """Finished and measured runs of the version in use, the highest Recall@10 first."""
    found = [run for run in runs if run.state == "done" and run.usable and run.report is not None]
    return sorted(found, key=lambda run: -recall10(run))


def recall10(run: Run) -> float:
    """Recall@10 of a finished run."""
    return 0.0 if run.report is None else run.report.recall[10]


def draw(ready: Sequence[Run], others: Sequence[Run]) -> list[Run]:
    """Draw the choice and what cannot be chosen; the chosen runs, best first."""
    called = words.labels(ready)
    known = [run.run_id for run in ready]
    arrived = [run_id for run_id in st.session_state.get(_AWAITED, ()) if run_id in known]
    if arrived:  # baselines that were asked for here join the choice when they are there
        st.session_state[_AWAITED] = [run_id for run_id in st.session_state[_AWAITED] if run_id not in arrived]
        before = [run_id for run_id in known if run_id not in arrived][:_AT_FIRST]
        st.session_state[CHOSEN] = [*st.session_state.get(CHOSEN, before), *arrived]
    chosen = st.multiselect(
        _("Models to compare"),
        known,
        default=None if CHOSEN in st.session_state else known[:_AT_FIRST],
        format_func=lambda run_id: called[run_id],
        key=CHOSEN,
        bind="query-params",
        persist_state="session",
        placeholder=_("Choose two or more"),
        help=_("Finished training runs of the version in use; the best come first."),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        baselines(ready, others)
        apart(others)
    return [run for run in ready if run.run_id in chosen]


def baselines(ready: Sequence[Run], others: Sequence[Run]) -> None:
    """Draw the button that adds the fixed fusions, where some are not there yet; under way, how far they are."""
    waiting = [run for run in others if run.usable and train_jobs.active(run.run_id)]
    job = next((job for run in reversed(waiting) if (job := train_jobs.job(run.run_id)) is not None), None)
    if job is not None:
        with st.container():
            job_panel.draw(job)
        return
    missing = _fixed_missing(ready)
    if missing and st.button(
        _n("Add {count} fixed fusion", "Add {count} fixed fusions", len(missing)),
        icon=":material/playlist_add:",
        key="compare:baselines",
        help=_(
            "Means, products and merged lists, which learn nothing: what every learned fusion should beat. It takes "
            "seconds each. Missing: {names}."
        ).format(names=markdown_literal(", ".join(FUSIONS[name].title for name in missing))),
    ):
        with problems.shown():
            made = train_jobs.queue([TrainSettings(name) for name in missing])
            st.session_state[_AWAITED] = [*st.session_state.get(_AWAITED, ()), *made]
            layout.rerun()


def _fixed_missing(ready: Sequence[Run]) -> list[str]:
    there = {run.settings.fusion for run in ready}
    return [name for name, spec in FUSIONS.items() if not spec.learned and name not in there]


def apart(others: Sequence[Run]) -> None:
    """Draw the runs that cannot be compared, each with why, behind a quiet button."""
    if not others:
        return
    with st.popover(
        _n("{count} run not here", "{count} runs not here", len(others)),
        type="tertiary",
        icon=":material/rule:",
        key="compare:others",
    ):
        for run in others:
            st.markdown(f"**{markdown_literal(run.title)}**  \n:gray[:small[{markdown_literal(why_not(run))}]]")


def why_not(run: Run) -> str:
    """Why a run cannot be compared."""
    if run.state == "failed":
        return _("It failed: {why}").format(why=run.error or _("no reason was kept"))
    if run.state in ("queued", "running"):
        return _("It is still being trained.")
    if run.state != "done":
        return _("It was stopped before it was finished; the Train page can go on with it.")
    if not run.usable:
        return _(
            "It was trained on version {version}, which holds other items or other vectors than the version in use. "
            "Its scores are of other queries."
        ).format(version=run.version_id)
    return _("It has not been measured.")


def too_few(ready: Sequence[Run], others: Sequence[Run]) -> None:
    """Draw what is missing where there are fewer than two runs, and what brings it."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        if ready:
            st.subheader(_("One model is not a comparison"), anchor=False, text_alignment="center")
            said = _(
                "**{title}** finds {share} of the items among the first ten. Is that much? Add the fixed fusions, "
                "which learn nothing and take seconds, or train another model."
            ).format(title=markdown_literal(ready[0].title), share=words.share(recall10(ready[0])))
        else:
            st.subheader(_("No trained model yet"), anchor=False, text_alignment="center")
            said = _(
                "Here you will see which model finds the right item most often, whether its lead is real, and what "
                "each of them used. Train one first; the fixed fusions, which learn nothing, take seconds."
            )
        st.markdown(said, text_alignment="center")
        with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
            if st.button(_("Train a model"), type="primary", icon=":material/model_training:", key="compare:train"):
                st.switch_page("pages/train.py")
            baselines(ready, others)
    if others:
        muted(_("Runs that cannot be compared here:"))
        apart(others)
