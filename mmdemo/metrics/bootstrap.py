"""How sure a figure is: percentile bootstrap over groups, because items of one group are no independent evidence.

Efron & Tibshirani 1993, chapter 13; whole groups are drawn (the cluster bootstrap). All draws at once, no loop.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

DRAWS = 1000
LEVEL = 0.95
_TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
_CELLS_AT_ONCE = 20_000_000

Interval = tuple[float, float]


def recall_intervals(
    ranks: npt.NDArray[np.floating], groups: npt.NDArray[np.integer], cutoffs: Sequence[int], *, seed: int
) -> dict[int, Interval]:
    """Interval of Recall@k for each cut-off.

    Where every query hits, or none, all draws are alike and would show no doubt at all; there it is the exact binomial
    interval (Clopper & Pearson 1934) with one trial a group.

    Args:
        ranks: (Q,) rank of each query.
        groups: (Q,) group of each query.
        cutoffs: The k.
        seed: For the draws.
    """
    members, sizes = _membership(groups)
    hits = np.stack([np.bincount(members, ranks <= k, len(sizes)) for k in cutoffs], axis=1)
    shares = [(weights @ hits) / (weights @ sizes)[:, None] for weights in _weights(len(sizes), seed=seed)]
    lows, highs = np.quantile(np.concatenate(shares), _TAILS, axis=0)
    certain = _TAILS[0] ** (1 / len(sizes))
    found = {}
    for k, low, high, total in zip(cutoffs, lows, highs, hits.sum(axis=0), strict=True):
        if total == 0:
            found[k] = (0.0, 1.0 - certain)
        elif total == len(ranks):
            found[k] = (certain, 1.0)
        else:
            found[k] = (float(low), float(high))
    return found


def median_interval(values: npt.NDArray[np.floating], groups: npt.NDArray[np.integer], *, seed: int) -> Interval:
    """Interval of the (lower) median of `values` (Q,), whole groups (Q,) drawn."""
    members, sizes = _membership(groups)
    order = np.argsort(values, kind="stable")
    medians = []
    for weights in _weights(len(sizes), seed=seed, width=len(values)):
        reached = np.cumsum(weights[:, members[order]], axis=1)
        medians.append(values[order][(reached >= (reached[:, -1:] + 1) // 2).argmax(axis=1)])
    low, high = np.quantile(np.concatenate(medians), _TAILS)
    return float(low), float(high)


def difference_test(
    differences: npt.NDArray[np.floating], groups: npt.NDArray[np.integer], *, seed: int
) -> tuple[Interval, float]:
    """Interval of the mean of paired differences, and how likely chance alone is to give such a mean.

    The two-sided p is twice the share of draws whose mean lies on the other side of 0, or on it; the draw that was
    observed counts too, so p is never 0 (Davison & Hinkley 1997, section 4.2).

    Args:
        differences: (Q,) of each query, first less second.
        groups: (Q,) group of each query.
        seed: For the draws.
    """
    members, sizes = _membership(groups)
    totals = np.bincount(members, differences, len(sizes))
    means = np.concatenate([(weights @ totals) / (weights @ sizes) for weights in _weights(len(sizes), seed=seed)])
    low, high = np.quantile(means, _TAILS)
    other = min((means <= 0).sum(), (means >= 0).sum())
    return (float(low), float(high)), float(min(1.0, 2 * (other + 1) / (len(means) + 1)))


def _membership(groups: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Number of each query's group, and the groups' sizes."""
    _, members, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return members, sizes


def _weights(groups: int, *, seed: int, width: int = 1) -> Iterator[npt.NDArray[np.int64]]:
    """How often each draw takes each group, (draws, groups), in blocks that fit into memory."""
    rng = np.random.default_rng(seed)
    block = max(1, min(DRAWS, _CELLS_AT_ONCE // max(groups, width)))
    chances = np.full(groups, 1.0 / groups)
    for start in range(0, DRAWS, block):
        yield rng.multinomial(groups, chances, size=min(block, DRAWS - start))
