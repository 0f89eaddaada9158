"""The frame of every page: at most 1280 pixels wide, one heading, one sentence under it."""

import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st

ASSETS = Path(__file__).resolve().parent.parent.parent / "assets"
LOGO = str(ASSETS / "logo.svg")
ICON = str(ASSETS / "icon.svg")
_CSS = ASSETS / "theme.css"
CONTENT_WIDTH_PX = 1280
_PAGE, _ENTERED, _FRAMED, _RERUN, _OWN = (f"layout:{name}" for name in ("page", "entered", "framed", "rerun", "own"))


@contextmanager
def frame(page: str) -> Iterator[None]:
    """Centre what is drawn inside and keep its lines readable on a wide screen; remember which page it is."""
    st.session_state[_ENTERED] = st.session_state.get(_PAGE) != page
    st.session_state[_PAGE] = page
    st.session_state[_OWN] = st.session_state.pop(_RERUN, False)
    st.html(_CSS)
    with (
        st.container(horizontal_alignment="center", key="frame"),
        st.container(width=CONTENT_WIDTH_PX, key="content"),
    ):
        st.session_state[_FRAMED] = True
        try:
            yield
        finally:
            st.session_state[_FRAMED] = False


def just_entered() -> bool:
    """True on the first run of a page after another page, or after nothing."""
    return st.session_state.get(_ENTERED, True)


def rerun() -> NoReturn:
    """Draw the page again because something it shows has changed, not because a person did something."""
    st.session_state[_RERUN] = True
    st.rerun()


def is_own_rerun() -> bool:
    """True while the page is drawn because of `rerun`."""
    return st.session_state.get(_OWN, False)


def heading(title: str, question: str) -> None:
    """The one h1 of a page and the sentence that says what the page answers."""
    _require_frame()
    st.title(title, anchor=False)
    st.markdown(question)


def muted(words: str, **options: Any) -> None:
    """Small, quiet words; markdown already escaped. `st.caption` fades to a contrast below 4.5:1, this does not."""
    st.markdown(f":gray[:small[{words}]]", **options)


def _require_frame() -> None:
    """Run the whole application where Streamlit runs a page file alone.

    Until `st.navigation` has been called once in a process, Streamlit takes the folder `pages` for the older kind of
    application and answers a direct link to a page with the bare file, without app.py.
    """
    if not st.session_state.get(_FRAMED):
        runpy.run_path(str(ASSETS.parent / "app.py"))
        st.stop()
