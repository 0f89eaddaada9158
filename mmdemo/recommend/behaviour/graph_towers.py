"""Training of one tower of the multimodal graph: vectors of items from who chose them and what they are like."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import csr_matrix
from torch.nn.functional import cross_entropy, normalize

from mmdemo.recommend.behaviour.graph_propagation import Graph, product
from mmdemo.training import seeded
from mmdemo.types import FloatArray

_SPREAD = 0.05
"""Standard deviation of the items' own vectors at the start; they begin as mostly what the features say."""
_MOST_LEFT_OUT = 10
"""At most one edge in so many is drawn for a step, so that enough of a small graph is left."""


@dataclass(frozen=True, slots=True)
class TowerPlan:
    """How a tower is built and trained.

    Args:
        size: Of the vectors, D.
        temperature: What the cosine is divided by.
        keep: Weight of an item's own start beside its neighbours' by content, from 0 to 1.
        steps: Of the optimiser.
        batch: Edges a step.
        learning_rate: Of Adam.
    """

    size: int
    temperature: float
    keep: float
    steps: int
    batch: int
    learning_rate: float


@dataclass(frozen=True, slots=True, eq=False)
class TowerData:
    """What all towers learn from.

    Args:
        users: (E,) of each choice, ascending.
        items: (E,)
        shape: How many users and items.
        tables: Features (N, W) of items, rows of length 1 or 0.
        alike: (N, N) graph by content.
        bias: (N,) float32 that is added to every score.
    """

    users: npt.NDArray[np.intp]
    items: npt.NDArray[np.intp]
    shape: tuple[int, int]
    tables: Sequence[FloatArray]
    alike: csr_matrix
    bias: FloatArray

    def chances(self) -> npt.NDArray[np.float64]:
        """(E,) with which a choice is drawn: every user alike, however many choices it has."""
        chances = 1 / np.bincount(self.users)[self.users]
        return chances / chances.sum()


class Tower(torch.nn.Module):
    """Vectors of items: one of their own and a linear projection of each table, smoothed by content and by choices.

    A user is the sum of its items' vectors e, so that with G the graph of choices and `W = G'G` the sums over two
    layers of LightGCN, from layer 0 on, come to `G (2e + W e)` for users and `e + 2 W e` for items.
    """

    def __init__(self, items: int, tables: Sequence[FloatArray], size: int) -> None:
        super().__init__()
        self.own = torch.nn.Parameter(torch.randn(items, size) * _SPREAD)
        self.projections = torch.nn.ParameterList(
            [torch.randn(table.shape[1], size) / table.shape[1] ** 0.5 for table in tables]
        )
        self.tables = [torch.from_numpy(np.ascontiguousarray(table, np.float32)) for table in tables]

    def sources(self) -> list[torch.Tensor]:
        """What vectors (N, D) are the sum of: own, then one a table."""
        return [self.own, *(table @ by for table, by in zip(self.tables, self.projections, strict=True))]


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What is left of a tower.

    Args:
        liked: (1 + tables, N, D) float32 by source; sums of these over a history, without regard to length, are users.
        offered: (N, D) float32 of length 1.
    """

    liked: FloatArray
    offered: FloatArray

    @classmethod
    def of(cls, tower: Tower, data: TowerData, plan: TowerPlan) -> Self:
        """The vectors on the graph of all choices."""
        graph = Graph.of(data.users, data.items, data.shape)
        degree = np.maximum(np.bincount(data.items, minlength=data.shape[1]), 1).astype(np.float32)
        with torch.no_grad():
            pairs = [_both(smoothed(source, data, plan), graph) for source in tower.sources()]
            liked = torch.stack([liked for liked, _ in pairs]).numpy() * (degree**-0.5)[None, :, None]
            return cls(
                liked.astype(np.float32),
                normalize(torch.stack([offered for _, offered in pairs]).sum(0), dim=1).numpy(),
            )


def train_tower(data: TowerData, plan: TowerPlan, *, seed: int, step: Callable[[int], None]) -> Trained:
    """Train by cross-entropy over all items on choices that are left out of the graph while they are foretold.

    Args:
        data: What to learn from.
        plan: How.
        seed: For the start and the draws.
        step: Told the number of each step before it is taken.
    """
    rng, chances = np.random.default_rng(seed), data.chances()
    batch = min(plan.batch, max(1, len(data.users) // _MOST_LEFT_OUT))
    with seeded(seed):
        tower = Tower(data.shape[1], data.tables, plan.size)
        optimizer = torch.optim.Adam(tower.parameters(), lr=plan.learning_rate)
        for number in range(plan.steps):
            step(number)
            optimizer.zero_grad()
            _loss(tower, data, plan, rng.choice(len(chances), batch, p=chances)).backward()
            optimizer.step()
        return Trained.of(tower, data, plan)


def smoothed(source: torch.Tensor, data: TowerData, plan: TowerPlan) -> torch.Tensor:
    """Vectors (N, D) mixed with those of items alike by content."""
    return plan.keep * source + (1 - plan.keep) * product(data.alike, data.alike, source)


def _both(start: torch.Tensor, graph: Graph) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors (N, D) of items as liked and as offered."""
    passed_on = graph.between_items(start)
    return 2 * start + passed_on, start + 2 * passed_on


def _loss(tower: Tower, data: TowerData, plan: TowerPlan, drawn: npt.NDArray[np.intp]) -> torch.Tensor:
    kept = np.ones(len(data.users), np.bool_)
    kept[drawn] = False
    graph = Graph.of(data.users[kept], data.items[kept], data.shape)
    liked, offered = _both(smoothed(torch.stack(tower.sources()).sum(0), data, plan), graph)
    users = normalize(graph.of_some(data.users[drawn], liked), dim=1)
    scores = users @ normalize(offered, dim=1).T / plan.temperature + torch.from_numpy(data.bias)
    return cross_entropy(scores, torch.from_numpy(data.items[drawn]))
