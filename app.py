"""The application: page config, navigation, run."""

import streamlit as st

from mmdemo.ui import layout, status_line
from mmdemo.ui.text import _

st.set_page_config(page_title="mmdemo", page_icon=layout.ICON, layout="wide")
st.logo(layout.LOGO, size="large")
page = st.navigation(
    {
        _("Try"): [
            st.Page("pages/recommend.py", title=_("Recommend"), icon=":material/search:", default=True),
            st.Page("pages/for_a_person.py", title=_("For a person"), icon=":material/person_search:"),
            st.Page("pages/catalogue.py", title=_("Catalogue"), icon=":material/grid_view:"),
        ],
        _("Understand"): [st.Page("pages/space.py", title=_("Space"), icon=":material/scatter_plot:")],
        _("Build"): [
            st.Page("pages/train.py", title=_("Train"), icon=":material/model_training:"),
            st.Page("pages/compare.py", title=_("Compare"), icon=":material/compare_arrows:"),
            st.Page("pages/leaderboard.py", title=_("Leaderboard"), icon=":material/leaderboard:"),
        ],
        _("System"): [st.Page("pages/system.py", title=_("System"), icon=":material/memory:")],
    },
    position="top",
)
with layout.frame(page.url_path):
    status_line.draw()
    page.run()
