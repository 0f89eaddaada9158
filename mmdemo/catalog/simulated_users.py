"""Simulated users for a catalogue that nobody has chosen from yet; their tastes are known, and named."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.errors import CatalogError
from mmdemo.interactions import Interactions
from mmdemo.types import Item

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SHARES = (0.5, 0.35)
"""Share of a user's first choice that has the first, and the second thing that the user likes."""
FEWEST_ITEMS = 8
"""A tag of fewer items is nobody's taste: who likes it would have chosen them all."""
_CATEGORY, _FACTOR = "category", "factor:"
_APPEAL = 0.7
MOST_ITEMS = 20_000
"""Of a larger catalogue, users look at so many items, evenly spread."""
_MOST_NAMES = 500
_YEAR_S = 365 * 24 * 3600.0
_START_S = 1_704_067_200.0  # 2024-01-01


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedUsers:
    """Users who do not exist, and what they like.

    Args:
        interactions: What each of U users chose, when.
        tastes: (U,) the tags and categories that each of them likes, the dearest first.
    """

    interactions: Interactions
    tastes: tuple[tuple[str, ...], ...]


def simulate(
    items: Sequence[Item], *, users: int = 300, choices: float = 20.0, exclude: Iterable[str] = (), seed: int = 0
) -> SimulatedUsers:
    """Users who like one or two tags or categories each, and choose mostly what has them.

    User u likes two names at random, the frequent ones more often. The utility of an item is its appeal, normal and
    the same for all users, and for each of the two that it has, log(s·N/(r·n)): n items have it, s is its share of
    `SHARES`, r what these leave. So small tastes are as clear as large ones. The number of choices is Poisson; items
    are chosen without replacement with probabilities proportional to exp(utility), by the Gumbel-top-k trick, as those
    of `mmdemo.catalog.world.users`. Times are drawn evenly from a year, for what divides choices by time.

    Args:
        items: N items. Where tags and categories say nothing, users differ by chance only.
        users: How many, U.
        choices: How many items a user chooses on average.
        exclude: Tags that are nobody's taste.
        seed: Another one gives other users; user u depends on it, u and the items only.

    Raises:
        CatalogError: An argument is out of range.
    """
    if not items or users < 1 or choices <= 0 or seed < 0:
        raise CatalogError(
            f"{len(items)} items, {users} users, {choices} choices, seed {seed}",
            expected="at least 1 item and 1 user, positive choices, a seed from 0 are needed",
            remedy="choose other values",
        )
    among = np.linspace(0, len(items) - 1, min(len(items), MOST_ITEMS)).astype(np.intp)
    names, has = _names([items[row] for row in among], frozenset(exclude))
    size = has.sum(axis=0)
    weights = np.sqrt(size)
    appeal = np.random.default_rng([seed]).normal(scale=_APPEAL, size=len(among))
    chosen, times, tastes = [], [], []
    for user in range(users):
        rng = np.random.default_rng([seed, user])
        liked = _taste(rng, has, weights)
        strength = np.log(np.array(SHARES[: len(liked)]) * len(among) / ((1 - sum(SHARES)) * size[liked]))
        utility = appeal + has[:, liked] @ strength
        count = min(len(among), max(2, int(rng.poisson(choices))))
        best = np.argsort(-(utility + rng.gumbel(size=len(among))), kind="stable")[:count]
        chosen.append(among[np.sort(best)])
        times.append(_START_S + np.floor(rng.uniform(0, _YEAR_S, count)))
        tastes.append(tuple(names[column] for column in liked))
    return SimulatedUsers(
        Interactions(
            tuple(f"simulated-{seed}-{user:05d}" for user in range(users)),
            tuple(item.item_id for item in items),
            _matrix(chosen, len(items)),
            times=np.concatenate(times),
        ),
        tuple(tastes),
    )


def taste_names(item: Item) -> tuple[str, ...]:
    """What somebody may like about an item: its tags, its category, its factors in a generated world; each once."""
    columns = [value for name, value in item.extra.items() if name == _CATEGORY or name.startswith(_FACTOR)]
    return tuple(dict.fromkeys(name for name in (*item.tags, *columns) if name.strip()))


def _names(items: Sequence[Item], exclude: frozenset[str]) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Names of at least `FEWEST_ITEMS` and at most half of the items, sorted, and which item has which, (N, T).

    Of more than `_MOST_NAMES`, the most frequent.
    """
    counts = Counter(name for item in items for name in taste_names(item))
    fewest = min(FEWEST_ITEMS, max(2, len(items) // 8))
    fit = [name for name, n in counts.most_common() if fewest <= n <= len(items) / 2 and name not in exclude]
    names = sorted(fit[:_MOST_NAMES])
    has = np.zeros((len(items), len(names)), np.float32)
    columns = {name: column for column, name in enumerate(names)}
    for row, item in enumerate(items):
        for name in taste_names(item):
            if name in columns and not exclude.intersection(item.tags):
                has[row, columns[name]] = 1
    kept = np.flatnonzero(has.sum(axis=0) >= fewest)
    return [names[column] for column in kept], has[:, kept].astype(np.float64)


def _taste(
    rng: np.random.Generator, has: npt.NDArray[np.float64], weights: npt.NDArray[np.floating]
) -> npt.NDArray[np.intp]:
    """Columns of up to two names; the second is no part of the first, nor the first of it."""
    if not len(weights):
        return np.zeros(0, np.intp)
    first = rng.choice(len(weights), p=weights / weights.sum())
    apart = weights * (has[:, first] @ has == 0)
    if not apart.any():
        return np.array([first])
    return np.array([first, rng.choice(len(weights), p=apart / apart.sum())])


def _matrix(chosen: list[npt.NDArray[np.intp]], items: int) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    starts = np.r_[0, np.cumsum([len(row) for row in chosen])]
    columns = np.concatenate(chosen)
    return csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape=(len(chosen), items))
