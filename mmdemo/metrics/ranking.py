"""How well whole rankings place what a user went on to choose; ties count by their expected value.

Every measure is the mean over all random orders of equally scored items, in the closed forms of McSherry & Najork 2008
("Computing information retrieval performance measures efficiently in the presence of tied scores"), so a ranking that
says nothing reaches what chance reaches, and no order of rows, columns or ids can help it. Relevance is binary.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.errors import InteractionsError
from mmdemo.metrics.tied_places import TiedPlaces, tied_places
from mmdemo.types import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Values = npt.NDArray[np.float64]
MEASURES = ("recall", "precision", "ndcg", "mrr", "map", "hit")
"""Those with a cut-off; `auc` has none."""


def ranked_measures(
    scores: FloatArray, relevant: "csr_matrix", *, seen: "csr_matrix", cutoffs: Sequence[int]
) -> dict[str, Values]:
    """Measures of B rankings of all N items but those seen, as "recall@10" and so on, and "auc".

    With t targets: recall divides hits by t, precision by k; the ideal DCG is that of min(k, t) targets at the top
    (Järvelin & Kekäläinen 2002, gain 1, discount log2 of the place + 1); MRR is 1 over the place of the first target,
    0 beyond k; MAP divides the sum of precisions at targets by t, as trec_eval's map_cut does; hit is 1 where any
    target is within k; AUC is the share of other items below a target, ties half.

    Args:
        scores: (B, N) finite, higher is better.
        relevant: (B, N) CSR, the targets; what is not 0 counts.
        seen: (B, N) CSR, items left out of the ranking, as those of the history; a target among them is no target.
        cutoffs: The k.

    Returns:
        Name to (B,) values; NaN in rows without a target.

    Raises:
        InteractionsError: Scores are not finite or of another shape, or a cut-off is below 1.
    """
    _check(scores, relevant, seen, cutoffs)
    places = tied_places(scores, relevant, seen)
    found: dict[str, Values] = {}
    for k in cutoffs:
        found |= {f"{name}@{k}": values for name, values in _measures_at(places, k).items()}
    found["auc"] = _auc(places)
    for values in found.values():
        values[places.targets == 0] = np.nan
    return found


def _measures_at(places: TiedPlaces, k: int) -> dict[str, Values]:
    """`MEASURES` (B,) at one cut-off; 0 in rows without a target."""
    targets = np.maximum(places.targets, 1)
    within = np.clip(k - places.ahead, 0, places.size)  # how many places of the group are within the cut-off
    chance = places.relevant / places.size
    hits = places.total(chance * within)
    discounts = np.r_[0.0, np.cumsum(1.0 / np.log2(np.arange(k) + 2.0))]
    gained = discounts[np.minimum(places.ahead + places.size, k)] - discounts[np.minimum(places.ahead, k)]
    first, hit = _first_target(places, k)
    return {
        "recall": hits / targets,
        "precision": hits / k,
        "ndcg": places.total(chance * gained) / discounts[np.minimum(targets, k)],
        "mrr": first,
        "map": places.total(_precisions(places, within, k)) / targets,
        "hit": hit,
    }


def _precisions(places: TiedPlaces, within: npt.NDArray[np.intp], k: int) -> Values:
    """Expected sum (G,) of the precisions at a group's targets within the cut-off.

    At place j of the group stands a target with probability r/g; then h + 1 + (j - 1)(r - 1)/(g - 1) targets are
    expected up to there, h of them in groups ahead.
    """
    harmonic = np.r_[0.0, np.cumsum(1.0 / np.arange(1, k + 1))]
    inverse = harmonic[np.minimum(places.ahead + within, k)] - harmonic[np.minimum(places.ahead, k)]
    growth = (places.relevant - 1) / np.maximum(places.size - 1, 1)
    before = places.found + 1 - growth * (places.ahead + 1)
    return places.relevant / places.size * (before * inverse + growth * within)


def _first_target(places: TiedPlaces, k: int) -> tuple[Values, Values]:
    """Expected 1/place of the first target (B,), 0 beyond k, and the chance (B,) that it is within k."""
    leading = np.flatnonzero(places.found == 0)
    ahead, size, relevant = (values[leading] for values in (places.ahead, places.size, places.relevant))
    reciprocal, missed = np.zeros(len(leading)), np.ones(len(leading))
    for step in range(min(k, int(size.max(initial=0)))):
        here = missed * np.clip(relevant / np.maximum(size - step, 1), 0.0, 1.0) * (ahead + step < k)
        reciprocal += here / (ahead + step + 1)
        missed = missed - here
    rows = places.row[leading]
    first, hit = np.zeros(len(places.targets)), np.zeros(len(places.targets))
    first[rows], hit[rows] = reciprocal, 1.0 - missed
    return first, hit


def _auc(places: TiedPlaces) -> Values:
    """Share (B,) of pairs of a target and another item that are the right way round, ties half; 0.5 without a pair."""
    others = places.candidates - places.targets
    ahead = places.ahead - places.found  # other items above the group
    tied = places.size - places.relevant
    wrong = places.total(places.relevant * (ahead + tied / 2.0))
    pairs = places.targets * others
    return np.where(pairs > 0, 1.0 - wrong / np.maximum(pairs, 1), 0.5)


def _check(scores: FloatArray, relevant: "csr_matrix", seen: "csr_matrix", cutoffs: Sequence[int]) -> None:
    if scores.ndim != 2 or relevant.shape != scores.shape or seen.shape != scores.shape:
        raise InteractionsError(
            f"scores of shape {scores.shape} for targets {relevant.shape} and seen items {seen.shape}",
            expected="one row a user and one column an item are needed in all three",
            remedy="score every item for every user asked for",
        )
    if not cutoffs or min(cutoffs) < 1:
        raise InteractionsError(
            f"cut-offs {tuple(cutoffs)}", expected="at least one, all from 1, are needed", remedy="choose others"
        )
    if not np.isfinite(scores).all():
        raise InteractionsError(
            "scores that are not finite",
            expected="a finite number for every item is needed",
            remedy="report this as a bug of the model",
        )
