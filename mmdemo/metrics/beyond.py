"""What lists are like, beside how often they are right: variety, novelty, and who and what they favour.

Lists are (U, k) columns of items; -1 stands where a list is shorter. Oracles by obvious loops are in the tests.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.metrics.tied_places import masked_scores
from mmdemo.types import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Lists = npt.NDArray[np.int32]
Values = npt.NDArray[np.float64]
GROUPS = ("niche", "middle", "mainstream")
"""Thirds of the users, by how popular what they chose is."""


def top_lists(scores: FloatArray, seen: "csr_matrix", k: int, *, rng: np.random.Generator) -> Lists:
    """The k best items (B, k) of each row that were not seen, best first; equally scored ones in random order.

    Args:
        scores: (B, N) finite.
        seen: (B, N) CSR, items left out.
        k: Length of the lists.
        rng: For ties, also for those at the end of the list.
    """
    masked = masked_scores(scores, seen)
    cost = np.negative(masked, out=masked)  # the lowest is the best: partitions look for these
    kept = min(k, cost.shape[1])
    best = np.argpartition(cost, kept - 1, axis=1)[:, :kept]
    worst = np.take_along_axis(cost, best, axis=1).max(axis=1)
    reaching = np.count_nonzero(cost <= worst[:, None], axis=1)
    for row in np.flatnonzero((reaching > kept) & (worst < np.inf)):
        ahead = best[row][cost[row, best[row]] < worst[row]]
        tied = np.flatnonzero(cost[row] == worst[row])
        drawn = rng.choice(len(tied), kept - len(ahead), replace=False, shuffle=False)
        best[row] = np.concatenate([ahead, tied[drawn]])
    values = np.take_along_axis(cost, best, axis=1)
    order = np.lexsort((rng.random(values.shape), values), axis=1)
    lists = np.full((len(scores), k), -1, np.int32)
    lists[:, :kept] = np.take_along_axis(np.where(values < np.inf, best, -1), order, axis=1)
    return lists


def exposure(lists: Lists, items: int) -> npt.NDArray[np.intp]:
    """In how many lists each of N items is, (N,)."""
    return np.bincount(lists[lists >= 0], minlength=items)


def coverage(shown: npt.NDArray) -> float:
    """Share of items that are in a list at all, from `exposure` (N,)."""
    return float(np.mean(shown > 0))


def gini(shown: npt.NDArray) -> float:
    """How unevenly lists use items, from `exposure` (N,): 0 all alike, near 1 a single one; 0 where there are no lists.

    Half the mean absolute difference of two items' exposure, over the mean exposure (Gini 1912).
    """
    ordered = np.sort(shown).astype(np.float64)
    total, count = ordered.sum(), len(ordered)
    if total == 0:
        return 0.0
    return float((2 * np.arange(1, count + 1) - count - 1) @ ordered / (count * total))


def novelty(lists: Lists, popularity: npt.NDArray, users: int) -> Values:
    """Mean self-information (U,), in bits, of the items of each list (Zhou et al. 2010); NaN for an empty list.

    Deviation: -log2((c + 1)/(users + 1)) with c users who chose the item, so that items nobody chose count, too.

    Args:
        lists: (U, k).
        popularity: (N,) how many users chose each item in training.
        users: How many there are in training.
    """
    information = -np.log2((popularity + 1.0) / (users + 1.0))
    return mean_over_lists(lists, information)


def intra_list_diversity(lists: Lists, vectors: FloatArray) -> Values:
    """Mean cosine distance (U,) of the pairs of items in each list (Ziegler et al. 2005), 0 alike to 2 opposite.

    Items whose vector is zeros have no place and are left out; NaN where fewer than two are left.

    Args:
        lists: (U, k).
        vectors: (N, W).
    """
    from scipy.sparse import csr_matrix

    lengths = np.linalg.norm(vectors, axis=1)
    unit = np.divide(vectors, lengths[:, None], out=np.zeros(vectors.shape, np.float64), where=lengths[:, None] > 0)
    there = (lists >= 0) & (lengths > 0)[lists]
    count = there.sum(axis=1)
    starts = np.r_[0, np.cumsum(count)]
    total = csr_matrix((np.ones(starts[-1]), lists[there], starts), shape=(len(lists), len(vectors))) @ unit
    # of the squared length of the sum, `count` is from the vectors themselves and the rest from pairs, each twice
    pairs = count * (count - 1)
    agreement = (total**2).sum(axis=1) - count
    return np.where(pairs > 0, 1.0 - agreement / np.maximum(pairs, 1), np.nan)


def tastes(histories: "csr_matrix", popularity: npt.NDArray) -> Values:
    """Mean popularity (U,) of what each user chose; NaN for one without choices.

    Args:
        histories: (U, N) CSR of ones.
        popularity: (N,) share of users who chose each item.
    """
    lengths = np.diff(histories.indptr)
    total = histories @ popularity.astype(np.float64)
    return np.where(lengths > 0, total / np.maximum(lengths, 1), np.nan)


def popularity_by_group(chosen: Values, offered: Values) -> dict[str, float]:
    """How popular lists are against what their users chose, by thirds of the users (Abdollahpouri et al. 2019).

    Args:
        chosen: (U,) mean popularity of what each user chose (`tastes`); NaN: the user is in no group.
        offered: (U,) mean popularity of each user's list; likewise.

    Returns:
        For each of `GROUPS` "GROUP.histories" and "GROUP.lists", mean popularity, and "GROUP.lift", by how much the
        second is above the first as a share of it; a group without users is left out.
    """
    known = np.flatnonzero((chosen > 0) & ~np.isnan(offered))
    order = known[np.argsort(chosen[known], kind="stable")]
    found: dict[str, float] = {}
    for name, members in zip(GROUPS, np.array_split(order, len(GROUPS)), strict=True):
        if len(members):
            chose, get = float(chosen[members].mean()), float(offered[members].mean())
            found |= {f"{name}.histories": chose, f"{name}.lists": get, f"{name}.lift": get / chose - 1.0}
    return found


def mean_over_lists(lists: Lists, values: Values) -> Values:
    """Mean (U,) of the items' values (N,) over each list; NaN for an empty one."""
    there = lists >= 0
    count = there.sum(axis=1)
    total = np.where(there, values[lists], 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
