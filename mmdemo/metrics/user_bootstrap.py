"""How sure means over users are: standard errors, and percentile bootstrap of whole users.

Efron & Tibshirani 1993, chapters 2 and 13. One row a user; the draws are shared by all columns.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from mmdemo.metrics.bootstrap import DRAWS, LEVEL, Interval

_TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
_CELLS_AT_ONCE = 2_000_000

Values = npt.NDArray[np.float64]


def standard_errors(values: Values) -> Values:
    """Of the means (M,) of values (U, M): standard deviation over √U; NaN where there is one user only."""
    if len(values) < 2:
        return np.full(values.shape[1], np.nan)
    return values.std(axis=0, ddof=1) / np.sqrt(len(values))


def mean_intervals(values: Values, *, seed: int) -> list[Interval]:
    """Intervals of the M means of values (U, M) from 0 to 1.

    Where all users have 0, or all 1, all draws are alike and would show no doubt; there the interval reaches as far as
    the exact binomial one (Clopper & Pearson 1934).
    """
    means = np.concatenate([weights @ values / len(values) for weights in draws(len(values), seed=seed)])
    lows, highs = np.quantile(means, _TAILS, axis=0)
    certain = _TAILS[0] ** (1 / len(values))
    lows = np.where((values == 1.0).all(axis=0), certain, lows)
    highs = np.where((values == 0.0).all(axis=0), 1.0 - certain, highs)
    return [(float(low), float(high)) for low, high in zip(lows, highs, strict=True)]


def paired_test(differences: Values, *, seed: int) -> tuple[Interval, float]:
    """Interval of the mean of paired differences (U,), and the two-sided chance of one as far from 0 if there is none.

    p is twice the share of draws whose mean lies on the other side of 0, or on it; what was observed counts as one more
    draw, so that p is never 0 (Davison & Hinkley 1997, section 4.2).
    """
    means = np.concatenate([weights @ differences / len(differences) for weights in draws(len(differences), seed=seed)])
    low, high = np.quantile(means, _TAILS)
    other = min((means <= 0).sum(), (means >= 0).sum())
    return (float(low), float(high)), float(min(1.0, 2 * (other + 1) / (len(means) + 1)))


def draws(users: int, *, seed: int, count: int = DRAWS) -> Iterator[Values]:
    """How often each of `count` draws takes each user, (draws, users), in blocks that fit into memory."""
    rng = np.random.default_rng(seed)
    block = max(1, min(count, _CELLS_AT_ONCE // users))
    for start in range(0, count, block):
        rows = min(block, count - start)
        taken = rng.integers(users, size=(rows, users)) + users * np.arange(rows)[:, None]
        yield np.bincount(taken.ravel(), minlength=rows * users).reshape(rows, users).astype(np.float64)
