"""What stands where a map will be: being made, cancelled, failed, not asked for yet."""

from __future__ import annotations

import streamlit as st

from mmdemo.engine import Summary
from mmdemo.ui import job_panel, layout, problems, space_maps
from mmdemo.ui.jobs import Job, JobState
from mmdemo.ui.layout import muted
from mmdemo.ui.space_view import MapChoice
from mmdemo.ui.text import _, markdown_literal


def draw(choice: MapChoice, summary: Summary, *, old_map_stays: bool) -> None:
    """Draw what becomes of a map that is not there, starting it where nobody needs to ask for it.

    Args:
        choice: The map.
        summary: The version in use.
        old_map_stays: Whether another map is shown below meanwhile.
    """
    job = space_maps.job_for(choice, summary)
    if space_maps.starts_by_itself(choice, summary):
        job = space_maps.start(choice, summary)
    if job is not None and not job.finished:
        _running(job, old_map_stays=old_map_stays)
    elif choice.where.workspace:
        _elsewhere(choice)
    else:
        _to_ask_for(choice, summary, job, old_map_stays=old_map_stays)


def _running(job: Job, *, old_map_stays: bool) -> None:
    if old_map_stays:
        job_panel.draw(job)
        muted(_("The map below stays until the new one is ready."))
        return
    with st.container(gap="small", key="space-waiting"):
        st.subheader(_("The map is being made"), anchor=False)
        st.markdown(
            _(
                "Here every text, picture and sound of the catalogue will be a point, and things that are alike will "
                "lie close together. It is made once and kept."
            )
        )
        job_panel.draw(job)


def _to_ask_for(choice: MapChoice, summary: Summary, job: Job | None, *, old_map_stays: bool) -> None:
    with st.container(border=True, gap="small", key="space-missing"):
        st.markdown(f"**{_ended(job)}** {markdown_literal(choice.settings.words())}.")
        if job is not None and job.error is not None:
            problems.show(job.error)
        words = _("The map below stays until it is ready.") if old_map_stays else ""
        with st.container(horizontal=True, vertical_alignment="center"):
            muted(_("It takes some seconds for a thousand points and is kept.") + f" {words}", width="stretch")
            if st.button(
                _("Make this map") if job is None else _("Try again"),
                type="primary",
                icon=":material/scatter_plot:",
                key="space-make",
            ):
                space_maps.start(choice, summary)
                layout.rerun()


def _ended(job: Job | None) -> str:
    if job is None:
        return _("This map has not been made yet:")
    return _("Cancelled:") if job.state is JobState.CANCELLED else _("This map could not be made:")


def _elsewhere(choice: MapChoice) -> None:
    st.info(
        _(
            "**Workspace “{name}” has no such map yet.** It is only looked at from here, not changed. Open it by "
            "itself, or run `mmdemo map` on it, and its map will show here."
        ).format(name=markdown_literal(choice.where.workspace)),
        icon=":material/folder_open:",
    )
