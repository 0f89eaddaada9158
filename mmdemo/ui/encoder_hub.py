"""The offer of better models where a model hub answers, and how to get them by hand where none does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.types import Modality
from mmdemo.ui import encoder_jobs, layout, resources
from mmdemo.ui.hub_watch import HubWatch
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, markdown_literal, size

if TYPE_CHECKING:
    from mmdemo.engine.hub_models import HubModel, HubOffer

_POLL_S = 0.5


def draw(in_use: Mapping[Modality, str]) -> None:
    """Draw the offer beside the encoders in use; nothing while encoders are being changed anyway."""
    summary = resources.summary()
    if summary is None or encoder_jobs.busy():
        return
    offer = _watch().offer(list(in_use.values()), list(summary.with_modality))
    if offer is None:
        st.fragment(_wait, run_every=_POLL_S)(dict(in_use), list(summary.with_modality))
    elif offer.models and (offer.answers or offer.download_bytes == 0):
        _offer(offer)
    elif offer.models:
        _by_hand(offer)


def _wait(in_use: dict[Modality, str], modalities: list[Modality]) -> None:
    if _watch().offer(list(in_use.values()), modalities) is not None:
        layout.rerun()
    muted(f":material/travel_explore: {_('Looking whether a model hub answers')}")


def _offer(offer: HubOffer) -> None:
    titles = " + ".join(model.title for model in offer.models)
    with st.container(border=True, gap="small", key="hub-offer"):
        st.markdown(f"**{_('Better models: {titles}').format(titles=titles)}**  \n{_promise(offer)}")
        muted(" · ".join(_facts(model) for model in offer.models))
        with st.container(horizontal=True, vertical_alignment="center"):
            label = _("Use them")
            if offer.download_bytes:
                label = _("Download {size} and use them").format(size=size(offer.download_bytes))
            st.button(
                label,
                type="primary",
                icon=":material/download:",
                key="hub:use",
                on_click=encoder_jobs.change,
                args=(offer.encoders, _("Fetching {titles}, then indexing with them").format(titles=titles)),
            )
            muted(_("In the background, and you can cancel; the version in use serves until the new one is complete."))


def _promise(offer: HubOffer) -> str:
    """What gets better, without figures: on this catalogue nothing of it has been measured."""
    said = []
    if Modality.IMAGE in offer.encoders:
        said.append(
            _(
                "OpenCLIP was trained on two billion pictures with their texts, so words find pictures of things that "
                "your catalogue has no examples of."
            )
        )
    if Modality.AUDIO in offer.encoders:
        said.append(_("CLAP was trained the same way on sounds: words and sounds are compared directly."))
    said.append(_("How much it helps on your catalogue, *How well is it aligned?* on the Space page measures."))
    return " ".join(said)


def _facts(model: HubModel) -> str:
    here = f", {_('on this machine')}" if model.is_here else ""
    licence = markdown_literal(model.licence)
    return f"{model.title}: `{model.repository}`, {licence}, {size(model.usual_bytes)}{here}"


def _by_hand(offer: HubOffer) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="hub-offline"):
        titles = _(" and ").join(model.title for model in offer.models)
        muted(
            ":material/cloud_off: "
            + _(
                "No model hub can be reached. What is in use works without one; {titles} can be brought by hand."
            ).format(titles=titles)
        )
        with st.popover(_("How?"), type="tertiary", icon=":material/help:", key="hub:by-hand"):
            for model in offer.models:
                names = ", ".join(f"`{name}`" for name in (*model.files, model.weights[0]))
                families = ", ".join(f"`{name}`" for name in model.encoders.values())
                st.markdown(
                    _(
                        "**{title}** ({size}): on a machine that is online, download {files} of `{repository}`, put "
                        "them into one folder here, choose {families} below, and give that folder as the model."
                    ).format(
                        title=model.title,
                        size=size(model.usual_bytes),
                        files=names,
                        repository=model.repository,
                        families=families,
                    )
                )
            if st.button(_("Look again"), icon=":material/refresh:", key="hub:again"):
                _watch().forget()
                layout.rerun()


@st.cache_resource(show_spinner=False)
def _watch() -> HubWatch:
    """The one watch of this process."""
    return HubWatch()
