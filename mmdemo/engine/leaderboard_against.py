"""Whether models of a leaderboard really lie behind the best, user by user."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmdemo.engine.leaderboard_report import Leaderboard

if TYPE_CHECKING:
    from mmdemo.recommend.judging.compare import Paired


@dataclass(frozen=True, slots=True)
class Against:
    """Models held against the best by one measure.

    Args:
        measure: "ndcg@10", for example.
        best: The model with the highest value.
        pairs: Each other model to what it has more than the best, so mostly below 0.
        p: Chance of such a difference where there is none, corrected for how many models there are (Holm 1979).
    """

    measure: str
    best: str
    pairs: "Mapping[str, Paired]"
    p: Mapping[str, float]


def against(board: Leaderboard, measure: str) -> Against:
    """Hold every model of a leaderboard against the best of them.

    Args:
        board: With one row at least.
        measure: One of the measures of its rows.

    Raises:
        InteractionsError: There is no such measure.
    """
    from mmdemo.recommend.judging.compare import holm, significance

    best, *others = board.ranked(measure)
    pairs = {row.model: significance(row.report, best.report, measure, seed=board.seed) for row in others}
    p = holm([pair.p for pair in pairs.values()])
    return Against(measure, best.model, pairs, dict(zip(pairs, p, strict=True)))
