"""A tiny world with users of known tastes, and models fitted to it."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy.sparse import csr_matrix

from mmdemo.catalog.world import World, WorldUsers, world_users
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.recommend.behaviour import BEHAVIOUR, fit
from mmdemo.recommend.behaviour.base import BehaviourModel
from mmdemo.recommend.behaviour.specs import RATINGS

ALIKE_FOR_ALL = ("popularity", "recent-popularity")
PERSONAL = tuple(name for name, spec in BEHAVIOUR.items() if name not in ALIKE_FOR_ALL and RATINGS not in spec.needs)
"""Those that tell tastes by who chose what; a model of ratings learns from how chosen items were rated."""
OPTIONS = {
    "item-knn": {"neighbours": 1000},
    "ease": {"ridge": 3.0},
    "ease-features": {"ridge": 3.0},
    "graph-filter": {"factors": 12},
    "ideal-lowpass": {"factors": 12},
    "pure-svd": {"factors": 12},
    "instant": {"filter": 0.1, "factors": 12},
    "lightgcn": {"size": 16, "layers": 2},
    "vbpr": {"size": 8},
    "multimodal-graph": {"towers": 1, "size": 32},
    "blend": {"models": "item-knn,pure-svd", "weights": "0.7,0.3"},
}
"""For so few items and users; models that are not here have their defaults."""


@lru_cache
def known_users() -> WorldUsers:
    """Users whose tastes are known."""
    return world_users(World(n=90, seed=3), users=240, choices=8, temperature=0.4, seed=1)


@lru_cache
def tiny_data() -> tuple[Interactions, ItemFeatures]:
    """What they chose, with times and ratings, and two tables of features; 5 items of no table, 5 of one."""
    users = known_users()
    count = users.interactions.nnz
    rng = np.random.default_rng(0)
    row, column = users.interactions.nonzero()
    ratings = np.clip(np.round(3 + users.utilities()[row, column] / 3), 1, 5).astype(np.float32)
    times = 1.6e9 + rng.uniform(0, 90 * 86400, count)
    interactions = Interactions(users.user_ids, users.item_ids, users.interactions, ratings, times)
    noisy = (users.features + 0.1 * rng.standard_normal(users.features.shape)).astype(np.float32)
    tables = {"looks": noisy[:, ::2].copy(), "sound": noisy[:, 1::2].copy()}
    tables["looks"][:5] = tables["sound"][:10] = 0
    return interactions, ItemFeatures(users.item_ids, tables)


@lru_cache
def fitted(name: str, seed: int = 0) -> BehaviourModel:
    """A model of the tiny world."""
    interactions, features = tiny_data()
    return fit(name, interactions, features, OPTIONS.get(name), seed=seed)


def of_rows(rows: list[list[int]], items: int) -> csr_matrix:
    """Histories from lists of columns."""
    starts = np.r_[0, np.cumsum([len(row) for row in rows])]
    columns = np.array([column for row in rows for column in sorted(row)], np.int32)
    return csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape=(len(rows), items))


def interactions_of(rows: list[list[int]], items: int) -> Interactions:
    """Choices of users u0.. among items i0.., all at time 0."""
    chosen = of_rows(rows, items)
    ids = tuple(f"u{row}" for row in range(len(rows))), tuple(f"i{column}" for column in range(items))
    return Interactions(*ids, chosen, np.full(chosen.nnz, 4, np.float32), np.zeros(chosen.nnz))


def permuted(order: np.ndarray) -> tuple[Interactions, ItemFeatures]:
    """The tiny data with its items in another order."""
    interactions, features = tiny_data()
    ids = tuple(interactions.item_ids[place] for place in order)
    number = csr_matrix(interactions.chosen, dtype=np.float64, copy=True)
    number.data = np.arange(1, number.nnz + 1, dtype=np.float64)
    turned = csr_matrix(number[:, order])
    turned.sort_indices()
    which = turned.data.astype(int) - 1
    chosen = csr_matrix((np.ones(turned.nnz, np.float32), turned.indices, turned.indptr), shape=turned.shape)
    assert interactions.ratings is not None
    assert interactions.times is not None
    moved = replace(
        interactions,
        item_ids=ids,
        chosen=chosen,
        ratings=interactions.ratings[which],
        times=interactions.times[which],
    )
    return moved, ItemFeatures(ids, {name: table[order] for name, table in features.vectors.items()})
