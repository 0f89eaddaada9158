"""The order that ids of items have by themselves, and dealing them anew, to show that it does not matter."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.interactions import Interactions, ItemFeatures

_DIGITS = re.compile(r"(\d+)")


def natural_order(ids: Sequence[str]) -> npt.NDArray[np.intp]:
    """Place (N,) of each id when sorted, numbers within them by their size: "i9" comes before "i10"."""
    keys = [[(int(part), "") if part.isdigit() else (-1, part) for part in _DIGITS.split(name)] for name in ids]
    order = sorted(range(len(ids)), key=keys.__getitem__)
    places = np.empty(len(ids), np.intp)
    places[order] = np.arange(len(ids))
    return places


def shuffled(
    interactions: Interactions, features: ItemFeatures | None = None, *, seed: int
) -> tuple[Interactions, ItemFeatures | None]:
    """Deal rows, columns and ids of users and items anew: who chose what stays, names and places do not.

    Parts of one division stay together under the same seed.

    Args:
        interactions: Choices; their user at row r goes to another row, with the id that belongs there.
        features: Of the same items; their rows go along.
        seed: For the new places; they depend on it and on the numbers of users and items alone.
    """
    rng = np.random.default_rng(seed)
    row_to = rng.permutation(len(interactions.user_ids))
    column_to = rng.permutation(len(interactions.item_ids))
    rows, columns = row_to[interactions.users], column_to[interactions.items]
    order = np.lexsort((columns, rows))
    starts = np.r_[0, np.cumsum(np.bincount(rows, minlength=len(row_to)))]
    dealt = Interactions(
        interactions.user_ids,
        interactions.item_ids,
        csr_matrix((np.ones(len(order), np.float32), columns[order], starts), shape=interactions.chosen.shape),
        None if interactions.ratings is None else interactions.ratings[order],
        None if interactions.times is None else interactions.times[order],
    )
    if features is None:
        return dealt, None
    vectors = {}
    for name, table in features.vectors.items():
        vectors[name] = np.empty_like(table)
        vectors[name][column_to] = table
    return dealt, ItemFeatures(features.item_ids, vectors)
