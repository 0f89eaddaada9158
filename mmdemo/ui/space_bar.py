"""Keeps the browser's address and the view of the space the same, and shows the address as a link to copy."""

from urllib.parse import urlencode

import streamlit as st

from mmdemo.ui import layout, space_address
from mmdemo.ui.layout import muted
from mmdemo.ui.space_session import SpaceSession
from mmdemo.ui.space_view import SpaceView
from mmdemo.ui.text import _

_WRITTEN, _ASKED = "space:written", "space:asked"


def load(session: SpaceSession, *, entered: bool) -> None:
    """Take the view from the address where a person changed it: a link, a bookmark, the Back button.

    Every request of a browser carries the address it had when it was sent, which may be the one before the last that
    was written. So an address counts only where nothing else explains the run.

    Args:
        session: What the page keeps.
        entered: True on the first run of the page after another page. An address without a view then means "come
            back", not "start over", and the view stays.
    """
    params = {name: st.query_params.get_all(name) for name in st.query_params}
    is_other = params != st.session_state.get(_WRITTEN, {})
    is_late = layout.is_own_rerun() or st.session_state.get(_ASKED, session.view) != session.view
    if entered or (is_other and not is_late):
        st.session_state[_WRITTEN] = params
        view = space_address.decode(params)
        if (params or not entered) and view != session.view:
            session.load(view)


def store(view: SpaceView) -> None:
    """Write the view into the address; one history entry a change."""
    params = space_address.encode(view)
    if params != st.session_state.get(_WRITTEN):
        st.query_params.from_dict(params)
    st.session_state[_WRITTEN] = params
    st.session_state[_ASKED] = view


def link_popover(view: SpaceView) -> None:
    """A button that opens the address of this view, ready to copy."""
    with st.popover(_("Link"), icon=":material/link:", type="tertiary"):
        params = urlencode(space_address.encode(view), doseq=True)
        address = (st.context.url or "").split("?")[0].rstrip("/")
        st.markdown(_("This address always shows the same map:"))
        st.code(f"{address}?{params}" if params else address, language=None, wrap_lines=True)
        muted(_("What you select with the lasso, and your own pictures and sounds, are not in it."))
