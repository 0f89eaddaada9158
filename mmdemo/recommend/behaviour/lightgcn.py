"""LightGCN: vectors of people and items, averaged over the graph that joins them."""

from typing import ClassVar, Self

import numpy as np
import torch

from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.base import Options, Settings, rows_of
from mmdemo.recommend.behaviour.graph_propagation import Graph, product
from mmdemo.recommend.behaviour.linear import back_off
from mmdemo.recommend.behaviour.low_rank import LowRank
from mmdemo.recommend.behaviour.pairwise import Pairs, ranking_loss, squares, train_pairs
from mmdemo.training import Plan, seeded

_SPREAD = 0.1


class LightGcn(LowRank):
    """He et al. 2020, "LightGCN", equations 3 to 8 and 15: mean over layers of `D_u^-1/2 A D_i^-1/2`, trained by BPR.

    A history has no vector of its own: it is scored by what its items pass on to it in layers 1 to K, so that
    `scores = r D_i^-1/2 (e_0 + ... + e_(K-1)) (e_0 + ... + e_K)'` with e_k the items' vectors in layer k, scaled alike
    for all items. Users known from training are scored the same way. Without a history the most chosen come first.
    """

    name: ClassVar[str] = "lightgcn"

    @classmethod
    def fit(
        cls,
        train: Interactions,
        features: ItemFeatures | None,  # noqa: ARG003
        options: Options,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Self:
        """See `BehaviourModel.fit`."""
        size = len(train.user_ids), len(train.item_ids)
        graph = Graph.of(train.users, train.items, size)
        with seeded(seed):
            network = _Network(graph, int(options["size"]), int(options["layers"]))
        pairs, ridge = Pairs(train, seed=seed), float(options["ridge"])

        def loss(drawn: torch.Tensor, _: float) -> torch.Tensor:
            users, liked, other = pairs.of(drawn)
            by_user, by_item = (torch.stack(layers).mean(0) for layers in network.layers())
            scores = [(by_user[users] * by_item[items]).sum(1) for items in (liked, other)]
            starts = (network.users[users], network.items[liked], network.items[other])
            return ranking_loss(*scores) + ridge / 2 * squares(starts) / len(drawn)

        plan = Plan(int(options["epochs"]), int(options["batch"]), float(options["learning_rate"]))
        train_pairs(network, loss, train, plan=plan, seed=seed, progress=progress, name="LightGCN")
        with torch.no_grad():
            layers = [layer.numpy() for layer in network.layers()[1]]
        degree = np.maximum(np.bincount(train.items, minlength=size[1]), 1).astype(np.float32)
        liked = np.sum(layers[:-1], axis=0) / np.sqrt(degree)[:, None]
        offered = np.mean(layers, axis=0)
        return cls(Settings(train.item_ids, options), back_off(train), liked, offered)


class _Network(torch.nn.Module):
    def __init__(self, graph: Graph, size: int, layers: int) -> None:
        super().__init__()
        self.graph, self.count = graph, layers
        self.users = torch.nn.Parameter(torch.randn(rows_of(graph.to_users), size) * _SPREAD)
        self.items = torch.nn.Parameter(torch.randn(rows_of(graph.to_items), size) * _SPREAD)

    def layers(self) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Vectors of users and of items, from layer 0 on."""
        users: list[torch.Tensor] = [self.users]
        items: list[torch.Tensor] = [self.items]
        to_users, to_items = self.graph.to_users, self.graph.to_items
        for _ in range(self.count):
            after = product(to_users, to_items, items[-1]), product(to_items, to_users, users[-1])
            users.append(after[0])
            items.append(after[1])
        return users, items
