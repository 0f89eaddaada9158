"""The Train page on a workspace with an index: the form, then the runs."""

from __future__ import annotations

import streamlit as st

from mmdemo.engine import Summary, runs
from mmdemo.ui import resources, train_form, train_runs


def draw(summary: Summary) -> None:
    """Draw the page.

    Raises:
        WorkspaceError: The runs cannot be read.
    """
    found = runs.list_runs(resources.workspace_path())
    if not found:
        train_form.empty()
    form = st.container()
    train_runs.draw(found)
    with form:  # drawn last, as it may wait until the catalogue is open
        train_form.draw(summary)
