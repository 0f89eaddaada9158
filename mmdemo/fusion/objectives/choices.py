"""Users' choices of items, divided into what is learned from, what decides when to stop, and what is measured on."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mmdemo.errors import FusionError
from mmdemo.fusion.data import BoolArray, FusionData, IntArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_SHARE = 0.1
_TRIES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Choices as pairs of a user and an item; see `divide`.

    Args:
        users: How many users U there are.
        items: How many items N there are.
        known: (K,) items that may be recommended to learn and to stop: all but the test items.
        train: (E, 2) user and item of each choice to learn from.
        validation: (V, 2) likewise, held out to decide when to stop.
        test: (T, 2) likewise, held out to measure on; all items are known.
        new: (S, 2) choices of test items, which are new to everything that was learned.
    """

    users: int
    items: int
    known: IntArray
    train: IntArray
    validation: IntArray
    test: IntArray
    new: IntArray
    _own: IntArray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_own", np.sort(self._numbers(self.train[:, 0], self.train[:, 1])))

    def chosen(self, users: IntArray, items: IntArray) -> BoolArray:
        """Whether each pair of users (B,) and items (B,) is a choice to learn from."""
        wanted = self._numbers(users, items)
        place = np.minimum(np.searchsorted(self._own, wanted), len(self._own) - 1)
        return self._own[place] == wanted

    def not_chosen(self, users: IntArray, *, rng: np.random.Generator) -> IntArray:
        """For each of users (B,) a known item drawn evenly from those the user did not choose.

        Who chose nearly everything may, after some tries, get a chosen one.
        """
        drawn = rng.choice(self.known, len(users))
        for _ in range(_TRIES):
            again = np.flatnonzero(self.chosen(users, drawn))
            drawn[again] = rng.choice(self.known, len(again))
        return drawn

    def _numbers(self, users: IntArray, items: IntArray) -> IntArray:
        """One number a pair."""
        return users * self.items + items


def divide(data: FusionData, *, seed: int) -> Choices:
    """Divide each user's choices by chance: a tenth to validate, a tenth to measure, at least one each.

    Choices of test items are kept apart from all of it: who learned from them has seen these items, and what
    `evaluate` measures would no longer be of unseen ones. Users with fewer than three choices are only learned from.

    Args:
        data: With interactions.
        seed: For the draw.

    Raises:
        FusionError: There are no interactions.
    """
    if data.interactions is None:
        raise FusionError(
            "nobody's choices of items", expected="a file of users and items is needed", remedy="give one"
        )
    owners, items = _usable(data.interactions, data)
    fresh = np.isin(items, data.test)
    part = np.full(len(items), 3)
    part[~fresh] = _parts(owners[~fresh], rng=np.random.default_rng(seed))
    pairs = np.stack([owners, items], axis=1)
    train, validation, test, new = (pairs[part == number] for number in range(4))
    may = np.concatenate([data.train, data.validation])
    known = np.sort(may[data.present[may].any(axis=1)])
    users, count = data.interactions.get_shape()
    return Choices(users, count, known, train, validation, test, new)


def _parts(owners: IntArray, *, rng: np.random.Generator) -> IntArray:
    """0 (train), 1 (validation) or 2 (test) for each choice, of users (K,) in order."""
    order = np.lexsort((rng.random(len(owners)), owners))  # each user's choices shuffled
    _, starts, counts = np.unique(owners, return_index=True, return_counts=True)
    place = np.arange(len(owners)) - np.repeat(starts, counts)
    held = np.repeat(np.where(counts > 2, np.maximum(1, np.round(_SHARE * counts)), 0), counts)
    part = np.empty(len(owners), np.intp)
    part[order] = np.where(place < held, 1, np.where(place < 2 * held, 2, 0))
    return part


def _usable(interactions: "csr_matrix", data: FusionData) -> tuple[IntArray, IntArray]:
    """Users and items (K,) of the choices of items that have a modality and belong to a part of the data, in order."""
    users, items = (part.astype(np.intp) for part in interactions.nonzero())
    part = np.zeros(len(data.ids), np.bool_)
    part[np.concatenate([data.train, data.validation, data.test])] = True
    keep = part[items] & data.present[items].any(axis=1)
    pairs = np.unique(np.stack([users[keep], items[keep]], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]
