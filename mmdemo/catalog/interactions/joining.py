"""Interactions over other users and items than their own: so that several parts, or a catalogue, have the same."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mmdemo.catalog.interactions.assembling import natural_order
from mmdemo.interactions import Interactions


def same_ids(*parts: Interactions, item_ids: Sequence[str] | None = None) -> tuple[Interactions, ...]:
    """The parts over the users and items of all of them, in natural order; as they are where they agree already.

    Args:
        parts: Training, validation and test choices, say.
        item_ids: Items to have instead; choices of others are left out.
    """
    users = _union([part.user_ids for part in parts])
    items = _union([part.item_ids for part in parts]) if item_ids is None else tuple(item_ids)
    return tuple(placed(part, users, items) for part in parts)


def placed(part: Interactions, user_ids: Sequence[str], item_ids: Sequence[str]) -> Interactions:
    """The choices of those users among those items, in their order; all others are left out."""
    users, items = tuple(user_ids), tuple(item_ids)
    if users == part.user_ids and items == part.item_ids:
        return part
    from scipy.sparse import csr_matrix

    rows, columns = _positions(part.user_ids, users)[part.users], _positions(part.item_ids, items)[part.items]
    order = np.lexsort((columns, rows))
    order = order[(rows[order] >= 0) & (columns[order] >= 0)]
    starts = np.r_[0, np.cumsum(np.bincount(rows[order], minlength=len(users)))]
    ones = np.ones(len(order), np.float32)
    return Interactions(
        users,
        items,
        csr_matrix((ones, columns[order], starts), shape=(len(users), len(items))),
        None if part.ratings is None else part.ratings[order],
        None if part.times is None else part.times[order],
    )


def _union(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    if all(ids == lists[0] for ids in lists):
        return lists[0]
    names = sorted({name for ids in lists for name in ids})
    return tuple(names[position] for position in natural_order(names))


def _positions(names: Sequence[str], among: Sequence[str]) -> npt.NDArray[np.int64]:
    position = {name: place for place, name in enumerate(among)}
    return np.array([position.get(name, -1) for name in names], np.int64)
