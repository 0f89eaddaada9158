"""System: what is installed, what is in use, what is missing and how to get it."""

import streamlit as st

from mmdemo.ui import layout, problems, system_panels
from mmdemo.ui.text import _

layout.heading(_("System"), _("What is installed and in use, and what is missing?"))
for title, panel in (
    (_("Health"), system_panels.health),
    (_("Versions of this workspace"), system_panels.versions),
    (_("Models"), system_panels.encoders),
    (_("This machine"), system_panels.machine),
    (_("Software"), system_panels.software),
):
    st.subheader(title, anchor=False)
    with problems.shown():
        panel()
