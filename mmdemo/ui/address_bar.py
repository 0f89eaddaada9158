"""Keeps the browser's address and the draft the same: a link fills the composer, a changed query changes the link."""

from urllib.parse import urlencode

import streamlit as st

from mmdemo.ui import address
from mmdemo.ui.draft import Draft
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n

_WRITTEN = "address_written"


def load(draft: Draft, *, entered: bool) -> None:
    """Fill the draft from the address where a person changed it: a link, a bookmark, the Back button.

    Args:
        draft: This session's draft.
        entered: True on the first run of the page after another page. An address without a query then means "come
            back", not "start over", and the draft stays.
    """
    params = {name: st.query_params.get_all(name) for name in st.query_params}
    changed = params != st.session_state.get(_WRITTEN, {})
    st.session_state[_WRITTEN] = params
    if changed and not (entered and not params):
        draft.load(address.decode(params))


def store(draft: Draft) -> None:
    """Write the draft into the address; one history entry a change."""
    params = address.encode(draft.address())
    if params != {name: st.query_params.get_all(name) for name in st.query_params}:
        st.query_params.from_dict(params)
    st.session_state[_WRITTEN] = params


def link_popover(draft: Draft) -> None:
    """A button that opens the permanent address, ready to copy."""
    with st.popover(_("Link"), icon=":material/link:", type="tertiary"):
        params = urlencode(address.encode(draft.address()), doseq=True)
        st.markdown(_("This address always asks the same again:"))
        st.code(f"{(st.context.url or '').rstrip('/')}/?{params}", language=None, wrap_lines=True)
        left_out = draft.left_out_of_address
        if left_out:
            muted(
                _n(
                    "{count} part is not in it: your files and long texts stay in this session.",
                    "{count} parts are not in it: your files and long texts stay in this session.",
                    left_out,
                )
            )
