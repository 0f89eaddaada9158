"""What the lists of an evaluation are like, with the doubt of each figure."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.metrics.beyond import (
    Lists,
    Values,
    coverage,
    exposure,
    gini,
    intra_list_diversity,
    mean_over_lists,
    novelty,
    popularity_by_group,
    tastes,
)
from mmdemo.types import FloatArray

_DRAWS = 40
"""Of users, for the errors of figures that no user has alone; a standard error from 40 is right to about a ninth."""

Figures = dict[str, float]


def beyond_of(
    lists: Lists,
    users: npt.NDArray[np.integer],
    train: Interactions,
    features: ItemFeatures | None,
    *,
    cutoffs: Sequence[int],
    seed: int,
) -> tuple[Figures, Figures]:
    """Figures of the lists at each cut-off, and their standard errors.

    Args:
        lists: (B, k) items, best first, k the greatest cut-off.
        users: (B,) rows of `train` they are for.
        train: What popularity and taste are taken from.
        features: What diversity is taken from; each table counts alike. None: no diversity.
        cutoffs: Lengths to look at.
        seed: For draws of users.
    """
    counts = np.bincount(train.chosen.indices, minlength=len(train.item_ids))
    popularity = counts / len(train.user_ids)
    chosen = tastes(train.chosen[users], popularity)
    vectors = None if features is None or not features.vectors else _side_by_side(features)
    drawn = np.random.default_rng(seed).integers(len(users), size=(_DRAWS, len(users)))
    figures, errors = Figures(), Figures()
    for k in cutoffs:
        short = lists[:, :k]
        each = {f"novelty@{k}": novelty(short, counts, len(train.user_ids))}
        if vectors is not None:
            each[f"diversity@{k}"] = intra_list_diversity(short, vectors)
        for name, values in each.items():
            _add_mean(figures, errors, name, values)
        offered = mean_over_lists(short, popularity)
        whole = _of_all(short, chosen, offered, len(counts))
        again = [_of_all(short[rows], chosen[rows], offered[rows], len(counts)) for rows in drawn]
        for name, value in whole.items():
            figures[f"{name}@{k}"] = value
            errors[f"{name}@{k}"] = float(np.std([found.get(name, np.nan) for found in again], ddof=1))
    return figures, errors


def _add_mean(figures: Figures, errors: Figures, name: str, values: Values) -> None:
    known = values[~np.isnan(values)]
    if len(known):
        figures[name] = float(known.mean())
        errors[name] = float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else np.nan


def _of_all(lists: Lists, chosen: Values, offered: Values, items: int) -> Figures:
    """Figures that all lists have together."""
    shown = exposure(lists, items)
    return {"coverage": coverage(shown), "gini": gini(shown), **popularity_by_group(chosen, offered)}


def _side_by_side(features: ItemFeatures) -> FloatArray:
    """All tables beside each other (N, W), centred, each row of each table scaled to unit length."""
    parts = []
    for table in features.vectors.values():
        there = table.any(axis=1, keepdims=True)
        mean = table.sum(axis=0) / max(1, int(there.sum()))
        centred = np.where(there, table - mean, 0.0).astype(np.float32)
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        parts.append(np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 0))
    return np.concatenate(parts, axis=1)
