"""Everything about one item: why it was found, its words, its columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.types import Item, Modality
from mmdemo.ui.draft import Draft
from mmdemo.ui.item_media import says_more
from mmdemo.ui.modality import look, word
from mmdemo.ui.text import _, closeness, markdown_literal, percent_below, signed

if TYPE_CHECKING:
    from mmdemo.engine import Engine
    from mmdemo.engine.runs import Run
    from mmdemo.recommend import PairDetail

_TRANSLATION = "title:"


def why(draft: Draft, engine: Engine, item: Item, *, ranks: Run | None = None) -> None:
    """Draw which part of the query matched which modality of the item, best first, then the item itself.

    Args:
        draft: What was asked.
        engine: Who answered.
        item: What was found.
        ranks: The run that ranked it; None: the comparisons drawn here did.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        title = _("Why “{item}”?").format(item=markdown_literal(item.title))
        st.subheader(title, anchor=False, width="stretch")
        close_button(draft, item)
    query = draft.query()
    pairs = engine.pair_details(query, item.item_id) if query is not None else ()
    if pairs:
        if ranks is not None:
            said = _("The order is that of **{run}**, which sees all parts at once. One by one they compare like this:")
            st.markdown(said.format(run=markdown_literal(ranks.title)))
        ordered = sorted(pairs, key=lambda pair: -pair.percentile)
        st.markdown(_finding(ordered[0]))
        st.table([_row(pair) for pair in ordered], hide_index=True, border="horizontal", alt=_("Every comparison made"))
        with st.popover(_("What do these numbers mean?"), type="tertiary", icon=":material/help:"):
            st.markdown(
                _(
                    "**Similarity** is the cosine between the two vectors in the shared space: 1 means the same "
                    "direction, 0 unrelated.\n\n**Closer than** compares it with pairs of the same two kinds drawn at "
                    "random from this catalogue, because a text and a picture are never as similar as two texts are."
                    "\n\n**Adds** is the evidence this comparison gives for the item, in natural-log units: +0.7 makes "
                    "it about twice as likely, −0.7 half as likely. What one part of the query adds in all counts "
                    "fully up to +6 (400 to 1) and beyond that by its logarithm; your weight multiplies it."
                )
            )
    facts(item)


def close_button(draft: Draft, item: Item) -> None:
    """Draw the button that folds the details away."""

    def close() -> None:
        draft.selected = None

    st.button(_("Close"), icon=":material/close:", type="tertiary", key=f"close:{item.item_id}", on_click=close)


def facts(item: Item) -> None:
    """Draw the item's text, tags and further columns, its translations folded."""
    if says_more(item):
        st.markdown(markdown_literal(item.media[Modality.TEXT]))
    if item.tags:
        st.markdown(" ".join(f":gray-badge[{markdown_literal(tag)}]" for tag in item.tags))
    plain = {name: value for name, value in item.extra.items() if not name.startswith(_TRANSLATION)}
    _two_columns(_("Column"), _("Value"), plain)
    translations = {
        name.removeprefix(_TRANSLATION): value for name, value in item.extra.items() if name.startswith(_TRANSLATION)
    }
    if translations:
        label = _("Translations ({count})").format(count=len(translations))
        with st.expander(label, icon=":material/translate:"):
            _two_columns(_("Language"), _("Title"), translations)


def _finding(best: PairDetail) -> str:
    return _("Closest: “{part}” and the {kind} of this item, {closeness} of this kind.").format(
        part=markdown_literal(best.part_label), kind=word(best.item_modality), closeness=closeness(best.percentile)
    )


def _row(pair: PairDetail) -> dict[str, str]:
    return {
        _("Your part"): f"{look(pair.query_modality).material} {markdown_literal(pair.part_label)}",
        _("compared with its"): f"{look(pair.item_modality).material} {word(pair.item_modality)}",
        _("Similarity"): f"{pair.similarity:.2f}".replace("-", "−"),
        _("Closer than"): percent_below(pair.percentile),
        _("Adds"): signed(pair.evidence),
    }


def _two_columns(first: str, second: str, values: Mapping[str, str]) -> None:
    if values:
        rows = [{first: markdown_literal(name), second: markdown_literal(value)} for name, value in values.items()]
        st.table(rows, hide_index=True, border="horizontal")
