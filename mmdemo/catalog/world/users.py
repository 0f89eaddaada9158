"""Simulated users of the generated world, whose tastes are known."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.catalog.world.factors import FACTORS, LEVELS, user_rng
from mmdemo.catalog.world.world import World
from mmdemo.errors import CatalogError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

PAIRS = (("kind", "colour"), ("mood", "tempo"))
"""Factors whose combination matters beyond the two alone ("red stars, but not red boxes")."""


@dataclass(frozen=True, slots=True, eq=False)
class WorldUsers:
    """Users, what they like, and what they chose.

    Args:
        user_ids: (U,) names.
        item_ids: (N,) ids of the world's items.
        tastes: (U, L) float32: how much each user likes each feature of `item_features`.
        features: (N, L) float32, 0 or 1: which features each item has.
        interactions: (U, N) CSR of ones: what each user chose, each item at most once.
    """

    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    tastes: npt.NDArray[np.float32]
    features: npt.NDArray[np.float32]
    interactions: "csr_matrix"

    def utilities(self) -> npt.NDArray[np.float32]:
        """How much each user truly likes each item, (U, N) float32."""
        return self.tastes @ self.features.T


def feature_names() -> tuple[str, ...]:
    """Names of the L features: every value of every factor, then every combination of values of `PAIRS`."""
    single = [f"{factor}={value}" for factor, values in FACTORS.items() for value in values]
    pairs = [
        f"{first}={one}&{second}={other}"
        for first, second in PAIRS
        for one in FACTORS[first]
        for other in FACTORS[second]
    ]
    return (*single, *pairs)


def item_features(factors: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Features of items, (N, L) float32 of 0 and 1, from their factors (N, F)."""
    column = {name: position for position, name in enumerate(FACTORS)}
    parts = [np.eye(level, dtype=np.float32)[factors[:, position]] for position, level in enumerate(LEVELS)]
    for first, second in PAIRS:
        combined = factors[:, column[first]] * len(FACTORS[second]) + factors[:, column[second]]
        parts.append(np.eye(len(FACTORS[first]) * len(FACTORS[second]), dtype=np.float32)[combined])
    return np.concatenate(parts, axis=1)


def world_users(
    world: World, *, users: int = 200, choices: float = 20.0, temperature: float = 0.5, seed: int = 0
) -> WorldUsers:
    """Simulate users of a world; user u is a function of `seed`, u and the world's items only.

    A user's taste for each feature is standard normal. The number of choices is Poisson; items are chosen without
    replacement with probabilities proportional to exp(utility / temperature), by the Gumbel-top-k trick.

    Args:
        world: The items to choose from.
        users: How many, U.
        choices: How many items a user chooses on average.
        temperature: Towards 0 users choose just what they like best, towards infinity anything.
        seed: Another one gives other users.

    Raises:
        CatalogError: An argument is out of range.
    """
    if users < 1 or choices <= 0 or temperature <= 0 or seed < 0:
        raise CatalogError(
            f"{users} users, {choices} choices, temperature {temperature}, seed {seed}",
            expected="at least 1 user, positive choices and temperature, a seed from 0 are needed",
            remedy="choose other values",
        )
    features = item_features(world.factors())
    tastes = np.empty((users, features.shape[1]), dtype=np.float32)
    chosen: list[npt.NDArray[np.int64]] = []
    for user in range(users):
        rng = user_rng(seed, user)
        tastes[user] = rng.standard_normal(features.shape[1])
        count = min(world.n, max(1, int(rng.poisson(choices))))
        noisy = features @ tastes[user] / temperature + rng.gumbel(size=world.n)
        chosen.append(np.sort(np.argsort(-noisy, kind="stable")[:count]))
    return WorldUsers(
        user_ids=tuple(f"user-{seed}-{user:05d}" for user in range(users)),
        item_ids=tuple(world.item_id(index) for index in range(world.n)),
        tastes=tastes,
        features=features,
        interactions=_matrix(chosen, world.n),
    )


def _matrix(chosen: list[npt.NDArray[np.int64]], items: int) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    starts = np.r_[0, np.cumsum([len(row) for row in chosen])]
    columns = np.concatenate(chosen)
    return csr_matrix((np.ones(len(columns), dtype=np.float32), columns, starts), shape=(len(chosen), items))
