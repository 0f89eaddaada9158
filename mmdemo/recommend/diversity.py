"""Lists that are varied and less obvious: maximal marginal relevance, and novelty by self-information."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mmdemo.errors import InteractionsError
from mmdemo.types import FloatArray

Values = npt.NDArray[np.float64]


def self_information(chosen: npt.NDArray, users: int) -> Values:
    """How surprising it is that somebody chose each item, (N,) bits: -log2((c + 1)/(users + 1)).

    Zhou et al. 2010, with one added to both counts so that items nobody chose have a value, too.

    Args:
        chosen: (N,) how many users chose each item.
        users: How many there are.
    """
    return np.log2(users + 1) - np.log2(np.asarray(chosen, np.float64) + 1)


def on_unit_scale(values: npt.NDArray) -> Values:
    """The values (C,) moved and scaled to 0 ... 1; all 1 where they are equal."""
    values = np.asarray(values, np.float64)
    if not len(values) or values.max() == values.min():
        return np.ones(len(values))
    return (values - values.min()) / (values.max() - values.min())


def with_novelty(relevance: npt.NDArray, information: npt.NDArray, novelty: float) -> Values:
    """Relevance (C,) mixed with how surprising each candidate is, both on a scale from 0 to 1.

    Args:
        relevance: (C,) higher is better.
        information: (C,) from `self_information`.
        novelty: Share of the second, from 0 to 1.

    Raises:
        InteractionsError: `novelty` is out of range.
    """
    _require_share(novelty, "novelty")
    return (1 - novelty) * on_unit_scale(relevance) + novelty * on_unit_scale(information)


def mean_cosine(vectors: Mapping[str, FloatArray]) -> Values:
    """Similarity (C, C) of candidates: the mean cosine over what both have; 0 where they share nothing.

    Args:
        vectors: Name of a modality to (C, W); a row of zeros is an item without it.
    """
    size = len(next(iter(vectors.values()))) if vectors else 0
    total, shared = np.zeros((size, size)), np.zeros((size, size))
    for table in vectors.values():
        length = np.linalg.norm(table, axis=1, keepdims=True)
        unit = (table / np.where(length > 0, length, 1)).astype(np.float64)
        has = (length > 0).astype(np.float64)
        total += unit @ unit.T
        shared += has @ has.T
    return total / np.maximum(shared, 1)


def mmr(relevance: npt.NDArray, similarity: npt.NDArray, k: int, diversity: float) -> npt.NDArray[np.intp]:
    """Positions (k,) of the candidates by maximal marginal relevance, best first.

    Carbonell & Goldstein 1998: one after another is taken that has the largest (1 - d)·relevance - d·(largest
    similarity to those taken before), d the diversity; the first by relevance alone. Of equal ones the earlier is
    taken.

    Args:
        relevance: (C,) on the scale of the similarity, best 1.
        similarity: (C, C), 1 for the same.
        k: How many; fewer where there are fewer candidates.
        diversity: From 0, by relevance alone, to 1.

    Raises:
        InteractionsError: `diversity` is out of range, or the sizes do not fit.
    """
    _require_share(diversity, "diversity")
    if similarity.shape != (len(relevance), len(relevance)):
        raise InteractionsError(
            f"similarities of shape {similarity.shape} for {len(relevance)} candidates",
            expected="one row and one column a candidate is needed",
            remedy="compute them of the same candidates",
        )
    gain = (1 - diversity) * np.asarray(relevance, np.float64)
    nearest = np.full(len(gain), -np.inf)
    left = np.ones(len(gain), np.bool_)
    taken: list[int] = []
    while len(taken) < min(k, len(gain)):
        worth = gain - diversity * nearest if taken else np.asarray(relevance, np.float64)
        best = int(np.argmax(np.where(left, worth, -np.inf)))
        taken.append(best)
        left[best] = False
        nearest = np.maximum(nearest, similarity[best])
    return np.array(taken, np.intp)


def _require_share(value: float, name: str) -> None:
    if not 0 <= value <= 1:
        raise InteractionsError(
            f"a {name} of {value}", expected="a number from 0 to 1", remedy=f"choose another {name}"
        )
