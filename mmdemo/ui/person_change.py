"""Before and after a rating: what came into the list, what went, what moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from mmdemo.figures.rank_moves import rank_moves
from mmdemo.ui import charts, person_feedback, person_words, theme
from mmdemo.ui.text import _, _n, markdown_literal

_SHOWN, _BEFORE = "person:shown", "person:before"


@dataclass(frozen=True, slots=True)
class Change:
    """From one list to the next.

    Args:
        before: Ids of the list before, best first.
        after: Ids of the list now.
        words: What was done in between.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    words: str

    @property
    def came(self) -> tuple[str, ...]:
        """What is new, best first."""
        return tuple(item_id for item_id in self.after if item_id not in self.before)

    @property
    def went(self) -> tuple[str, ...]:
        """What is gone."""
        return tuple(item_id for item_id in self.before if item_id not in self.after)

    @property
    def moved(self) -> tuple[str, ...]:
        """What stands at another place."""
        return tuple(item_id for item_id in self.after if self.won(item_id))

    def won(self, item_id: str) -> int | None:
        """Places that an item of the list won, below 0 lost; None where it is new."""
        return self.before.index(item_id) - self.after.index(item_id) if item_id in self.before else None


def rate(item_id: str, title: str, kind: str, catalog: str) -> None:
    """Store a rating, and keep the list as it is now for what comes after. For callbacks."""
    shown = st.session_state.get(_SHOWN)
    if person_feedback.rate(item_id, kind, catalog=catalog) and shown is not None:
        st.session_state[_BEFORE] = (*shown, person_words.rated(kind, f"“{title}”"))


def since_rating(asked: object, ids: Sequence[str]) -> Change | None:
    """What the last rating changed; None where nothing was rated since whatever else was changed.

    Args:
        asked: Everything but the ratings that the list depends on.
        ids: The list now.
    """
    st.session_state[_SHOWN] = (asked, tuple(ids))
    before = st.session_state.get(_BEFORE)
    if before is None or before[0] != asked:
        return None
    return Change(before[1], tuple(ids), before[2])


def forget() -> None:
    """Let the next list be compared with none."""
    st.session_state.pop(_BEFORE, None)


def draw(change: Change, titles: Mapping[str, str]) -> None:
    """Draw what changed in one sentence, and where each item went on request."""
    if change.before == change.after:
        said = _("the list stays as it was.")
    else:
        said = ", ".join(
            (
                _n("**{count}** came", "**{count}** came", len(change.came)),
                _n("**{count}** went", "**{count}** went", len(change.went)),
                _n("**{count}** moved", "**{count}** moved", len(change.moved)),
            )
        )
    with st.container(horizontal=True, vertical_alignment="center", key="person-change"):
        st.markdown(f":material/swap_vert: {markdown_literal(change.words)}: {said}", width="stretch")
        shows = st.toggle(_("Before and after"), key="person-moves", disabled=change.before == change.after)
    if shows and change.before and change.after:
        chart = rank_moves(
            (_("the list before"), change.before), (_("the list now"), change.after), titles, dark=theme.is_dark()
        )
        charts.draw(chart, key="person:moves", file_name="before-and-after")
