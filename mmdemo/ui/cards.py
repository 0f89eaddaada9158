"""Result cards in an aligned grid; the details of the selected one open under its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.types import Item, Recommendations
from mmdemo.ui import card_html, detail
from mmdemo.ui.draft import Draft
from mmdemo.ui.item_media import picture, player, second_line
from mmdemo.ui.text import _, markdown_literal

if TYPE_CHECKING:
    from mmdemo.engine import Engine
    from mmdemo.engine.runs import Run

_COLUMNS = 4
_CARD_PX = 240


def grid(draft: Draft, engine: Engine, answer: Recommendations, *, ranks: Run | None = None) -> None:
    """Draw one card a result, best first.

    `dense` lets later cards fill the row of the selected card, while for a screen reader its details still follow it.

    Args:
        draft: What was asked.
        engine: Who answered.
        answer: The answer.
        ranks: The run that ranked; None: evidence did.
    """
    scale = max((float(abs(row).sum()) for row in answer.contributions), default=0.0)
    tiles = st.grid(_COLUMNS, min_column_width=_CARD_PX, border=True, dense=True, key="results")
    for row, item_id in enumerate(answer.ids):
        item = engine.item(item_id)
        draft.titles[item_id] = item.title
        with tiles.cell():
            picture(engine, item)
            st.html(card_html.heading(item.title, second_line(item)))
            st.html(card_html.match(float(answer.percentiles[row]), _shares(answer, row), scale))
            _actions(draft, item)
            player(engine, item)  # last, so that what every card has stays aligned along a row
        if draft.selected == item_id:
            with tiles.cell(column_span="all"):
                detail.why(draft, engine, item, ranks=ranks)


def _shares(answer: Recommendations, row: int) -> list[card_html.Share]:
    return [
        card_html.Share(label, modality, float(value))
        for label, modality, value in zip(
            answer.part_labels, answer.part_modalities, answer.contributions[row], strict=True
        )
    ]


def _actions(draft: Draft, item: Item) -> None:
    liked = item.item_id in draft.likes
    with st.container(horizontal=True, gap="small", key=f"actions:{item.item_id}"):
        st.button(
            _("Why?"),
            key=f"why:{item.item_id}",
            type="tertiary",
            help=_("What of your query matched what of this item"),
            on_click=_select,
            args=(draft, item.item_id),
        )
        st.button(
            _("More"),
            key=f"more:{item.item_id}",
            type="tertiary",
            help=_("Search for more like this; Back brings these results again"),
            on_click=_more_like,
            args=(draft, item),
        )
        st.button(
            _("Liked") if liked else _("Like"),
            key=f"like:{item.item_id}",
            type="tertiary",
            icon=":material/check:" if liked else None,
            help=_("Take the like back") if liked else _("Rank things like this higher"),
            on_click=_rate,
            args=(draft, item, None if liked else True),
        )
        st.button(
            _("Dislike"),
            key=f"dislike:{item.item_id}",
            type="tertiary",
            help=_("Hide this, and rank things like it lower"),
            on_click=_rate,
            args=(draft, item, False),
        )


def _select(draft: Draft, item_id: str) -> None:
    draft.selected = None if draft.selected == item_id else item_id


def _more_like(draft: Draft, item: Item) -> None:
    draft.clear()
    draft.add_item(item.item_id, item.title)


def _rate(draft: Draft, item: Item, liked: bool | None) -> None:
    draft.rate(item.item_id, liked)
    name = markdown_literal(item.title)
    if liked is None:
        st.toast(_("Your rating of {item} is taken back.").format(item=name), icon=":material/undo:")
    elif liked:
        st.toast(_("More like {item} from now on.").format(item=name), icon=":material/thumb_up:")
    else:
        st.toast(_("Less like {item}, and it is hidden.").format(item=name), icon=":material/thumb_down:")
