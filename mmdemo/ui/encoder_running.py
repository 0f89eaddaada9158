"""What runs: the loaded encoders, where, how fast, and how often their work could be spared."""

from __future__ import annotations

import streamlit as st

from mmdemo.engine.running import Running, gpu, running
from mmdemo.ui import encoder_words
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, size


def draw() -> None:
    """Draw a row for each loaded encoder; what is to come where none is loaded yet."""
    found = running()
    if not found:
        with st.container(border=True):
            st.markdown(
                _(
                    "**No model is loaded yet.** The first query or the first indexing loads what it needs; then you "
                    "see here what runs where, how fast, and how much was known already."
                )
            )
        return
    st.table([_row(each) for each in found], hide_index=True, border="horizontal", alt=_("The models in use"))
    with st.container(horizontal=True, vertical_alignment="center"):
        muted(_gpu(), width="stretch")
        st.button(_("Look again"), icon=":material/refresh:", type="tertiary", key="running:refresh")
    with st.popover(_("What does this mean?"), type="tertiary", icon=":material/help:", key="running:about"):
        st.markdown(
            _(
                "Counted since this server started. **Pieces a second**: texts, pictures or sounds through the "
                "network, reading and decoding the files not included. **Known already**: pieces whose numbers were "
                "kept from an earlier time, found by their content, so nothing had to be computed. **Memory**: the "
                "weights; on a GPU, the most that was in use at once is added."
            )
        )


def _row(each: Running) -> dict[str, str]:
    done = each.measured
    looked_up = done.cache_hits + done.cache_misses
    peak = f" ({_('peak {size}').format(size=size(done.gpu_peak_bytes))})" if done.gpu_peak_bytes else ""
    known = f"{done.hit_rate:.0%} ({done.cache_hits:,} / {looked_up:,})" if done.hit_rate is not None else "–"
    return {
        _("For"): encoder_words.named(each.modality),
        _("Model"): f"`{each.name}`",
        _("Runs on"): _("processor") if each.device == "cpu" else each.device,
        _("Precision"): each.precision or "–",
        _("Memory"): size(each.memory_bytes) + peak,
        _("Encoded"): f"{done.pieces:,}",
        _("Pieces a second"): "–" if done.per_second is None else _rate(done.per_second),
        _("Known already"): known,
    }


def _rate(per_second: float) -> str:
    return f"{per_second:,.0f}" if per_second >= 10 else f"{per_second:.1f}"


def _gpu() -> str:
    found = gpu()
    if found is None:
        return _("There is no GPU that PyTorch can use: everything runs on the processor.")
    return _("GPU: {name}, {free} of {total} free.").format(
        name=found.name, free=size(found.free_bytes), total=size(found.total_bytes)
    )
