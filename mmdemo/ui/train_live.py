"""How a run learned, or is learning at this moment: how far it is, its losses, its weights."""

from __future__ import annotations

import streamlit as st

from mmdemo.engine.runs import Run
from mmdemo.figures.training_curves import loss_curves, weight_curves
from mmdemo.types import Modality
from mmdemo.ui import charts, resources, theme, train_jobs
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, duration, markdown_literal


def progress(run: Run) -> None:
    """Draw how far a run is and how long it will still take."""
    job = train_jobs.job(run.run_id)
    if job is None or job.finished:  # another process, such as the command line, trains it
        if run.state == "running":
            done, planned = len(run.epochs), run.settings.epochs
            st.progress(min(1.0, done / planned), text=_("Training in another process"))
        return
    if job.is_waiting:
        ahead = train_jobs.ahead(run.run_id)
        first = _n("{count} job comes first.", "{count} jobs come first.", ahead) if ahead else _("It starts now.")
        st.progress(0.0, text=first)
        return
    st.progress(job.fraction, text=markdown_literal(job.message) or _("Preparing"))
    said = [_("Stopping.")] if job.cancel_asked else []
    if job.eta_s is not None and not job.cancel_asked:
        said.append(_("About {time} left.").format(time=duration(job.eta_s)))
    muted(" ".join([*said, _("It goes on when you leave this page.")]))


def curves(run: Run) -> None:
    """Draw losses and weights side by side; nothing before the first epoch is over."""
    if not run.epochs:
        return
    planned = run.settings.epochs if run.state != "done" else run.epochs[-1].number
    left, right = st.columns(2, gap="medium")
    with left:
        charts.draw(
            loss_curves(run.epochs, planned=planned, dark=theme.is_dark()),
            key=f"train:loss:{run.run_id}",
            file_name=f"loss-{run.run_id}",
        )
    modalities = _modalities(run)
    if modalities:
        with right:
            charts.draw(
                weight_curves(run.epochs, modalities, planned=planned, dark=theme.is_dark()),
                key=f"train:weights:{run.run_id}",
                file_name=f"weights-{run.run_id}",
            )


def _modalities(run: Run) -> tuple[Modality, ...]:
    """What the weights of its epochs are of; nothing where there are none, or nobody knows any more."""
    summary = resources.summary()
    known = tuple(run.report.weights) if run.report is not None else ()
    if not known and run.usable and summary is not None:
        known = tuple(summary.with_modality)
    return known if known and all(len(epoch.weights) == len(known) for epoch in run.epochs) else ()
