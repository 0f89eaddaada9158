"""What is kept of the person who looks at the page: said, exported, erased."""

from __future__ import annotations

import streamlit as st

from mmdemo.ui import person_change, person_feedback, person_identity, problems
from mmdemo.ui.text import _, _n

_ERASED = "person:erased"


def draw() -> None:
    """Draw what is kept, and the buttons that export and erase it."""
    with st.popover(_("Your data"), icon=":material/shield_person:", type="tertiary", key="person-data"):
        st.markdown(_said())
        for suffix, label in ((".csv", _("Export as CSV")), (".jsonl", _("Export as JSON lines"))):
            st.download_button(
                label,
                lambda suffix=suffix: person_feedback.exported(suffix),
                f"my-feedback{suffix}",
                key=f"person-export{suffix}",
                on_click="ignore",
                icon=":material/download:",
            )
        sure = st.checkbox(_("Erase all of it, for good"), key="person-sure")
        st.button(_("Erase"), icon=":material/delete_forever:", key="person-erase", disabled=not sure, on_click=_erase)
    erased = st.session_state.pop(_ERASED, None)
    if isinstance(erased, int):
        st.toast(_n("{count} entry was erased.", "{count} entries were erased.", erased), icon=":material/delete:")


def _said() -> str:
    if person_identity.is_signed_in():
        who = _("They are kept under a code made from your sign-in; nobody can read your name from it.")
    else:
        who = _(
            "They are kept under a random code that only this browser knows, in a cookie that ends with its session."
        )
    said = _("What you like, dislike, skip and play on this page, and your votes, are stored in this workspace.")
    return f"{said} {who}"


def _erase() -> None:
    with problems.shown():
        st.session_state[_ERASED] = person_feedback.erase()
        st.session_state["person-sure"] = False
        person_change.forget()
