"""The form in which the encoder of one modality is chosen: families, their sources, options, several joined."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mmdemo.encoders.choice import Choice, split
from mmdemo.engine.encoder_files import Files
from mmdemo.engine.encoders import EncoderChoices, Family, check_encoder
from mmdemo.types import Modality
from mmdemo.ui import encoder_compression, encoder_words, problems
from mmdemo.ui.encoder_draft import EncoderDraft
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _

MOST_JOINED = 3


def draw(modality: Modality, choices: EncoderChoices, draft: EncoderDraft, *, image: str) -> str | None:
    """Draw the form of one modality.

    Args:
        modality: Which.
        choices: What can be chosen.
        draft: What is being chosen; it is told.
        image: The image encoder in use, which videos follow.

    Returns:
        The name that is chosen; None while it cannot be: the form says why.
    """
    families = {family.spec.name: family for family in choices.families}
    start = split(draft.start.get(modality, choices.in_use), families=families)
    key = f"encoders:{draft.generation}:{modality}"
    muted(_("In use: {name}").format(name=f"`{choices.in_use}`"))
    parts: list[Choice | None] = []
    for number, choice in enumerate(start):
        if number:
            st.divider()
        parts.append(_part(families, choice, f"{key}:{number}", first=number == 0, follows=image))
        if len(start) > 1:
            others = [str(other) for other in start if other is not choice]
            _set_button(_("Remove this one"), "remove", others, modality, draft, key=f"{key}:{number}:remove")
    unused = _unused(families, parts)
    if unused and None not in parts and len(parts) < MOST_JOINED and modality is not Modality.VIDEO:
        longer = [*map(str, parts), unused[0]]
        _set_button(_("Join another encoder"), "add", longer, modality, draft, key=f"{key}:join")
    if None in parts:
        return None
    name = "+".join(map(str, parts))
    if name != choices.in_use:
        draft.names[modality] = name
    else:
        draft.names.pop(modality, None)
    with problems.shown():
        check_encoder(name, modality)
        encoder_compression.draw([part for part in parts if part is not None], key=key)
        return name
    return None


def _part(families: dict[str, Family], start: Choice, key: str, *, first: bool, follows: str) -> Choice | None:
    """One of the joined encoders; None while its source is not named."""
    names = list(families)
    index = names.index(start.family) if start.family in names else 0
    if first:
        chosen = st.radio(
            _("Encoder"),
            names,
            index=index,
            format_func=lambda name: encoder_words.line(
                name, encoder_words.about(families[name].spec, families[name].files)
            ),
            key=f"{key}:family",
            label_visibility="collapsed",
        )
    else:
        chosen = st.selectbox(_("Joined with"), names, index=index, key=f"{key}:family")
        muted(_about(families[chosen]))
    family = families[chosen]
    source = _source(family, start, key, follows=follows)
    if family.files is Files.UNNAMED and not source:
        muted(_("Name the model first: a {kind}.").format(kind=family.spec.source))
        return None
    return Choice(chosen, source, _options(family, start, key))


def _about(family: Family) -> str:
    return encoder_words.about(family.spec, family.files)


def _source(family: Family, start: Choice, key: str, *, follows: str) -> str:
    spec = family.spec
    if not spec.source:
        return ""
    given = start.source if start.family == spec.name else ""
    if spec.origin == "built" and given == follows:
        given = ""  # it follows the image encoder, whichever that will be
    return st.text_input(
        _("Which model"),
        given,
        key=f"{key}:source:{spec.name}",
        placeholder=encoder_words.example(spec),
        help=_("A {kind}.").format(kind=spec.source),
    ).strip()


def _options(family: Family, start: Choice, key: str) -> tuple[str, ...]:
    possible = encoder_compression.options(family.spec)
    if not possible:
        return ()
    given = [option for option in start.options if start.family == family.spec.name]
    chosen = st.pills(
        _("Smaller and faster"),
        list(dict.fromkeys([*possible, *given])),
        default=given,
        selection_mode="multi",
        format_func=encoder_words.option,
        key=f"{key}:options:{family.spec.name}",
        help=_("What it costs in quality can be measured below, before anything is changed."),
    )
    return tuple(sorted(chosen, reverse=True))  # pruning first, then 8 bits


def _unused(families: dict[str, Family], parts: Sequence[Choice | None]) -> list[str]:
    """Families that could be joined as they are."""
    used = {part.family for part in parts if part is not None}
    return [name for name, family in families.items() if family.files is not Files.UNNAMED and name not in used]


def _set_button(
    label: str, icon: str, names: Sequence[str], modality: Modality, draft: EncoderDraft, *, key: str
) -> None:
    """Draw a button that joins exactly these encoders."""
    st.button(
        label,
        icon=f":material/{icon}:",
        type="tertiary",
        key=key,
        help=_("Several encoders side by side: each sees what the others miss, and each takes its time."),
        on_click=draft.fill,
        args=({modality: "+".join(names)},),
    )
