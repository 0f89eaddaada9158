"""Catalogue: what there is to recommend, item by item, and how to bring in another."""

import streamlit as st

from mmdemo.ui import browse, empty, importing, job_panel, layout, loading, problems, resources
from mmdemo.ui.text import _

layout.heading(_("Catalogue"), _("What is there to recommend, and where does it come from?"))
summary = resources.summary()
if summary is None:
    empty.draw()
else:
    browse.provenance(summary.source)
    with st.expander(_("Import another catalogue"), icon=":material/upload_file:"):
        importing.draw()
    job = next(iter(resources.job_queue().active()), None) or importing.last()
    if job is not None:
        job_panel.draw(job)
    with problems.shown():
        browse.draw(loading.opened(resources.warm_engine(summary.version)))
