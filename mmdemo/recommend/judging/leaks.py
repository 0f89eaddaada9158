"""What a division gives away by itself: signs that what is held out can be told without knowing any taste.

An item's column, the order of its id and the place of a user's row must say nothing about what is held out; a choice
that is held out must not be learned from, nor be older than what is learned. A sign of order is told where it is found
far more often than in random orders of the same items or users (a permutation test: items that many users share make
single users no independent evidence).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.interactions import Interactions
from mmdemo.recommend.judging.id_order import natural_order
from mmdemo.recommend.judging.splits import check_alike

_ORDERS = 100
"""Random orders that an order is compared with."""
_SURE = 5.0
"""Standard deviations of these above their mean from which a sign is told: honest orders are hardly ever accused."""
_WORTH_TELLING = 0.05
"""A share less than this above chance gives too little away to be told."""

Places = npt.NDArray[np.intp]
Signs = dict[str, float]


@dataclass(frozen=True, slots=True)
class Leak:
    """One way in which a division gives away what it holds out.

    Args:
        kind: "highest" or "lowest" (of the user's items), "higher" or "lower" (than those in training), "neighbours",
            "repeated" or "earlier".
        message: For people: one or two sentences.
        share: In what share of the cases it holds.
        chance: In what share of them chance alone would give it.
    """

    kind: str
    message: str
    share: float
    chance: float


def leaks(train: Interactions, held_out: Interactions, *, seed: int = 0) -> tuple[Leak, ...]:
    """Signs that a division gives away what it holds out; empty where none was found.

    Args:
        train: What models learn from.
        held_out: What they are judged by, of the same users and items.
        seed: For the random orders.

    Raises:
        InteractionsError: They are of other users or items.
    """
    check_alike(train, held_out)
    if not len(train) or not len(held_out):
        return ()
    rng = np.random.default_rng(seed)
    columns, by_id = np.arange(len(train.item_ids)), natural_order(train.item_ids)
    orders = {"id": by_id}
    if not np.array_equal(by_id, columns):
        orders["place in the list of items"] = columns
    found = [_repeated(train, held_out), _earlier(train, held_out), *_by_users(held_out, rng)]
    for name, places in orders.items():
        found += _by_items(train, held_out, places, name, rng)
    return tuple(leak for leak in found if leak is not None)


def _by_items(
    train: Interactions, held_out: Interactions, places: Places, name: str, rng: np.random.Generator
) -> list[Leak | None]:
    """What the order of the items gives away."""
    signs = _ItemSigns(train, held_out)
    shares, chances = _against_chance(signs, places, rng)
    messages = {
        kind: f"The held-out item has the user's {kind} {name} {_often(shares[kind])}, where chance gives "
        f"{chances[kind][0]:.0%}: whatever sees the {name} can tell what is held out. Compare with a random re-split."
        for kind in ("highest", "lowest")
    }
    messages |= {
        side: f"A held-out choice has a {side} {name} than one in training in {shares[side]:.0%} of their pairs, where "
        f"chance gives 50%: the {name} says something about what is held out."
        for side in ("higher", "lower")
    }
    return [_told(kind, message, shares[kind], chances[kind]) for kind, message in messages.items()]


class _ItemSigns:
    """Shares, for any order of the items, of users whose highest or lowest item of all is held out, and of pairs.

    By chance, t of t + n times with t targets and n items in training; and half of the pairs.
    """

    def __init__(self, train: Interactions, held_out: Interactions) -> None:
        self._kept, self._targets = (np.diff(part.chosen.indptr) for part in (train, held_out))
        self._asked = (self._kept > 0) & (self._targets > 0)
        self._train, self._held_out = train, held_out

    def __call__(self, places: Places) -> Signs:
        train, held_out = places[self._train.items], places[self._held_out.items]
        seen = np.bincount(train, minlength=len(places))
        below = np.cumsum(seen) - seen / 2.0  # choices in training at a lower place; those at the same one count half
        higher = float(below[held_out].mean() / len(train))
        return {
            "highest": self._share_at_end(train, held_out),
            "lowest": self._share_at_end(-train, -held_out),
            "higher": higher,
            "lower": 1.0 - higher,
        }

    def _share_at_end(self, train: Places, held_out: Places) -> float:
        if not self._asked.any():
            return 0.0
        last = _highest(held_out, self._targets)[self._asked] > _highest(train, self._kept)[self._asked]
        return float(last.mean())


def _by_users(held_out: Interactions, rng: np.random.Generator) -> list[Leak | None]:
    """Whether users in neighbouring rows share a held-out item more often than users at random."""
    starts = held_out.chosen.indptr
    users = np.flatnonzero(np.diff(starts))
    if len(users) < 2:
        return []
    first, last = held_out.items[starts[users]], held_out.items[starts[users + 1] - 1]

    def alike(order: Places) -> Signs:
        return {"neighbours": float(np.mean(last[order[:-1]] == first[order[1:]]))}

    shares, chances = _against_chance(alike, np.arange(len(users)), rng)
    message = (
        f"Users in neighbouring rows have the same held-out item in {shares['neighbours']:.0%} of the cases, where "
        f"chance gives {chances['neighbours'][0]:.0%}: the order of the users says something about what is held out."
    )
    return [_told("neighbours", message, shares["neighbours"], chances["neighbours"])]


def _repeated(train: Interactions, held_out: Interactions) -> Leak | None:
    """Whether a held-out choice is in training, too."""
    both = int(held_out.chosen.multiply(train.chosen).nnz)
    if not both:
        return None
    message = f"{both:,} of {len(held_out):,} held-out choices are in training, too; they are not counted as targets."
    return Leak("repeated", message, both / len(held_out), 0.0)


def _earlier(train: Interactions, held_out: Interactions) -> Leak | None:
    """Whether held-out choices are older than the newest training choice of the same user."""
    if train.times is None or held_out.times is None:
        return None
    newest = np.full(len(train.user_ids), -np.inf)
    np.maximum.at(newest, train.users, train.times)
    share = float(np.mean(held_out.times < newest[held_out.users]))
    if share <= _WORTH_TELLING:
        return None
    message = (
        f"{share:.0%} of the held-out choices are older than the same user's newest choice in training: models learn "
        "from the future. Hold out the last choices to know how well the future is foretold."
    )
    return Leak("earlier", message, share, 0.0)


def _against_chance(
    signs: Callable[[Places], Signs], places: Places, rng: np.random.Generator
) -> tuple[Signs, dict[str, tuple[float, float]]]:
    """Signs of an order, and their mean and standard deviation over random ones."""
    by_chance = [signs(rng.permutation(len(places))) for _ in range(_ORDERS)]
    return signs(places), {
        name: (float(np.mean(values)), float(np.std(values)))
        for name in by_chance[0]
        for values in [[one[name] for one in by_chance]]
    }


def _told(kind: str, message: str, share: float, chance: tuple[float, float]) -> Leak | None:
    """A leak where the share is far above chance (mean, standard deviation)."""
    mean, deviation = chance
    return Leak(kind, message, share, mean) if share > mean + max(_WORTH_TELLING, _SURE * deviation) else None


def _often(share: float) -> str:
    return "in every case" if share == 1.0 else f"for {share:.0%} of the users"


def _highest(places: Places, lengths: npt.NDArray[np.integer]) -> Places:
    """Highest place (U,) among each user's choices, given one user after the other; the least number without any."""
    highest = np.full(len(lengths), np.iinfo(np.intp).min)
    some = lengths > 0
    if some.any():
        highest[some] = np.maximum.reduceat(places, (np.cumsum(lengths) - lengths)[some])
    return highest
