"""Dividing choices into those to learn from and those to be judged by.

Every part keeps all users and items, in the same order. What is drawn comes from the seed alone.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One division.

    Args:
        name: For reports: "validation", "resplit", ...
        train: What models learn from, and what a user has seen.
        held_out: What they are judged by.
        validation: What settings may be chosen on; None where there is none.

    Raises:
        InteractionsError: The parts are of other users or items, or nothing is held out.
    """

    name: str
    train: Interactions
    held_out: Interactions
    validation: Interactions | None = None

    def __post_init__(self) -> None:
        for part in (self.held_out, self.validation):
            if part is not None:
                check_alike(self.train, part)
        if not len(self.held_out):
            raise InteractionsError(
                f"the split '{self.name}' holds nothing out",
                expected="at least one choice to judge by is needed",
                remedy="give more choices, or hold out a larger share",
            )


def random_split(
    interactions: Interactions, *, validation: float = 0.1, test: float = 0.1, seed: int, name: str = "random"
) -> Split:
    """Hold out choices at random, each as likely as any other; users and items may be left without a training choice.

    Args:
        interactions: To divide.
        validation: Share to choose settings on; 0 for none.
        test: Share to judge by.
        seed: For the draw.
        name: Of the split.

    Raises:
        InteractionsError: The shares leave nothing to learn from.
    """
    _check_shares(validation, test)
    places = np.random.default_rng(seed).permutation(len(interactions))
    return _by_places(interactions, places, validation, test, name)


def time_split(interactions: Interactions, *, validation: float = 0.1, test: float = 0.1, name: str = "time") -> Split:
    """Hold out the latest choices of all users together, so that nothing is learned from what came after.

    Choices of the same time stay together, on the later side of a boundary.

    Raises:
        InteractionsError: No times are known, or the shares leave nothing to learn from.
    """
    _check_shares(validation, test)
    times = _times(interactions)
    earlier = np.searchsorted(np.sort(times), times, side="left")
    latest_first = len(times) - 1 - earlier
    return _by_places(interactions, latest_first, validation, test, name)


def leave_last_out(interactions: Interactions, *, seed: int, name: str = "last") -> Split:
    """Hold out each user's last choice, and the last but one for validation; one choice at least is learned from.

    Of choices at the same time a random one counts as later: their order in the file says nothing.

    Raises:
        InteractionsError: No times are known, or nobody has two choices.
    """
    back = _places_within_users(interactions, -_times(interactions), seed)
    count = np.diff(interactions.chosen.indptr)[interactions.users]
    held_out = (back == 0) & (count >= 2)
    validation = (back == 1) & (count >= 3)
    return _by_masks(interactions, held_out, validation, name)


def resplit(train: Interactions, validation: Interactions | None, seed: int, *, name: str = "resplit") -> Split:
    """Hold out one random choice of every user with two or more, of both parts together where there are two.

    Raises:
        InteractionsError: The parts are of other users or items, or nobody has two choices.
    """
    both = train if validation is None else together(train, validation)
    place = _places_within_users(both, np.zeros(len(both)), seed)
    count = np.diff(both.chosen.indptr)[both.users]
    return _by_masks(both, (place == 0) & (count >= 2), None, name)


def together(*parts: Interactions) -> Interactions:
    """All choices of several parts; of one made in several, the later part counts.

    Raises:
        InteractionsError: They are of other users or items.
    """
    first = parts[0]
    for part in parts[1:]:
        check_alike(first, part)
    width = len(first.item_ids)
    keys = np.concatenate([part.users * width + part.items for part in parts])
    # the last of equal keys: `unique` gives the first, so everything is turned round
    unique, position = np.unique(keys[::-1], return_index=True)
    position = len(keys) - 1 - position
    starts = np.r_[0, np.cumsum(np.bincount(unique // width, minlength=len(first.user_ids)))]
    chosen = csr_matrix((np.ones(len(unique), np.float32), unique % width, starts), shape=first.chosen.shape)
    ratings = [part.ratings for part in parts if part.ratings is not None]
    times = [part.times for part in parts if part.times is not None]
    return Interactions(
        first.user_ids,
        first.item_ids,
        chosen,
        np.concatenate(ratings)[position] if len(ratings) == len(parts) else None,
        np.concatenate(times)[position] if len(times) == len(parts) else None,
    )


def check_alike(first: Interactions, second: Interactions) -> None:
    """Raise InteractionsError where two parts are not of the same users and items in the same order."""
    if first.user_ids != second.user_ids or first.item_ids != second.item_ids:
        raise InteractionsError(
            f"parts of {len(first.user_ids)} users and {len(first.item_ids)} items, and of "
            f"{len(second.user_ids)} and {len(second.item_ids)}",
            expected="the same users and items in the same order are needed",
            remedy="read all parts together, so that they share their ids",
        )


def _by_places(interactions: Interactions, places: npt.NDArray, validation: float, test: float, name: str) -> Split:
    """The choices of the lowest places (E,) are held out, the next for validation."""
    held_out = places < round(test * len(interactions))
    choosing = ~held_out & (places < round((test + validation) * len(interactions)))
    return _by_masks(interactions, held_out, choosing, name)


def _by_masks(interactions: Interactions, held_out: Mask, validation: Mask | None, name: str) -> Split:
    rest = ~held_out if validation is None else ~(held_out | validation)
    choosing = interactions.keep(validation) if validation is not None and validation.any() else None
    return Split(name, interactions.keep(rest), interactions.keep(held_out), choosing)


def _places_within_users(interactions: Interactions, values: npt.NDArray, seed: int) -> npt.NDArray[np.intp]:
    """Place (E,) of each choice among its user's, 0 the lowest value; equal values in random order."""
    users = interactions.users
    order = np.lexsort((np.random.default_rng(seed).random(len(values)), values, users))
    places = np.empty(len(values), np.intp)
    places[order] = np.arange(len(values)) - interactions.chosen.indptr[users[order]]
    return places


def _times(interactions: Interactions) -> npt.NDArray[np.float64]:
    if interactions.times is None:
        raise InteractionsError(
            "choices without times", expected="the time of each choice is needed", remedy="divide them at random"
        )
    return interactions.times


def _check_shares(validation: float, test: float) -> None:
    if not (validation >= 0 and test > 0 and validation + test < 1):
        raise InteractionsError(
            f"shares of {validation} for validation and {test} to judge by",
            expected="shares from 0 whose sum is below 1, the second above 0, are needed",
            remedy="choose for example 0.1 and 0.1",
        )
