"""Why an item was recommended: the share of each liked item in its score."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import factorial
from typing import Literal

import numpy as np
import numpy.typing as npt

How = Literal["exact", "shapley", "left out"]
BEHAVIOUR_PART = "behaviour"
"""Name, in `Because.parts`, of what was learned from choices rather than from features."""

Worths = Callable[[npt.NDArray[np.bool_]], npt.NDArray[np.float64]]
"""Score (S,) of the item for each of S parts of the history, rows of (S, h)."""


@dataclass(frozen=True, slots=True, eq=False)
class Because:
    """What made the score of one item.

    Args:
        items: (h,) columns of the history's items, ascending.
        values: (h,) float64, what each of them adds to the score.
        constant: What the item scores whoever asks.
        parts: Name of a feature table, or `BEHAVIOUR_PART`, to its share (h,) of `values`; these sum to `values`. None
            where the model does not tell them apart.
        how: "exact" for a sum that the score is; "shapley" for Shapley values over all parts of the history (Shapley
            1953); in both, values and constant sum to the score. "left out" for the fall of the score when one item is
            left out, for which that does not hold.
    """

    items: npt.NDArray[np.intp]
    values: npt.NDArray[np.float64]
    constant: float
    parts: Mapping[str, npt.NDArray[np.float64]] | None = None
    how: How = "exact"

    @property
    def order(self) -> npt.NDArray[np.intp]:
        """(h,) positions in `items`, the greatest value first."""
        return np.argsort(-self.values, kind="stable")


def shapley_values(worths: Worths, players: int) -> tuple[npt.NDArray[np.float64], float]:
    """Shapley values (h,) of the history's items, and the worth of no history; asks for all 2^h parts of it."""
    members = (np.arange(2**players)[:, None] >> np.arange(players)) & 1 == 1
    worth = worths(members)
    values = np.zeros(players)
    size = members.sum(axis=1)
    weight = np.array([factorial(n) * factorial(players - n - 1) / factorial(players) for n in range(players)])
    for player in range(players):
        without = np.flatnonzero(~members[:, player])
        values[player] = (weight[size[without]] * (worth[without + 2**player] - worth[without])).sum()
    return values, float(worth[0])


def left_out_values(worths: Worths, players: int) -> tuple[npt.NDArray[np.float64], float]:
    """Fall of the score (h,) when one item is left out, and the worth of no history; asks for h + 2 parts of it."""
    members = np.concatenate([~np.eye(players, dtype=bool), np.ones((1, players), bool), np.zeros((1, players), bool)])
    worth = worths(members)
    return worth[-2] - worth[:players], float(worth[-1])
