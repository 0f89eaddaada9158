"""The parts of the query as chips: preview, modality, weight, remove; and what was liked or disliked."""

import streamlit as st

from mmdemo.ui.draft import Chip, Draft
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import look, word
from mmdemo.ui.text import _, markdown_literal

_PREVIEW_PX = 56
_SLIDER_PX = 130


def draw(draft: Draft) -> None:
    """Draw one chip a part, side by side where there is room."""
    grid = st.grid("auto", min_column_width=350, gap="xsmall", border=True, key="chips")
    for chip in draft.chips:
        with grid.cell():
            _chip(draft, chip)
    muted(_("Weights: 1 is more like this, 0 is ignored, −1 is less like this."))


def ratings(draft: Draft) -> None:
    """Draw what was liked and disliked; a click on one takes it back."""
    rated = [(item_id, True) for item_id in draft.likes] + [(item_id, False) for item_id in draft.dislikes]
    if not rated:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="ratings"):
        muted(_("Your ratings; click one to take it back"), width="content")
        for item_id, liked in rated:
            st.button(
                markdown_literal(draft.titles.get(item_id, item_id)),
                icon=":material/thumb_up:" if liked else ":material/thumb_down:",
                key=f"unrate:{item_id}",
                help=_("Take back"),
                on_click=draft.rate,
                args=(item_id, None),
            )


def _chip(draft: Draft, chip: Chip) -> None:
    part = chip.part
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if chip.preview is not None and chip.preview_mime.startswith("image/"):
            alt = _("Your picture: {name}").format(name=part.label)
            st.image(chip.preview, width=_PREVIEW_PX, alt=alt)
        shape = look(part.modality)
        title = markdown_literal(draft.titles.get(part.item_id or "", part.label))
        kind = f":{shape.name}[{shape.material} {word(part.modality).capitalize()}]"
        st.markdown(f"{kind}  \n**{title}**", width="stretch")
        _weight(draft, chip)
        st.button(
            "",
            icon=":material/delete:",
            key=f"remove:{chip.chip_id}",
            help=_("Remove this part"),
            type="tertiary",
            on_click=draft.remove,
            args=(chip.chip_id,),
        )
    if chip.preview is not None and chip.preview_mime.startswith("audio/"):
        st.audio(chip.preview, format=chip.preview_mime, alt=_("Your sound: {name}").format(name=part.label))


def _weight(draft: Draft, chip: Chip) -> None:
    key = f"weight:{draft.generation}:{chip.chip_id}"

    def changed() -> None:
        draft.set_weight(chip.chip_id, st.session_state[key])

    st.slider(
        _("Weight of {part}, from −1 to 1").format(part=markdown_literal(chip.part.label)),
        -1.0,
        1.0,
        chip.part.weight,
        0.05,
        key=key,
        label_visibility="collapsed",
        width=_SLIDER_PX,
        on_change=changed,
    )
