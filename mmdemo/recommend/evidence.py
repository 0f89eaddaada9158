"""How a similarity becomes evidence, and evidence a percentile.

A cosine of 0.4 between two texts and one of 0.4 between a text and a picture do not mean the same. So each similarity
is turned into the logarithm of a likelihood ratio: how much more likely is it between things that belong together than
between a random pair of the same two modalities? With both taken as normal with one spread (linear discriminant
analysis, Fisher 1936) that is `d' z - d'^2 / 2`, where z counts background spreads above the background mean and d' is
how far matching pairs lie above it. Evidence of an item's modalities adds up; a modality that is missing adds
nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.types import FloatArray, Modality

PROBABILITIES: FloatArray = np.concatenate(
    [np.linspace(0.0, 0.99, 199, endpoint=False), 1.0 - np.logspace(-2, -5, 58)]
).astype(np.float32)
"""Where background distributions are kept: every half percent, and finely in the upper tail that results come from."""

MONTE_CARLO_DRAWS = 4096
UNWANTED_FORCE = 3.0
CERTAIN = 6.0
"""Evidence of 400 to 1; what goes beyond counts by its logarithm, since no model is right that often."""


@dataclass(frozen=True, slots=True, eq=False)
class PairEvidence:
    """One modality of a query against one modality of the items.

    Args:
        mean: Background mean of the cosine.
        spread: Background standard deviation of the cosine.
        separation: d', how many spreads matching pairs lie above the background; 0 where nothing can be told.
        quantiles: (Q,) background cosines at `PROBABILITIES`.
    """

    mean: float
    spread: float
    separation: float
    quantiles: FloatArray

    @property
    def slope(self) -> float:
        """Evidence per unit of cosine."""
        return self.separation / self.spread

    @property
    def offset(self) -> float:
        """Evidence at cosine 0."""
        return -self.slope * self.mean - self.separation**2 / 2.0

    def percentile(self, cosine: float) -> float:
        """Share of background pairs with a lower cosine, 0 to 100."""
        return float(np.interp(cosine, self.quantiles, PROBABILITIES) * 100.0)


@dataclass(frozen=True, slots=True, eq=False)
class KindBackground:
    """Evidence that a query part of one kind finds in a random item.

    Args:
        quantiles: (Q,) evidence at `PROBABILITIES`.
        no_match: Below this the best item is called no good match: 95% of nonsense queries stay below it, or as many as
            can while no more than 10% of real queries (their own item hidden) do. Minus infinity: not measured.
    """

    quantiles: FloatArray
    no_match: float


ITEM_KIND = "item"


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Everything that gives scores of one workspace their meaning.

    Args:
        pairs: (query modality, table name) to its statistics.
        kinds: Modality, or "item" for whole items, to its background.
    """

    pairs: Mapping[tuple[Modality, str], PairEvidence]
    kinds: Mapping[str, KindBackground]

    def percentiles(self, scores: FloatArray, kinds: tuple[str, ...], weights: tuple[float, ...]) -> FloatArray:
        """Share of random items that score lower under the same query, in percent.

        Several parts are taken as independent for a random item; their sum's distribution is drawn (seeded) rather than
        worked out.

        Args:
            scores: (k,) total evidence.
            kinds: (P,) kind of each part.
            weights: (P,) signed weight of each part.
        """
        if not kinds:
            return np.full(len(scores), 50.0, np.float32)
        if len(kinds) == 1:
            background = np.sort(weigh(self.kinds[kinds[0]].quantiles, weights[0]))
            levels = PROBABILITIES if weights[0] >= 0 else 1.0 - PROBABILITIES[::-1]
            return (np.interp(scores, background, levels) * 100.0).astype(np.float32)
        drawn = np.sort(self._draw_sums(kinds, weights))
        return (np.searchsorted(drawn, scores) / len(drawn) * 100.0).astype(np.float32)

    def _draw_sums(self, kinds: tuple[str, ...], weights: tuple[float, ...]) -> npt.NDArray[np.floating]:
        rng = np.random.default_rng(0)
        levels = (np.arange(MONTE_CARLO_DRAWS) + 0.5) / MONTE_CARLO_DRAWS
        total = np.zeros(MONTE_CARLO_DRAWS)
        for kind, weight in zip(kinds, weights, strict=True):
            drawn = np.interp(levels, PROBABILITIES, self.kinds[kind].quantiles)
            total += weigh(rng.permutation(drawn).astype(np.float32), weight)
        return total


def weigh(evidence: FloatArray, weight: float) -> FloatArray:
    """Contribution of one part: `weight * evidence`, or for "less of this" `3 * weight * log(1 + exp(evidence))`.

    Evidence above `CERTAIN` counts as `CERTAIN + log(1 + excess)`: the order of items stays, but one part of a query
    cannot overrule all others because a near-copy is in the catalogue.

    The softplus keeps items that merely differ from an unwanted thing level with each other: only likeness is punished.
    It is punished harder than likeness is rewarded, so that an orange loses to a ball for "an orange, but no fruit".
    """
    if weight >= 0:
        return np.float32(weight) * temper(evidence)
    return np.float32(UNWANTED_FORCE * weight) * np.logaddexp(np.float32(0.0), evidence, dtype=np.float32)


def temper(evidence: FloatArray) -> FloatArray:
    """`evidence`, and beyond `CERTAIN` only the logarithm of what goes beyond; strictly increasing."""
    excess = np.maximum(evidence - np.float32(CERTAIN), np.float32(0.0))
    return np.minimum(evidence, np.float32(CERTAIN)) + np.log1p(excess, dtype=np.float32)
