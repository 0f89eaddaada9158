"""Errors as a person needs them: what was given, what was expected, what to do; the rest of the page goes on."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import streamlit as st

from mmdemo.errors import MmdemoError
from mmdemo.ui.text import _, markdown_literal


def show(error: MmdemoError) -> None:
    """Draw one error in a calm box."""
    st.warning(
        f"**{_sentence(error.given)}** {_sentence(error.expected)}  \n{_('What to do:')} {_sentence(error.remedy)}",
        icon=":material/error:",
    )


def show_all(errors: Iterable[MmdemoError]) -> None:
    """Draw several errors, each in its box."""
    for error in errors:
        show(error)


@contextmanager
def shown() -> Iterator[None]:
    """Run a block of a page; an `MmdemoError` in it is drawn in its place."""
    try:
        yield
    except MmdemoError as error:
        show(error)


def _sentence(words: str) -> str:
    words = words.strip()
    return markdown_literal(words[:1].upper() + words[1:].rstrip(".")) + "."
