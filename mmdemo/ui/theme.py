"""Which theme the reader's browser shows."""

import streamlit as st


def is_dark() -> bool:
    """Whether the page is dark; False where the browser has not said so yet (first draw, tests)."""
    return st.context.theme.get("type") == "dark"
