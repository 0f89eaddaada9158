"""A running job on a page: what it does, how far it is, how long still, cancel; and how it ended."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.ui import layout, problems
from mmdemo.ui.jobs import Job, JobState
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, duration, markdown_literal

if TYPE_CHECKING:
    from mmdemo.catalog import ImportReport

_POLL_S = 0.5


def draw(job: Job) -> None:
    """Draw the job; while it runs the panel refreshes itself, and the page once more when it has finished."""
    st.fragment(_panel, run_every=None if job.finished else _POLL_S)(job, job.finished)


def _panel(job: Job, was_finished: bool) -> None:
    if job.finished and not was_finished:
        layout.rerun()
    if job.finished:
        _ended(job)
        return
    with st.container(border=True):
        st.markdown(f"**{markdown_literal(job.title)}**")
        st.progress(job.fraction, text=markdown_literal(job.message) or _("Waiting for its turn"))
        with st.container(horizontal=True, vertical_alignment="center"):
            muted(_left(job), width="stretch")
            st.button(_("Cancel"), icon=":material/close:", key=f"cancel:{job.job_id}", on_click=job.cancel)


def _left(job: Job) -> str:
    going_on = _("It goes on when you leave this page.")
    if job.eta_s is None:
        return going_on
    return _("About {time} left.").format(time=duration(job.eta_s)) + " " + going_on


def _ended(job: Job) -> None:
    from mmdemo.catalog import ImportReport

    if job.state is JobState.CANCELLED:
        st.info(_("{job}: cancelled. The catalogue in use stays as it was.").format(job=markdown_literal(job.title)))
    elif job.error is not None:
        st.markdown(f"**{markdown_literal(job.title)}**")
        problems.show(job.error)
    elif isinstance(job.result, ImportReport):
        _report(job.job_id, job.result)


def _report(job_id: int, report: ImportReport) -> None:
    st.success(
        _("Imported and indexed. {read} read, {kept} kept, {skipped} left out, {duplicates} duplicates.").format(
            read=f"{report.read:,}",
            kept=f"{report.kept:,}",
            skipped=f"{len(report.skipped):,}",
            duplicates=f"{len(report.duplicates):,}",
        ),
        icon=":material/check_circle:",
    )
    if not report.skipped and not report.duplicates:
        return
    rows = [{"where": where, "why": why} for where, why in map(tuple, report.skipped)]
    rows += [{"where": str(duplicate), "why": _("duplicate")} for duplicate in report.duplicates]
    with st.expander(_n("{count} thing left out", "{count} things left out", len(rows)), icon=":material/rule:"):
        st.dataframe(rows, hide_index=True, alt=_("What was left out, and why"))
        st.download_button(
            _("Download as CSV"),
            _csv(rows),
            "import-report.csv",
            "text/csv",
            key=f"report:{job_id}",
            on_click="ignore",
            icon=":material/download:",
        )


def _csv(rows: list[dict[str, str]]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, ["where", "why"])
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
