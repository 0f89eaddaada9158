"""The encoders in use, and the panel in which others are chosen and the catalogue is indexed with them."""

from __future__ import annotations

import streamlit as st

from mmdemo.align import find as find_alignment
from mmdemo.encoders import complete, find
from mmdemo.engine.encoder_files import Files, files_of, size_of
from mmdemo.engine.encoders import EncoderChoices, encoder_choices, what_it_costs
from mmdemo.engine.library import alignment_in_use
from mmdemo.errors import EncoderError
from mmdemo.store import Workspace
from mmdemo.types import Modality
from mmdemo.ui import (
    encoder_compression,
    encoder_draft,
    encoder_form,
    encoder_hub,
    encoder_jobs,
    encoder_words,
    layout,
    problems,
    resources,
)
from mmdemo.ui.encoder_draft import EncoderDraft
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import word
from mmdemo.ui.text import _, _n, duration, markdown_literal, size


def draw() -> None:
    """Draw what is in use, a better offer where there is one, and the form."""
    path = resources.workspace_path()
    choices = encoder_choices(path)
    draft = encoder_draft.enter()
    _in_use(choices)
    encoder_hub.draw({modality: found.in_use for modality, found in choices.items()})
    with st.expander(
        _("Choose other encoders"), icon=":material/tune:", key="encoders-form", expanded=bool(draft.start)
    ):
        encoder_compression.draw_task()
        chosen = _forms(choices, draft)
        with problems.shown():
            _apply(choices, chosen, draft)
    encoder_jobs.draw_change()


def _in_use(choices: dict[Modality, EncoderChoices]) -> None:
    with st.container(border=True, gap="xsmall", key="encoders-in-use"):
        for modality, found in choices.items():
            what, name, about = st.columns([1, 2, 6], vertical_alignment="center", gap="small")
            what.markdown(encoder_words.named(modality))
            name.markdown(f"`{found.in_use}`")
            with about:
                muted(_about(found.in_use, modality))


def _about(name: str, modality: Modality) -> str:
    """What an encoder does, and where its files are if they are not here."""
    try:
        said = markdown_literal(find(name, modality=modality).summary)
    except EncoderError as error:  # a version made by another mmdemo
        return f":orange[:material/warning: {markdown_literal(str(error))}]"
    files = files_of(name, modality)
    return said if files is Files.HERE else f"{said} :orange[:material/warning: {encoder_words.where(files)}]"


def _forms(choices: dict[Modality, EncoderChoices], draft: EncoderDraft) -> dict[Modality, str | None]:
    tabs = st.tabs([encoder_words.named(modality) for modality in choices])
    chosen: dict[Modality, str | None] = {}
    for tab, (modality, found) in zip(tabs, choices.items(), strict=True):
        with tab:
            image = choices[Modality.IMAGE].in_use
            chosen[modality] = encoder_form.draw(modality, found, draft, image=image)
    return chosen


def _apply(choices: dict[Modality, EncoderChoices], chosen: dict[Modality, str | None], draft: EncoderDraft) -> None:
    """Draw what would change, what that costs, and the button that does it."""
    before = {modality: found.in_use for modality, found in choices.items()}
    wanted = {modality: name for modality, name in chosen.items() if name is not None}
    wrong = [modality for modality, name in chosen.items() if name is None]
    after = before if wrong else complete(wanted, base=before)
    changed = {modality: name for modality, name in after.items() if name != before[modality]}
    with st.container(border=True, gap="small"):
        if wrong:
            names = ", ".join(word(modality) for modality in wrong)
            muted(_("Something is still missing for: {names}.").format(names=names))
        elif not changed:
            muted(_("Nothing is changed yet: these are the encoders in use."))
        else:
            st.markdown("  \n".join(encoder_words.changes(before, after)))
            with problems.shown():
                muted(_cost(changed))
        _buttons(changed, draft, possible=bool(changed) and draft.version is not None)
        if draft.version is None:
            muted(_("Import a catalogue first, on the Catalogue page."))


def _buttons(changed: dict[Modality, str], draft: EncoderDraft, *, possible: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Re-index with these encoders"),
            type="primary",
            icon=":material/sync:",
            key="encoders:apply",
            disabled=not possible or encoder_jobs.busy(),
            help=_("In the background; the version in use goes on serving until the new one is complete."),
            on_click=encoder_jobs.change,
            args=(changed, _("Indexing with {names}").format(names=", ".join(changed.values()))),
        )
        if changed and st.button(_("Undo these choices"), type="tertiary", key="encoders:reset"):
            draft.names = {}
            draft.begin_again()
            layout.rerun()


def _cost(changed: dict[Modality, str]) -> str:
    path = resources.workspace_path()
    cost = what_it_costs(path, changed)
    if cost.to_encode == 0:
        said = [_n("The {count} piece is known already.", "All {count} pieces are known already.", cost.pieces)]
    else:
        at_most = "" if cost.surely else _("at most") + " "
        said = [
            _("{known} of {pieces} pieces are known already; {at_most}{count} must be encoded.").format(
                known=f"{cost.known:,}", pieces=f"{cost.pieces:,}", at_most=at_most, count=f"{cost.to_encode:,}"
            )
        ]
        if cost.seconds is not None:
            said.append(_("At the pace measured so far: about {time}.").format(time=duration(cost.seconds)))
        else:
            said.append(_("How long that takes is told once it has begun."))
    fetched = [
        size_of(name, modality) for modality, name in changed.items() if files_of(name, modality) is Files.REGISTRY
    ]
    if any(fetched):
        said.append(_("{size} are downloaded first.").format(size=size(sum(filter(None, fetched)))))
    method = find_alignment(alignment_in_use(Workspace(path)))
    said.append(_("The alignment stays {title}.").format(title=markdown_literal(method.title)))
    return " ".join(said)
