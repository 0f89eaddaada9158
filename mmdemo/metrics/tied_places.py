"""Where targets stand in rankings with ties: groups of equally scored items, each with what is ahead of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.types import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Counts = npt.NDArray[np.intp]
_FEW = 12
"""Targets of a row up to which comparing with each is faster than sorting the row."""


@dataclass(frozen=True, slots=True, eq=False)
class TiedPlaces:
    """The G groups of equally scored items that hold a target; of each row the best group first.

    Args:
        row: (G,) which of the B rankings.
        ahead: (G,) items scored higher, targets among them.
        size: (G,) items of that score.
        relevant: (G,) targets among these.
        found: (G,) targets scored higher.
        targets: (B,) targets of each row.
        candidates: (B,) items that are ranked in each row.
    """

    row: Counts
    ahead: Counts
    size: Counts
    relevant: Counts
    found: Counts
    targets: Counts
    candidates: Counts

    def total(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Sums (B,) over the groups (G,) of each row."""
        return np.bincount(self.row, values, len(self.targets)).astype(np.float64)


def tied_places(scores: FloatArray, relevant: "csr_matrix", seen: "csr_matrix") -> TiedPlaces:
    """Places of all targets of B rankings.

    Args:
        scores: (B, N) finite, higher is better.
        relevant: (B, N) CSR, what is not 0 is a target.
        seen: (B, N) CSR, what is not 0 is left out of the ranking.
    """
    masked = masked_scores(scores, seen)
    row, column = relevant.nonzero()
    own = masked[row, column]
    ranked = own > -np.inf
    row, own = row[ranked].astype(np.intp), own[ranked]
    order = np.lexsort((-own, row))
    row, own = row[order], own[order]
    new = np.ones(len(row), bool)
    new[1:] = (row[1:] != row[:-1]) | (own[1:] != own[:-1])
    starts = np.flatnonzero(new)
    group_row, group_score = row[starts], own[starts]
    targets = np.bincount(row, minlength=len(scores)).astype(np.intp)
    ahead, size = _counts(masked, group_row, group_score)
    first_of_row = np.r_[0, np.cumsum(targets)]
    return TiedPlaces(
        row=group_row,
        ahead=ahead,
        size=size,
        relevant=np.diff(np.r_[starts, len(row)]).astype(np.intp),
        found=(starts - first_of_row[group_row]).astype(np.intp),
        targets=targets,
        candidates=(masked > -np.inf).sum(axis=1),
    )


def masked_scores(scores: FloatArray, seen: "csr_matrix") -> FloatArray:
    """A copy (B, N) with -inf where an item was seen."""
    masked = scores.copy()
    masked[seen.nonzero()] = -np.inf
    return masked


def _counts(masked: FloatArray, row: Counts, score: FloatArray) -> tuple[Counts, Counts]:
    """How many items of its row each group (G,) has ahead, and how many share its score."""
    ahead, size = np.empty(len(row), np.intp), np.empty(len(row), np.intp)
    of_row = np.bincount(row, minlength=len(masked))
    starts = np.r_[0, np.cumsum(of_row)]
    nth = np.arange(len(row)) - starts[row]  # number of the group within its row
    for turn in range(min(_FEW, int(of_row.max(initial=0)))):
        now = np.flatnonzero((nth == turn) & (of_row[row] <= _FEW))
        rows = masked if len(now) == len(masked) else masked[row[now]]
        ahead[now] = np.count_nonzero(rows > score[now, None], axis=1)
        size[now] = np.count_nonzero(rows == score[now, None], axis=1)
    for each in np.flatnonzero(of_row > _FEW):
        mine = slice(starts[each], starts[each + 1])
        ordered = np.sort(masked[each])
        below, up_to = (np.searchsorted(ordered, score[mine], side) for side in ("left", "right"))
        ahead[mine], size[mine] = len(ordered) - up_to, up_to - below
    return ahead, size
