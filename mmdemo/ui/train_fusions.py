"""Choosing fusions to train: all of them by level, a sentence each, the paper under the pointer."""

from __future__ import annotations

import streamlit as st

from mmdemo.fusion import FUSIONS, FusionSpec
from mmdemo.ui import train_words
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, markdown_literal

_COLUMNS = 3


def first_choice() -> FusionSpec:
    """What is trained where nobody chose: attention, which weighs each item's media by themselves."""
    return FUSIONS.get("attention") or next(iter(FUSIONS.values()))


def draw() -> list[FusionSpec]:
    """Draw every fusion with its box; those that are ticked."""
    chosen: list[FusionSpec] = []
    columns = st.columns(_COLUMNS, gap="medium")
    for column, levels in zip(columns, _divided(), strict=False):
        with column:
            for level, specs in levels:
                title, meaning = train_words.level(level)
                st.markdown(f"**{title}**  \n:gray[:small[{meaning}]]")
                chosen += [spec for spec in specs if _box(spec)]
    return sorted(chosen, key=list(FUSIONS.values()).index)


def _box(spec: FusionSpec) -> bool:
    about = [train_words.sentence(spec.summary)]
    if not spec.learned:
        about.append(_("Nothing to train."))
    with st.container(gap=None):
        ticked = st.checkbox(
            markdown_literal(spec.title),
            value=spec.name == first_choice().name,
            key=f"train:fusion:{spec.name}",
            help=markdown_literal(spec.paper) if spec.paper else _("A plain operation, without a paper of its own."),
        )
        muted(" ".join(about))
    return ticked


def _divided() -> list[list[tuple[str, list[FusionSpec]]]]:
    """Levels with their fusions, over columns of about the same length; the order stays."""
    levels: dict[str, list[FusionSpec]] = {}
    for spec in FUSIONS.values():
        levels.setdefault(spec.level, []).append(spec)
    share = (len(FUSIONS) + len(levels)) / _COLUMNS
    columns: list[list[tuple[str, list[FusionSpec]]]] = [[] for _column in range(_COLUMNS)]
    before = 0.0
    for level, specs in levels.items():
        columns[min(_COLUMNS - 1, int((before + (1 + len(specs)) / 2) / share))].append((level, specs))
        before += 1 + len(specs)
    return columns
