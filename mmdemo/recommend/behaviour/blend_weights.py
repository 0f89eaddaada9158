"""Weights of a blend, chosen on choices that its models have not seen."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.interactions import Interactions
from mmdemo.metrics.ranking import ranked_measures
from mmdemo.recommend.behaviour.base import BehaviourModel
from mmdemo.types import FloatArray

MEASURE = "ndcg@20"
_CUTOFF = 20
_STEPS = 10
_MOST_USERS = 1000
"""Drawn of those with something held out; more would hardly tell weights apart better."""
_BLOCK = 1 << 22
"""Most scores of one model held at once."""


def standardised(scores: FloatArray, histories: csr_matrix) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Scores (B, N) of mean 0 and standard deviation 1 over the items outside the history, so that models add up.

    Returns:
        The scores, and the mean and standard deviation (B, 1) of each row; 1 where all scores are alike.
    """
    seen = histories.toarray() > 0
    count = np.maximum((~seen).sum(axis=1, keepdims=True), 1)
    mean = np.where(seen, 0, scores).sum(axis=1, keepdims=True, dtype=np.float64) / count
    variance = np.where(seen, 0, (scores - mean) ** 2).sum(axis=1, keepdims=True) / count
    deviation = np.sqrt(variance)
    deviation[deviation <= 1e-12 * np.abs(mean)] = 1.0
    return (
        ((scores - mean) / deviation).astype(np.float32),
        mean.astype(np.float32),
        deviation.astype(np.float32),
    )


def blend_weights(
    models: Sequence[BehaviourModel], histories: csr_matrix, held_out: csr_matrix, *, seed: int = 0
) -> npt.NDArray[np.float64]:
    """The weights (M,), in tenths that sum to 1, with the highest NDCG@20 on what is held out.

    Args:
        models: Fitted without what is held out.
        histories: (B, N) CSR, of the users in rows.
        held_out: (B, N) CSR, of the same users.
        seed: For the users, where there are many.
    """
    users = np.flatnonzero(np.diff(held_out.indptr) > 0)
    users = np.sort(np.random.default_rng(seed).permutation(users)[:_MOST_USERS])
    choices = [np.array(steps) / _STEPS for steps in product(range(_STEPS + 1), repeat=len(models)) if sum(steps) == 10]
    rows = max(1, _BLOCK // max(1, len(models[0].item_ids)))
    totals = np.zeros(len(choices))
    for start in range(0, len(users), rows):
        block = users[start : start + rows]
        seen, wanted = csr_matrix(histories[block]), csr_matrix(held_out[block])
        scores = np.stack([standardised(model.scores(seen), seen)[0] for model in models])
        for place, weights in enumerate(choices):
            mixed = np.tensordot(weights.astype(np.float32), scores, axes=1)
            totals[place] += np.nansum(ranked_measures(mixed, wanted, seen=seen, cutoffs=(_CUTOFF,))[MEASURE])
    return choices[int(np.argmax(totals))]


def hold_out(train: Interactions, *, seed: int) -> tuple[Interactions, Interactions]:
    """The choices without one random one of each user with two or more, and these."""
    counts = np.diff(train.chosen.indptr)
    places = train.chosen.indptr[:-1] + np.random.default_rng(seed).integers(0, np.maximum(counts, 1))
    held = np.zeros(len(train), np.bool_)
    held[places[counts >= 2]] = True
    return train.keep(~held), train.keep(held)
