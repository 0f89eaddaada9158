"""The same query, side by side: what each model finds, what the lists have in common, how results move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.engine.runs import Run
from mmdemo.figures.rank_moves import rank_moves
from mmdemo.types import Item, Modality
from mmdemo.ui import charts, compare_lists_html, compare_query, compare_tables, loading, theme
from mmdemo.ui.compare_lists_html import Cell
from mmdemo.ui.compare_pictures import thumbnail
from mmdemo.ui.compare_query import Asked
from mmdemo.ui.item_media import second_line
from mmdemo.ui.layout import muted
from mmdemo.ui.text import _, markdown_literal, shorten
from mmdemo.ui.warm import WarmEngine

if TYPE_CHECKING:
    from mmdemo.engine import Engine
    from mmdemo.engine.comparing import SideBySide

_ANSWER = "compare:answer"
_NOTE_LENGTH = 48


def draw(chosen: Sequence[Run], called: Mapping[str, str], warm: WarmEngine) -> None:
    """Draw the query and, under it, the lists."""
    engine = loading.opened(warm)
    asked = compare_query.draw(engine, engine.summary.source)
    if asked is None:
        st.info(_("**Nothing is asked yet.** Type some words, or choose an item."), icon=":material/search:")
        return
    found = _answer(engine, asked, [run.run_id for run in chosen])
    if not any(found.lists.values()):
        st.info(_("**No item passes the filters** of the Recommend page."), icon=":material/filter_alt:")
        return
    _table(engine, found, called)
    _in_common(found, called)
    titles = {item_id: engine.item(item_id).title for ids in found.lists.values() for item_id in ids}
    _rank_moves(found.lists, called, titles)
    rows = [
        {"model": called[run_id], "run": run_id, "place": place, "item": item_id, "title": titles[item_id]}
        for run_id, ids in found.lists.items()
        for place, item_id in enumerate(ids, start=1)
    ]
    st.download_button(
        _("Download as CSV"),
        compare_tables.as_csv(rows),
        "results.csv",
        "text/csv",
        key="compare:results-csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _answer(engine: Engine, asked: Asked, run_ids: Sequence[str]) -> SideBySide:
    """What each run finds; kept until the query, the runs or the version change."""
    from mmdemo.engine.comparing import side_by_side

    subject, query = asked
    key = (engine.summary.version, subject, tuple(run_ids))
    kept = st.session_state.get(_ANSWER)
    if kept is None or kept[0] != key:
        with st.spinner(_("Asking every model; the first time they are loaded")):
            kept = (key, side_by_side(engine, query, run_ids, k=query.k))
        st.session_state[_ANSWER] = kept
    return kept[1]


def _table(engine: Engine, found: SideBySide, called: Mapping[str, str]) -> None:
    first = next(iter(found.lists))
    columns = []
    for run_id, ids in found.lists.items():
        cells = []
        for item_id in ids:
            item = engine.item(item_id)
            note = second_line(item) if run_id == first else compare_lists_html.move(found.moves[run_id][item_id])
            cells.append(_cell(engine, item, shorten(note, _NOTE_LENGTH)))
        columns.append((called[run_id], cells))
    st.html(compare_lists_html.table(columns))
    muted(_("▲ ▼ and “new” are against {model}.").format(model=markdown_literal(called[first])))


def _rank_moves(lists: Mapping[str, Sequence[str]], called: Mapping[str, str], titles: Mapping[str, str]) -> None:
    """From the first list to one of the others: lines between more than two cannot be read."""
    first, *others = (run_id for run_id, ids in lists.items() if ids)
    if not others:
        return
    chosen = others[0]
    if len(others) > 1:
        to = st.segmented_control(
            _("How results move from {model} to").format(model=markdown_literal(called[first])),
            others,
            default=others[0],
            required=True,
            format_func=lambda run_id: called[run_id],
            key="compare-moves-to",
        )
        chosen = to if to in others else others[0]
    before, after = ((called[run_id], lists[run_id]) for run_id in (first, chosen))
    chart = rank_moves(before, after, titles, dark=theme.is_dark())
    charts.draw(chart, key="compare:moves", file_name="rank-moves")


def _cell(engine: Engine, item: Item, note: str) -> Cell:
    path = engine.thumbnail_path(item)
    instead = next((kind for kind in (Modality.AUDIO, Modality.VIDEO, Modality.TEXT) if kind in item.media), None)
    return Cell(item.title, thumbnail(str(path)) if path is not None else "", instead, note)


def _in_common(found: SideBySide, called: Mapping[str, str]) -> None:
    k = max(len(ids) for ids in found.lists.values())
    if len(found.lists) == 2:
        share = found.overlap[0][1]
        said = _("**{count} of {k}** results are in both lists (overlap@{k}: {share}).")
        st.markdown(said.format(count=round(share * k), k=k, share=f"{share:.0%}"))
        return
    st.markdown(f"**{_('Overlap@{k}: what share of their results two lists have in common').format(k=k)}**")
    labels = [markdown_literal(called[run_id]) for run_id in found.lists]
    rows = [
        {_("Model"): label}
        | {other: "–" if at == row else f"{found.overlap[row][at]:.0%}" for at, other in enumerate(labels)}
        for row, label in enumerate(labels)
    ]
    st.table(rows, hide_index=True, border="horizontal", alt=_("What share of results every two lists have in common"))
