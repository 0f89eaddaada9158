"""One application under test at a time, on a workspace of its own."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[2] / "app.py"
PATIENCE_S = 120


@pytest.fixture
def open_app(monkeypatch):
    """Opens app.py on a workspace; nothing cached by an earlier test is seen."""
    st.cache_resource.clear()

    def open_on(workspace: Path, page: str = "", **params: str | list[str]) -> AppTest:
        monkeypatch.setenv("MMDEMO_WORKSPACE", str(workspace))
        app = AppTest.from_file(str(APP), default_timeout=PATIENCE_S).run()
        if page:
            app = app.switch_page(page)
        for name, value in params.items():
            app.query_params[name] = value
        return app.run()

    yield open_on
    st.cache_resource.clear()
