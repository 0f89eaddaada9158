"""The one bar of the Recommend page: type, attach, record, drop; a camera beside it; examples under it."""

from collections.abc import Callable, Sequence

import streamlit as st

from mmdemo.ui.draft import Draft
from mmdemo.ui.examples import Example
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import look
from mmdemo.ui.text import _

_SAMPLE_RATE_HZ = 48000


def draw(draft: Draft) -> None:
    """Draw the bar; what is submitted becomes parts of the draft before the page is drawn again."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="composer"):
        st.chat_input(
            _("Add words, pictures or sounds") if draft.chips else _("Describe it, or add pictures and sounds"),
            key="composer_input",
            accept_file="multiple",
            accept_audio=True,
            audio_sample_rate=_SAMPLE_RATE_HZ,
            on_submit=_submitted,
            args=(draft,),
        )
        with st.popover(":material/photo_camera:", type="tertiary", help=_("Take a picture with the camera")):
            st.camera_input(
                _("Take a picture; it stays in this session"),
                key=f"camera:{draft.generation}",
                on_change=_photographed,
                args=(draft,),
            )


def examples(draft: Draft, choices: Sequence[Example]) -> None:
    """Draw one button an example; a click runs it."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="examples"):
        muted(_("Try"), width="content")
        for example in choices:
            icon = "".join(look(modality).material for modality in example.modalities[:1])
            st.button(
                example.label,
                icon=icon,
                key=f"example:{example.label}",
                on_click=_run,
                args=(draft, example.fill),
            )


def _submitted(draft: Draft) -> None:
    value = st.session_state["composer_input"]
    draft.problems = []
    draft.selected = None
    if value is None:
        return
    if value.text.strip():
        draft.add_text(value.text)
    for upload in [*value.files, *([value.audio] if value.audio else [])]:
        draft.add_upload(upload.getvalue(), _("recording.wav") if upload is value.audio else upload.name)


def _photographed(draft: Draft) -> None:
    shot = st.session_state[f"camera:{draft.generation}"]
    draft.problems = []
    if shot is not None:
        draft.add_upload(shot.getvalue(), _("photo.jpg"))


def _run(draft: Draft, fill: Callable[[Draft], None]) -> None:
    draft.clear()
    fill(draft)
