"""Two groups of points side by side: what sets the one apart from the other, in words and as bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from mmdemo.projection.compare import (
    GroupDifference,
    MeasureDifference,
    ShareDifference,
    WordDifference,
    compare_groups,
)
from mmdemo.types import Modality
from mmdemo.ui import space_colours
from mmdemo.ui.layout import muted
from mmdemo.ui.modality import look
from mmdemo.ui.space_maps import Drawn
from mmdemo.ui.space_selection import Points
from mmdemo.ui.space_session import SpaceSession
from mmdemo.ui.text import _, _n, markdown_literal

_BEYOND_CHANCE = 1.96
_TOLD_WORDS = 5
_MOST_ROWS = 12
_LEAST_DIFFERENCE = 0.05


class GroupName(NamedTuple):
    """What a group is called: above a column, and within a sentence."""

    title: str
    phrase: str


Names = tuple[GroupName, GroupName]


def keep(session: SpaceSession) -> None:
    """Put the selection aside as group A."""
    session.group = session.selection


def forget(session: SpaceSession) -> None:
    """Let go of group A."""
    session.group = None


def put_aside_notice(session: SpaceSession) -> None:
    """Draw what is put aside, if anything, and the way to let it go."""
    if session.group is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="space-group"):
        words = _n("Group A: {count} point.", "Group A: {count} points.", len(session.group))
        muted(f":material/bookmark: {words} {_('Select another group to compare it with.')}", width="content")
        st.button(_("Forget group A"), type="tertiary", key="space-forget", on_click=forget, args=(session,))


def draw(session: SpaceSession, drawn: Drawn, points: Points) -> None:
    """Draw what sets the selection apart from group A, or from all other points where none was put aside.

    Raises:
        MapError: A group is empty.
    """
    kept = np.zeros(0, np.intp)
    if session.group is not None:
        kept = session.group.points(drawn.map, drawn.engine.items)
    selection = GroupName(_("The selection"), _("the selection"))
    others = np.setdiff1d(np.arange(len(drawn.map)), points)
    if len(kept) and not np.array_equal(kept, points):
        names, groups = (GroupName(_("Group A"), _("group A")), selection), (kept, points)
    else:
        names, groups = (selection, GroupName(_("All others"), _("all others"))), (points, others)
    if not len(groups[1]):
        muted(_("All points are selected, so there is nothing to compare them with."))
        return
    found = compare_groups(drawn.engine.items, drawn.map, *groups)
    st.markdown("  \n".join(sentences(found, names)))
    _bars(found, names)


def sentences(found: GroupDifference, names: Names) -> list[str]:
    """What sets two groups apart, in plain words, as markdown."""
    told = []
    for name, sign in zip(names, (1, -1), strict=True):
        typical = [entry.word for entry in found.words if sign * entry.z > _BEYOND_CHANCE][:_TOLD_WORDS]
        if typical:
            words = ", ".join(markdown_literal(one) for one in typical)
            told.append(_("More common in {group}: **{words}**").format(group=name.phrase, words=words))
    if not told:
        told.append(_("No word is clearly more common in one of the two."))
    most = max(found.modalities, key=lambda share: abs(share.difference), default=None)
    if most is not None and abs(most.difference) >= _LEAST_DIFFERENCE:
        told.append(
            _("{kinds}: {first} of the points of {a}, {second} of those of {b}.").format(
                first=f"{most.first:.0%}",
                second=f"{most.second:.0%}",
                kinds=_many(Modality(most.name)),
                a=names[0].phrase,
                b=names[1].phrase,
            )
        )
    if found.common_items:
        told.append(_n("{count} item is in both.", "{count} items are in both.", found.common_items))
    return told


def _many(modality: Modality) -> str:
    return {Modality.TEXT: _("Texts"), Modality.IMAGE: _("Pictures"), Modality.AUDIO: _("Sounds")}[modality]


def _bars(found: GroupDifference, names: Names) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        muted(_("Share of items with the word; z beyond ±2 is more than chance"))
        _table([_word_row(entry, found) for entry in _clearest(found.words)], names, with_z=True)
        with st.popover(_("What does this mean?"), type="tertiary", icon=":material/help:"):
            st.markdown(
                _(
                    "Words are compared by their **log-odds**, with the words of the whole map as what to expect "
                    "(Monroe, Colaresi and Quinn 2008). **z** says how many standard errors the difference is; it is "
                    "positive where the word is more common in the first group."
                )
            )
    with right:
        muted(_("Share of points of a kind or cluster, of items with a tag"))
        rows = [
            _share_row(f"{look(Modality(share.name)).glyph} {_many(Modality(share.name))}", share)
            for share in found.modalities
        ]
        rows += [_share_row(share.name, share) for share in [*found.clusters[:4], *found.tags[:6]]]
        _table(rows[:_MOST_ROWS], names)
        measured = [line for measure in found.measures if (line := _measure_line(measure, names))]
        if measured:
            st.markdown("\n".join(f"- {line}" for line in measured))


def _clearest(words: Sequence[WordDifference]) -> list[WordDifference]:
    first = [entry for entry in words if entry.z > 0][: _MOST_ROWS // 2]
    return [*first, *[entry for entry in words if entry.z < 0][: _MOST_ROWS // 2]]


def _word_row(entry: WordDifference, found: GroupDifference) -> dict[str, object]:
    return {
        "name": entry.word,
        "first": 100 * entry.first / max(found.first_items, 1),
        "second": 100 * entry.second / max(found.second_items, 1),
        "z": entry.z,
    }


def _share_row(name: str, share: ShareDifference) -> dict[str, object]:
    return {"name": name, "first": 100 * share.first, "second": 100 * share.second}


def _table(rows: list[dict[str, object]], names: Names, *, with_z: bool = False) -> None:
    if rows:
        bars = (
            st.column_config.ProgressColumn(name.title, format="%.0f%%", min_value=0.0, max_value=100.0)
            for name in names
        )
        st.dataframe(
            rows,
            hide_index=True,
            alt=_("How common each is in {a} and in {b}").format(a=names[0].phrase, b=names[1].phrase),
            column_config={
                "name": st.column_config.TextColumn(
                    _("Word") if with_z else _("What"), width="small" if with_z else "medium"
                ),
                **dict(zip(("first", "second"), bars, strict=True)),
                "z": st.column_config.NumberColumn("z", format="%.1f", width=56),
            },
        )


def _measure_line(measure: MeasureDifference, names: Names) -> str:
    if not (math.isfinite(measure.first) and math.isfinite(measure.second)):
        return ""
    name = _("Trust") if measure.name == "trust" else space_colours.measure_name(measure.name)
    digits = 2 if measure.name == "trust" else 1
    return _("{measure}: {first} on average in {a}, {second} in {b}").format(
        measure=name,
        first=f"{measure.first:.{digits}f}",
        second=f"{measure.second:.{digits}f}",
        a=names[0].phrase,
        b=names[1].phrase,
    )
