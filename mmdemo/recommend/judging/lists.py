"""What the lists of an evaluation are like, with the doubt of each figure."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.metrics.beyond import (
    Lists,
    coverage,
    exposure,
    gini,
    intra_list_diversity,
    novelty,
    popularity_by_group,
)

_DRAWS = 40
"""Of users, for the errors of figures that no user has alone; a standard error from 40 is right to about a ninth."""

Figures = dict[str, float]


def beyond_of(
    lists: Lists,
    users: npt.NDArray[np.integer],
    train: Interactions,
    features: ItemFeatures | None,
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
    figures, errors = Figures(), Figures()
    counts = np.bincount(train.chosen.indices, minlength=len(train.item_ids))
    histories, popularity = train.chosen[users], counts / len(train.user_ids)
    vectors = None if features is None else _side_by_side(features)
    drawn = np.random.default_rng(seed).integers(len(users), size=(_DRAWS, len(users)))
    for k in cutoffs:
        short = lists[:, :k]
        each = {f"novelty@{k}": novelty(short, counts, len(train.user_ids))}
        if vectors is not None:
            each[f"diversity@{k}"] = intra_list_diversity(short, vectors)
        for name, values in each.items():
            known = values[~np.isnan(values)]
            if len(known):
                figures[name] = float(known.mean())
                errors[name] = float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else np.nan

        def together(rows: npt.NDArray[np.integer] | slice, k: int = k, short: Lists = short) -> Figures:
            shown = exposure(short[rows], len(counts))
            groups = popularity_by_group(short[rows], histories[rows], popularity)
            return {f"coverage@{k}": coverage(shown), f"gini@{k}": gini(shown)} | {
                f"{name}@{k}": value for name, value in groups.items()
            }

        figures |= together(slice(None))
        again = [together(rows) for rows in drawn]
        for name in figures.keys() - errors.keys():
            values = [found[name] for found in again if name in found]
            errors[name] = float(np.std(values, ddof=1)) if len(values) > 1 else np.nan
    return figures, errors


def _side_by_side(features: ItemFeatures) -> npt.NDArray[np.float32]:
    """All tables beside each other (N, W), centred, each row of each table scaled to unit length."""
    parts = []
    for table in features.vectors.values():
        there = table.any(axis=1, keepdims=True)
        centred = np.where(there, table - table[there[:, 0]].mean(axis=0) if there.any() else 0.0, 0.0)
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        parts.append(np.divide(centred, lengths, out=np.zeros(centred.shape, np.float32), where=lengths > 0))
    return np.concatenate(parts, axis=1)
