"""Who this browser's person is: random and known to nobody, or whoever signed in, under a name that says nothing."""

import re

import streamlit as st

from mmdemo.feedback import person_key, session_person, signed_in_person
from mmdemo.ui import resources

COOKIE = "mmdemo_person"
_PERSON = "person:id"
_UNSIGNED = re.compile(r"session-[0-9a-f]{32}")


def current() -> str:
    """The person, the same until the browser is closed; likes and votes are kept under this name.

    Raises:
        FeedbackError: Somebody signed in, and the key that hides names cannot be read or made.
    """
    if is_signed_in():
        name = str(st.user.get("email") or st.user.get("sub") or st.user.get("name") or "")
        return signed_in_person(name, person_key(resources.workspace_path()))
    if _PERSON not in st.session_state:
        given = str(st.context.cookies.get(COOKIE, ""))
        st.session_state[_PERSON] = given if _UNSIGNED.fullmatch(given) else session_person()
    return st.session_state[_PERSON]


def is_signed_in() -> bool:
    """Whether somebody signed in; False where this server asks nobody to."""
    return bool(getattr(st.user, "is_logged_in", False))


def remember() -> None:
    """Let the browser keep who it is in a cookie of its session, so that a reload does not make it somebody else.

    Not in the address: whoever was sent a link could then read and erase what the sender liked.
    """
    if is_signed_in() or st.context.cookies.get(COOKIE) == current():
        return
    secure = "; Secure" if (st.context.url or "").startswith("https://") else ""
    cookie = f"{COOKIE}={current()}; path=/; SameSite=Strict{secure}"
    st.html(f"<script>document.cookie = '{cookie}'</script>", unsafe_allow_javascript=True)
