"""Cross-modal retrieval: does a query of one modality find its partner of another?"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mmdemo.types import FloatArray


def expected_ranks(similarity: FloatArray, relevant: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Rank (1 is best) of each query's best-placed relevant candidate.

    Candidates that tie with it count half, which is their expected place under a random order.

    Args:
        similarity: (Q, N) higher is closer.
        relevant: (Q, N) True where a candidate is a right answer; every row has at least one.

    Returns:
        (Q,) ranks from 1 to N.
    """
    best = np.where(relevant, similarity, -np.inf).max(axis=1, keepdims=True)
    ahead = ((similarity > best) & ~relevant).sum(axis=1)
    tied = ((similarity == best) & ~relevant).sum(axis=1)
    return 1.0 + ahead + tied / 2.0


def recall_at(ranks: npt.NDArray[np.floating], cutoffs: Sequence[int]) -> Mapping[int, float]:
    """Share of queries whose rank is within each cut-off."""
    return {k: float(np.mean(ranks <= k)) for k in cutoffs}


def chance_recall_at(right: npt.NDArray[np.integer], candidates: int, cutoffs: Sequence[int]) -> Mapping[int, float]:
    """Recall that a random order reaches: one minus the chance that none of k draws without return is relevant.

    Args:
        right: (Q,) how many right answers each query has.
        candidates: How many there are to rank.
        cutoffs: The k.
    """
    result = {}
    for k in cutoffs:
        draws = np.arange(min(k, candidates))[:, None]
        miss = np.clip((candidates - right - draws) / (candidates - draws), 0.0, 1.0).prod(axis=0)
        result[k] = float(np.mean(1.0 - miss))
    return result


def nearest_label_accuracy(similarity: FloatArray, labels: npt.NDArray[np.int_]) -> float:
    """Share of rows whose nearest other row carries the same label (leave-one-out 1-NN).

    Args:
        similarity: (N, N), of every row with every row.
        labels: (N,).
    """
    others = similarity.copy()
    np.fill_diagonal(others, -np.inf)
    return float(np.mean(labels[others.argmax(axis=1)] == labels))
