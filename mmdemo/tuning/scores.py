"""How well an encoder does on items it has not seen, beside what guessing would score on the same items."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from mmdemo.types import FloatArray

DRAWS = 400
LUCK = 0.95


@dataclass(frozen=True, slots=True)
class Scores:
    """One score.

    Args:
        measure: What it is: "mean average precision of tags", "share of other texts ranked below the own one".
        value: Reached, 0 to 1.
        chance: What guessing scores on average: the answers dealt out at random to the same items.
        lucky: What one guess in twenty exceeds.
        items: How many were scored.
    """

    measure: str
    value: float
    chance: float
    lucky: float
    items: int

    @property
    def better_than_chance(self) -> bool:
        """Whether guessing would reach as much less than one time in twenty (a permutation test)."""
        return self.value > self.lucky


def score_tags(found: FloatArray, targets: FloatArray, *, seed: int) -> Scores:
    """Mean over the tags of how well each ranks the items (average precision: Manning et al. 2008, section 8.4).

    Args:
        found: (N, C) the higher, the likelier; rows must be exchangeable, one item a group.
        targets: (N, C) 0 or 1. Tags that no item carries, or every item, say nothing and are left out.
        seed: For the guesses.
    """
    telling = (targets.sum(axis=0) > 0) & (targets.sum(axis=0) < len(targets))
    order = np.argsort(-found[:, telling], axis=0, kind="stable")
    relevant = targets[:, telling]
    rng = np.random.default_rng(seed)
    guesses = [_average_precision(relevant[rng.permutation(len(relevant))], order) for _ in range(DRAWS)]
    return _scores("mean average precision of tags", _average_precision(relevant, order), guesses, len(targets))


def score_pairs(found: FloatArray, *, seed: int) -> Scores:
    """How far up among all texts each item's own text comes: 1 is first, 0.5 is guessing.

    Args:
        found: (N, N) similarity of item i to text j; items of different texts.
        seed: For the guesses.
    """
    count = len(found)
    shares = (rankdata(found, axis=1) - 1) / max(1, count - 1)
    rng = np.random.default_rng(seed)
    rows = np.arange(count)
    guesses = [float(shares[rows, rng.permutation(count)].mean()) for _ in range(DRAWS)]
    value = float(shares[rows, rows].mean())
    return _scores("share of other texts ranked below the own one", value, guesses, count)


def _average_precision(relevant: FloatArray, order: npt.NDArray[np.intp]) -> float:
    """Mean over the columns of the precision at the rank of each relevant row."""
    hits = np.take_along_axis(relevant, order, axis=0)
    precision = np.cumsum(hits, axis=0) / np.arange(1, len(hits) + 1)[:, None]
    return float(((precision * hits).sum(axis=0) / hits.sum(axis=0)).mean()) if hits.size else 0.0


def _scores(measure: str, value: float, guesses: list[float], items: int) -> Scores:
    return Scores(measure, value, float(np.mean(guesses)), float(np.quantile(guesses, LUCK)), items)
