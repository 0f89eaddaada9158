"""What a page shows where there is no catalogue yet: what will be here, and one button that makes it so."""

import streamlit as st

from mmdemo.ui import importing, job_panel, resources
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, markdown_literal


def draw() -> None:
    """Draw the empty state, or the job that is about to end it."""
    active = resources.job_queue().active()
    if active:
        job_panel.draw(active[-1])
        return
    last = importing.last()
    if last is not None:
        job_panel.draw(last)
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.subheader(_("No catalogue yet"), anchor=False, text_alignment="center")
        st.markdown(
            _(
                "Here you will search a catalogue with words, pictures and sounds. First it has to be fetched and "
                "indexed; that takes a few minutes, once."
            ),
            text_alignment="center",
        )
        _button()


def _button() -> None:
    name = importing.default_name()
    info = importing.source_infos()[name]
    st.button(
        _("Set up “{source}”").format(source=markdown_literal(info.title)),
        type="primary",
        icon=":material/download:",
        key="set_up",
        on_click=lambda: importing.start(name, info.title),
    )
    muted(markdown_literal(f"{info.attribution} · {_('Licence')}: {info.licence}"), text_alignment="center")
