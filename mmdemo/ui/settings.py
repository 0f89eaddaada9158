"""Settings of a search: closed at first, good without a touch."""

import streamlit as st

from mmdemo.types import Modality
from mmdemo.ui.address import MAX_RESULTS
from mmdemo.ui.draft import Draft
from mmdemo.ui.modality import look, word
from mmdemo.ui.text import _
from mmdemo.ui.warm import WarmEngine


def draw(draft: Draft, warm: WarmEngine) -> None:
    """Draw the controls and put what they say into the draft."""
    changed = bool(draft.tags or draft.must_have)
    label = _("Settings") + (f" · {_('filtered')}" if changed else "")
    with st.expander(label, icon=":material/tune:", key="settings"):
        columns = st.columns(3, gap="medium")
        with columns[0]:
            draft.k = st.slider(
                _("Results"),
                1,
                MAX_RESULTS,
                draft.k,
                key=f"k:{draft.generation}",
                help=_("How many results to show."),
            )
        with columns[1]:
            draft.must_have = _must_have(draft)
        with columns[2]:
            draft.tags = _tags(draft, warm)


def _must_have(draft: Draft) -> tuple[Modality, ...]:
    chosen = st.pills(
        _("Must have"),
        (Modality.IMAGE, Modality.AUDIO),
        selection_mode="multi",
        default=[modality for modality in draft.must_have if modality in (Modality.IMAGE, Modality.AUDIO)],
        format_func=lambda modality: f"{look(modality).material} {word(modality)}",
        key=f"must:{draft.generation}",
        help=_("Only items that have all of these."),
    )
    return tuple(chosen)


def _tags(draft: Draft, warm: WarmEngine) -> tuple[str, ...]:
    known = [tag for tag, _count in warm.engine().tags()] if warm.is_open else []
    chosen = st.multiselect(
        _("Only with tag"),
        [*known, *(tag for tag in draft.tags if tag not in known)],
        default=list(draft.tags),
        key=f"tags:{draft.generation}",
        placeholder=_("Any tag") if warm.is_open else _("Loading tags"),
        disabled=not warm.is_open,
        help=_("Only items that carry at least one of these tags."),
    )
    return tuple(chosen)
