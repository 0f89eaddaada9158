"""System: what is installed, what is in use, what is missing and how to get it."""

import streamlit as st

from mmdemo.ui import encoder_panel, encoder_running, encoder_training, layout, problems, system_panels
from mmdemo.ui.text import _

layout.heading(_("System"), _("What is installed and in use, and what is missing?"))
for title, panel in (
    (_("Health"), system_panels.health),
    (_("Encoders"), encoder_panel.draw),
    (_("Models in use"), encoder_running.draw),
    (_("Train your own"), encoder_training.draw),
    (_("Versions of this workspace"), system_panels.versions),
    (_("About this installation"), system_panels.installation),
):
    st.subheader(title, anchor=False)
    with problems.shown():
        panel()
