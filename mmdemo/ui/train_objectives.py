"""What a fusion can be trained for on this catalogue, and why the rest is not possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from mmdemo.engine import Summary
from mmdemo.engine.fusion_possible import possible_objectives
from mmdemo.fusion.objectives import OBJECTIVES, ObjectiveSpec
from mmdemo.ui import loading, resources, train_words
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, markdown_literal

_FROM_CHOICES = tuple(name for name, spec in OBJECTIVES.items() if spec.needs == "interactions")


def draw(summary: Summary) -> tuple[ObjectiveSpec | None, bytes | None]:
    """Draw the objectives, those that are not possible with the reason.

    Returns:
        The chosen one, None where none is possible, and the file of who chose what where one was given.

    Raises:
        MmdemoError: The workspace could not be opened.
    """
    loading.opened(resources.warm_engine(summary.version))
    reasons = dict(_reasons(str(resources.workspace_path()), summary.version))
    slot = st.container()
    choices = _choices() if any(reasons[name] for name in _FROM_CHOICES) else None
    if choices is not None:
        reasons.update(dict.fromkeys(_FROM_CHOICES, ""))
    possible = [name for name, reason in reasons.items() if not reason]
    with slot:
        chosen = _possible(possible)
        _impossible({name: reason for name, reason in reasons.items() if name not in possible})
    return None if chosen is None else OBJECTIVES[chosen], choices


def _possible(names: Sequence[str]) -> str | None:
    if not names:
        return None
    return st.radio(
        _("What it learns from"),
        names,
        format_func=_line,
        key="train:objective",
    )


def _line(name: str) -> str:
    """An objective with its sentence; Streamlit fades captions of a radio below a contrast of 4.5:1."""
    about = train_words.sentence(OBJECTIVES[name].summary)
    return f"{markdown_literal(OBJECTIVES[name].title)} :gray[:small[{about}]]"


def _impossible(reasons: Mapping[str, str]) -> None:
    """Draw what cannot be chosen; no disabled control, as that is too faint to be read."""
    for name, reason in reasons.items():
        title = markdown_literal(OBJECTIVES[name].title)
        muted(f":material/do_not_disturb_on: **{title}** · {train_words.sentence(reason)}")


def _choices() -> bytes | None:
    """Draw the place for a file of who chose what; its bytes."""
    file = st.file_uploader(
        _("Learn from what people chose: a CSV file with the columns “user” and “item”"),
        type="csv",
        key="train:interactions",
        help=_("Item ids as in the catalogue. With it, fusions can learn to rank what people chose."),
    )
    return None if file is None else file.getvalue()


@st.cache_data(max_entries=8, show_spinner=False)
def _reasons(path: str, version: str) -> dict[str, str]:
    return possible_objectives(resources.warm_engine(version, Path(path)).engine().items)
