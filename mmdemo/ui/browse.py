"""The catalogue as a grid: search, filters, pages, and the details of one item under its row."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from urllib.parse import quote

import streamlit as st

from mmdemo.store import SourceInfo
from mmdemo.types import Item, Modality
from mmdemo.ui import address, card_html, detail, resources
from mmdemo.ui.address import AddressPart
from mmdemo.ui.item_media import picture, player, second_line
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import LOOKS, look, word
from mmdemo.ui.text import _, _n, markdown_literal

if TYPE_CHECKING:
    from mmdemo.engine import Engine

PAGE_SIZE = 24
_COLUMNS = 6
_TILE_PX = 180
_SELECTED = "item"
_URL = ":/?&=#%~,;@+-._"
"""What stays as it is in a link; brackets would end it early."""


def provenance(source: SourceInfo | None) -> None:
    """Draw where the catalogue comes from, its licence and who made it."""
    if source is None:
        return
    generated = f":gray-badge[{_('generated data')}] " if source.synthetic else ""
    name = markdown_literal(source.title)
    linked = f"[{name}]({quote(source.url, safe=_URL)})" if source.url.startswith("https://") else name
    st.markdown(f"{generated}**{linked}** · {_('Licence')}: {markdown_literal(source.licence)}")
    muted(markdown_literal(source.attribution))


def draw(engine: Engine) -> None:
    """Draw the controls, one page of tiles, and the selected item; the address holds all of it."""
    items = _filtered(engine)
    pages = max(1, math.ceil(len(items) / PAGE_SIZE))
    muted(_n("{count} item", "{count} items", len(items)))
    if not items:
        st.info(_("**Nothing fits.** Remove a filter, or search for another word."), icon=":material/filter_alt:")
        return
    slot = st.container()
    page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    with slot:
        _tiles(engine, items[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])


def _filtered(engine: Engine) -> list[Item]:
    search, tags, must_have = st.columns([2, 2, 2], vertical_alignment="bottom")
    text = search.text_input(
        _("Search"),
        key="q",
        bind="query-params",
        placeholder=_("Words of a title or text"),
        icon=":material/search:",
    )
    counts = dict(engine.tags())
    chosen = tags.multiselect(
        _("Tags"),
        list(counts),
        key="tags",
        bind="query-params",
        format_func=lambda tag: f"{tag} ({counts.get(tag, 0):,})",
        placeholder=_("Any tag"),
    )
    having = must_have.pills(
        _("Having"),
        [modality.value for modality in LOOKS if engine.summary.with_modality.get(modality)],
        selection_mode="multi",
        key="having",
        bind="query-params",
        format_func=lambda value: f"{look(Modality(value)).material} {word(Modality(value))}",
    )
    return engine.search(text or "", tags=tuple(chosen), must_have=tuple(map(Modality, having)))


def _tiles(engine: Engine, items: list[Item]) -> None:
    selected = st.query_params.get(_SELECTED)
    grid = st.grid(_COLUMNS, min_column_width=_TILE_PX, border=True, dense=True, gap="xsmall", key="tiles")
    for item in items:
        with grid.cell():
            picture(engine, item)
            st.html(card_html.heading(item.title, second_line(item)))
            with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
                has = "  ".join(f":{look(kind).name}[{look(kind).material}]" for kind in LOOKS if kind in item.media)
                st.markdown(has, width="stretch")
                st.button(
                    _("Details"), key=f"open:{item.item_id}", type="tertiary", on_click=_select, args=(item.item_id,)
                )
        if item.item_id == selected:
            with grid.cell(column_span="all"):
                _details(engine, item)


def _details(engine: Engine, item: Item) -> None:
    left, right = st.columns([1, 2], gap="medium")
    with left:
        picture(engine, item)
        player(engine, item)
    with right:
        st.subheader(item.title, anchor=False)
        with st.container(horizontal=True, gap="xsmall"):
            _use_as_query(item)
            if st.button(_("See it on the map"), icon=":material/scatter_plot:", key="see_on_map"):
                st.switch_page("pages/space.py", query_params={"item": [item.item_id]})
            st.button(
                _("Close"), icon=":material/close:", type="tertiary", key="close_item", on_click=_select, args=(None,)
            )
        detail.facts(item)


def _use_as_query(item: Item) -> None:
    draft = resources.draft()
    if st.button(_("Use as query"), icon=":material/search:", key="use_as_query", type="primary"):
        draft.titles[item.item_id] = item.title
        params = address.encode(address.Address(parts=(AddressPart("item", item.item_id),)))
        st.switch_page("pages/recommend.py", query_params=params)
    if draft.chips and st.button(_("Add to the query"), icon=":material/add:", key="add_to_query"):
        draft.add_item(item.item_id, item.title)
        st.switch_page("pages/recommend.py")


def _select(item_id: str | None) -> None:
    if item_id is None or st.query_params.get(_SELECTED) == item_id:
        st.query_params.pop(_SELECTED, None)
    else:
        st.query_params[_SELECTED] = item_id
