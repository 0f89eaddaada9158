"""How well a map of a few dimensions keeps the neighbourhoods of the vectors it shows.

Trustworthiness and continuity are those of Venna and Kaski (2001, "Neighborhood preservation in nonlinear projection
methods", eq. 1 and 2); ranks of equally near points are their mean, so that copies do not depend on their order.
"""

import numpy as np
import numpy.typing as npt

from mmdemo.types import FloatArray


def neighbour_overlap(true: npt.NDArray[np.integer], found: npt.NDArray[np.integer]) -> FloatArray:
    """Share (B,) of each row's true neighbours that are among those found.

    Args:
        true: (B, k) indices, k at least 1.
        found: (B, k') indices.
    """
    return (true[:, :, None] == found[:, None, :]).any(axis=2).mean(axis=1, dtype=np.float32)


def ranks_among(nearness: FloatArray, own: npt.NDArray[np.integer], chosen: npt.NDArray[np.integer]) -> FloatArray:
    """Rank (B, k), 1 is nearest, of chosen points among all points but the asking one.

    Args:
        nearness: (B, P) of every point to each asking point, higher is nearer.
        own: (B,) which column is the asking point itself.
        chosen: (B, k) columns, never the asking point's own.
    """
    others = nearness.copy()
    others[np.arange(len(own)), own] = np.nan  # NaN is neither ahead of anything nor equal to it
    ordered = np.sort(others, axis=1)  # NaN comes last
    count = others.shape[1] - 1
    wanted = np.take_along_axis(others, chosen, axis=1)
    ranks = np.empty(wanted.shape, np.float32)
    for row in range(len(wanted)):
        below = np.searchsorted(ordered[row, :count], wanted[row], side="left")
        not_above = np.searchsorted(ordered[row, :count], wanted[row], side="right")
        ranks[row] = 1.0 + (count - not_above) + (not_above - below - 1) / 2.0
    return ranks


def trustworthiness(ranks: FloatArray, points: int) -> float:
    """1 where every neighbour on the map is a true one; falls with how far in truth the false ones are.

    Continuity is the same with the spaces exchanged: give it the ranks on the map of the true neighbours.

    Args:
        ranks: (B, k) ranks among the vectors of each asking point's k nearest on the map. B may be a sample.
        points: Number P of points, more than 1.5 k.
    """
    k = ranks.shape[1]
    worst = k * (2 * points - 3 * k - 1) / 2.0
    return float(1.0 - np.clip(ranks - k, 0.0, None).sum(axis=1, dtype=np.float64).mean() / worst)
