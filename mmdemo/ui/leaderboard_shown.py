"""Which measure of a leaderboard is looked at, and where each model stands by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from mmdemo.figures.standing import Standing
from mmdemo.ui import leaderboard_words as words
from mmdemo.ui.compare_words import is_real
from mmdemo.ui.text import _

if TYPE_CHECKING:
    from mmdemo.engine.leaderboard import Against, Leaderboard, LeaderboardRow, Subject

_FIRST, _FIRST_CUTOFF = "ndcg", 10
_NO_CUTOFF = ("auc",)
_REMEMBERED = 64


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What all views of the page draw.

    Args:
        board: Everything that was measured of the models chosen.
        cutoff: How many of the first places are looked at.
        against: The models against the best by the measure chosen.
    """

    board: Leaderboard
    cutoff: int
    against: Against

    @property
    def measure(self) -> str:
        """The measure chosen, "ndcg@10"."""
        return self.against.measure

    @property
    def rows(self) -> tuple[LeaderboardRow, ...]:
        """The models, the best by the measure first."""
        return self.board.ranked(self.measure)

    def standing(self, model: str) -> Standing:
        """Where a model stands against the best."""
        if model == self.against.best:
            return "best"
        return "behind" if is_real(self.against.p[model]) else "level"


def draw(subject: Subject, board: Leaderboard) -> Shown:
    """Draw the choice of a measure."""
    known = list(board.rows[0].report.measures)
    cutoffs = sorted({int(name.partition("@")[2]) for name in known if "@" in name})
    kinds = [kind for kind in (*words.MEASURES, *_NO_CUTOFF) if kind in {name.partition("@")[0] for name in known}]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = st.segmented_control(
            _("Order by"),
            kinds,
            default=_FIRST if _FIRST in kinds else kinds[0],
            required=True,
            format_func=words.measure,
            key="measure",
            bind="query-params",
            persist_state="session",
        )
        cutoff = st.segmented_control(
            _("among the first"),
            cutoffs,
            default=_FIRST_CUTOFF if _FIRST_CUTOFF in cutoffs else cutoffs[0],
            required=True,
            key="at",
            bind="query-params",
            persist_state="session",
        )
    kind, cutoff = kind or kinds[0], cutoff or cutoffs[0]
    measure = kind if kind in _NO_CUTOFF else f"{kind}@{cutoff}"
    models = tuple(row.model for row in board.rows)
    key = (subject.version_id, subject.choices_sha256, board.split, board.seed, board.tuned, models, measure)
    return Shown(board, int(cutoff), _against(key, board, measure))


@st.cache_resource(max_entries=_REMEMBERED, show_spinner=False)
def _against(key: tuple, _board: Leaderboard, _measure: str) -> Against:  # noqa: ARG001 - the key
    """Held against each other once: with many people, that takes a second or two."""
    from mmdemo.engine.leaderboard import against

    return against(_board, _measure)
