"""Keeps the browser's address and the draft the same: a link fills the composer, a changed query changes the link."""

from urllib.parse import urlencode

import streamlit as st

from mmdemo.ui import address, layout
from mmdemo.ui.draft import Draft
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n

_WRITTEN, _ASKED = "address:written", "address:asked"


def load(draft: Draft, *, entered: bool) -> None:
    """Fill the draft from the address where a person changed it: a link, a bookmark, the Back button.

    Every request of a browser carries the address it had when the request was sent, which may be the one before the
    last that was written. So an address counts only where nothing else explains the run: not where the application
    itself asked for it, and not where the draft changed since.

    Args:
        draft: This session's draft.
        entered: True on the first run of the page after another page. An address without a query then means "come
            back", not "start over", and the draft stays.
    """
    params = {name: st.query_params.get_all(name) for name in st.query_params}
    is_other = params != st.session_state.get(_WRITTEN, {})
    is_late = layout.is_own_rerun() or st.session_state.get(_ASKED, _asked(draft)) != _asked(draft)
    if entered or (is_other and not is_late):
        st.session_state[_WRITTEN] = params
        if params or not entered:
            draft.load(address.decode(params))


def store(draft: Draft) -> None:
    """Write the draft into the address; one history entry a change."""
    params = address.encode(draft.address())
    if params != st.session_state.get(_WRITTEN):
        st.query_params.from_dict(params)
    st.session_state[_WRITTEN] = params
    st.session_state[_ASKED] = _asked(draft)


def _asked(draft: Draft) -> tuple[object, ...]:
    return (*draft.fingerprint(), draft.selected)


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
