"""The encoders a session is choosing: kept while pages are left, thrown away when another version comes into use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from mmdemo.types import Modality
from mmdemo.ui import layout, resources

_KEY = "encoders:draft"


@dataclass(slots=True)
class EncoderDraft:
    """What has been chosen so far.

    Args:
        version: Id of the version in use when the choice began; None where there was none.
        generation: Number in the keys of the widgets; another number makes new ones, with other starting values.
        start: Names that the widgets of this generation start from; modalities left out start from what is in use.
        names: What is chosen now.
    """

    version: str | None
    generation: int = 0
    start: dict[Modality, str] = field(default_factory=dict)
    names: dict[Modality, str] = field(default_factory=dict)

    def fill(self, names: Mapping[Modality, str]) -> None:
        """Choose these encoders; the other modalities stay as they are."""
        self.names = {**self.names, **names}
        self.begin_again()

    def begin_again(self) -> None:
        """Make the widgets anew, from what is chosen now."""
        self.start = dict(self.names)
        self.generation += 1


def draft() -> EncoderDraft:
    """The choice of this session."""
    summary = resources.summary()
    version = None if summary is None else summary.version
    kept: EncoderDraft | None = st.session_state.get(_KEY)
    if kept is None or kept.version != version:
        kept = EncoderDraft(version, 0 if kept is None else kept.generation + 1)
        st.session_state[_KEY] = kept
    return kept


def enter() -> EncoderDraft:
    """The choice of this session at the start of a draw; widgets that went with their page come back as they were."""
    kept = draft()
    if layout.just_entered() and kept.names != kept.start:
        kept.begin_again()
    return kept
