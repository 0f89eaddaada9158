"""What to ask every model: words, an item of the catalogue, or the query of the Recommend page."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.store import SourceInfo
from mmdemo.types import Modality, Query, QueryPart
from mmdemo.ui import examples, resources
from mmdemo.ui.address import MAX_TEXT
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, _n, markdown_literal, shorten

if TYPE_CHECKING:
    from mmdemo.engine import Engine

Asked = tuple[tuple[object, ...], Query]
"""A query and what tells it from others; the answers are kept under that."""
_K = 10
_MOST_MATCHES = 50
_LABEL_LENGTH = 32


def draw(engine: Engine, source: SourceInfo | None) -> Asked | None:
    """Draw the choice; None while there is nothing to ask."""
    draft = resources.draft()
    ways = {"words": _("Words"), "item": _("An item"), "draft": _("The query of the Recommend page")}
    if draft.query() is None:
        ways.pop("draft")
    way = st.segmented_control(
        _("Ask with"),
        list(ways),
        default="draft" if "draft" in ways else "words",
        required=True,
        format_func=lambda name: ways[name],
        key="compare-ask",
        persist_state="session",
    )
    if way == "draft" and "draft" in ways:
        return _of_draft()
    return _item(engine) if way == "item" else _words(source)


def _of_draft() -> Asked | None:
    from dataclasses import replace

    draft = resources.draft()
    query = draft.query()
    if query is None:
        return None
    labels = [f"“{markdown_literal(chip.part.label)}”" for chip in draft.chips]
    if draft.likes:
        labels.append(_n("{count} liked item", "{count} liked items", len(draft.likes)))
    muted(", ".join(labels))
    return ("draft", *draft.fingerprint()), replace(query, k=_K)


def _words(source: SourceInfo | None) -> Asked | None:
    known = examples.by_title()
    first = known.get(source.title if source is not None else "", known[""])[0]
    words = st.text_input(
        _("Words"), value=first, max_chars=MAX_TEXT, key="words", bind="query-params", icon=":material/article:"
    )
    words = " ".join((words or "").split())
    if not words:
        return None
    key = hashlib.sha256(words.encode()).hexdigest()
    part = QueryPart(Modality.TEXT, words, label=shorten(words, _LABEL_LENGTH), content_key=key)
    return ("words", words), Query(parts=(part,), k=_K)


def _item(engine: Engine) -> Asked | None:
    search, choice = st.columns(2, vertical_alignment="bottom")
    words = search.text_input(_("Find an item"), key="compare-find", icon=":material/search:") or ""
    found = engine.search(words)[:_MOST_MATCHES]
    if not found:
        muted(_("No item has all of these words."))
        return None
    titles = {item.item_id: item.title for item in found}
    item_id = choice.selectbox(_("Item"), list(titles), format_func=lambda item_id: titles[item_id], key="compare-item")
    if item_id is None:
        return None
    part = QueryPart(None, None, item_id=item_id, label=shorten(titles.get(item_id, item_id), _LABEL_LENGTH))
    return ("item", item_id), Query(parts=(part,), k=_K)
