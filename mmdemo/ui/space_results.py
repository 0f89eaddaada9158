"""What is selected on a map: gallery, table, close-up, what sets it apart; to download or to search with."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable

import numpy as np
import streamlit as st

from mmdemo.figures import MapView, closeup
from mmdemo.types import Item
from mmdemo.ui import address, card_html, charts, problems, resources, space_colours, space_groups, space_table, theme
from mmdemo.ui.address import MAX_PARTS, AddressPart
from mmdemo.ui.item_media import picture, player, second_line
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import LOOKS
from mmdemo.ui.space_charts import hover
from mmdemo.ui.space_maps import Drawn
from mmdemo.ui.space_selection import Points, from_the_middle, item_rows
from mmdemo.ui.space_session import SpaceSession
from mmdemo.ui.text import _, _n

GALLERY_SIZE = 24
CLOSEUP_POINTS = 60
_COLUMNS, _TILE_PX = 6, 180


def draw(session: SpaceSession, drawn: Drawn) -> None:
    """Draw all there is to say of the selection; a hint where nothing is selected."""
    points = np.zeros(0, np.intp)
    if session.selection is not None:
        points = session.selection.points(drawn.map, drawn.engine.items)
    if not len(points):
        space_groups.put_aside_notice(session)
        _hint(drawn, nothing_here=session.selection is not None)
        return
    with st.container(key="space-selection"):
        _head(session, drawn, points)
        space_groups.put_aside_notice(session)
        views: dict[str, Callable[[], None]] = {
            _("Gallery"): lambda: gallery(drawn, points),
            _("Table"): lambda: _table(drawn, points),
            _("Look closer"): lambda: _closer(session, drawn, points),
            _("What sets it apart"): lambda: space_groups.draw(session, drawn, points),
        }
        tabs = st.tabs(list(views), key="space-tabs", on_change="rerun")
        for tab, view in zip(tabs, views.values(), strict=True):
            with tab, problems.shown():
                if tab.open:
                    view()


def _hint(drawn: Drawn, *, nothing_here: bool) -> None:
    if nothing_here:
        muted(_("None of the selected items is on this map."))
    elif drawn.map.settings.dimensions == 3:
        muted(_("Drag to turn the map. To select points, go to 2-D in the settings."))
    else:
        muted(_("Draw around points on the map to see and hear what they are. Scroll to zoom in."))


def _head(session: SpaceSession, drawn: Drawn, points: Points) -> None:
    rows = item_rows(drawn.map, points)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        words = _n("{count} point", "{count} points", len(points))
        of = _n("of {count} item selected", "of {count} items selected", len(rows))
        st.subheader(f"{words} {of}", anchor=False, width="stretch")
        _use_as_query(drawn, points)
        st.button(
            _("Keep as group A"),
            icon=":material/bookmark_add:",
            key="space-keep",
            help=_("Put this selection aside, then select another to compare the two."),
            on_click=space_groups.keep,
            args=(session,),
        )
        with st.popover(_("Export"), icon=":material/download:"):
            _export(drawn, points)
        st.button(_("Clear"), icon=":material/close:", type="tertiary", key="space-clear", on_click=session.clear)


def _use_as_query(drawn: Drawn, points: Points) -> None:
    rows = item_rows(drawn.map, from_the_middle(drawn.map, points))[:MAX_PARTS]
    help_text = _(
        "Search for more like these on the Recommend page; of more than {most} items the {most} nearest the "
        "middle are taken."
    )
    if st.button(
        _("Use as query"),
        type="primary",
        icon=":material/search:",
        key="space-use",
        help=help_text.format(most=MAX_PARTS),
    ):
        items = [drawn.engine.items[row] for row in rows]
        resources.draft().titles.update({item.item_id: item.title for item in items})
        parts = tuple(AddressPart("item", item.item_id) for item in items)
        st.switch_page("pages/recommend.py", query_params=address.encode(address.Address(parts=parts)))


def _export(drawn: Drawn, points: Points) -> None:
    items, on = drawn.engine.items, drawn.map
    muted(_("One row a point: item, place on the map, measures and all columns of the catalogue."))
    st.download_button(
        _("CSV"),
        lambda: space_table.as_csv(space_table.table(items, on, points)),
        "selection.csv",
        "text/csv",
        key="space-csv",
        on_click="ignore",
    )
    st.download_button(
        _("Parquet"),
        lambda: space_table.as_parquet(space_table.table(items, on, points)),
        "selection.parquet",
        "application/vnd.apache.parquet",
        key="space-parquet",
        on_click="ignore",
    )


def gallery(drawn: Drawn, points: Points) -> None:
    """Draw the selected items, at most `GALLERY_SIZE` at once."""
    items = [drawn.engine.items[row] for row in item_rows(drawn.map, points)]
    pages = max(1, math.ceil(len(items) / GALLERY_SIZE))
    slot = st.container()
    page = min(st.pagination(pages, key="space-page"), pages) if pages > 1 else 1
    grid = slot.grid(_COLUMNS, min_column_width=_TILE_PX, border=True, dense=True, gap="xsmall", key="space-gallery")
    for item in items[(page - 1) * GALLERY_SIZE : page * GALLERY_SIZE]:
        with grid.cell():
            _tile(drawn, item)


def _tile(drawn: Drawn, item: Item) -> None:
    picture(drawn.engine, item)
    st.html(card_html.heading(item.title, second_line(item)))
    st.markdown("  ".join(f":{look.name}[{look.material}]" for kind, look in LOOKS.items() if kind in item.media))
    player(drawn.engine, item)


def _table(drawn: Drawn, points: Points) -> None:
    rows = space_table.table(drawn.engine.items, drawn.map, points)
    shown = ["title", "modality", "tags", "cluster", "trust", *drawn.map.measures]
    measures = {name: space_colours.measure_name(name) for name in drawn.map.measures}
    st.dataframe(
        rows.select(shown),
        hide_index=True,
        key="space-table",
        alt=_("The selected points with their tags, cluster and measures"),
        column_config={
            "title": st.column_config.TextColumn(_("Title"), width="medium"),
            "modality": st.column_config.TextColumn(_("Kind")),
            "tags": st.column_config.ListColumn(_("Tags")),
            "cluster": st.column_config.TextColumn(_("Cluster")),
            "trust": st.column_config.NumberColumn(
                _("Trust"), format="percent", help=space_colours.measure_help("trust")
            ),
            **{
                name: st.column_config.NumberColumn(title, format="%.0f", help=space_colours.measure_help(name))
                for name, title in measures.items()
            },
        },
    )


def _closer(session: SpaceSession, drawn: Drawn, points: Points) -> None:
    view = session.view
    shown = from_the_middle(drawn.map, points)[:CLOSEUP_POINTS]
    if len(shown) < len(points):
        muted(_("The {count} points nearest the middle of your selection.").format(count=len(shown)))
    if drawn.map.settings.dimensions == 3:
        st.info(_("A close-up needs a 2-D map; choose it in the settings."), icon=":material/deployed_code:")
        return
    what = MapView(
        map=drawn.map,
        dark=theme.is_dark(),
        title=_("The selection close up"),
        colour=space_colours.colour_by(view.colour, drawn.engine.items, drawn.map),
        hover=hover(drawn.engine.items, drawn.map),
        links=view.links,
        labels=False,
        shown=view.shown,
    )
    pictures = {int(point): uri for point in shown if (uri := _thumbnail(drawn, int(point)))}
    charts.draw(closeup(what, np.sort(shown), pictures), key="space-closeup", file_name="closeup")


def _thumbnail(drawn: Drawn, point: int) -> str:
    path = drawn.engine.thumbnail_path(drawn.engine.items[drawn.map.item_rows[point]])
    if path is None:
        return ""
    return f"data:image/webp;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
