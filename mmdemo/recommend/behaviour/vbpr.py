"""VBPR: matrix factorisation in which part of an item's vector is a projection of its features."""

from typing import ClassVar, Self

import numpy as np
import torch

from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.base import Options, Settings
from mmdemo.recommend.behaviour.fold_in import FoldedIn, folded_in
from mmdemo.recommend.behaviour.pairwise import Pairs, ranking_loss, squares, train_pairs
from mmdemo.training import Plan, seeded
from mmdemo.types import FloatArray

_SPREAD = 0.1


class Vbpr(FoldedIn):
    """He & McAuley 2016, "VBPR", equation 4, trained by BPR (equation 6).

    `x_ui = b_i + g_u g_i + t_u (E f_i) + b' f_i`: g are vectors of users and items, E and b' project the item's
    features f, all tables side by side. The vector (g_u, t_u) of somebody new is foretold from the mean of the vectors
    (g_i, E f_i) of its history by ridge regression over the users in training, who are scored the same way.
    """

    name: ClassVar[str] = "vbpr"

    @classmethod
    def fit(
        cls,
        train: Interactions,
        features: ItemFeatures | None,
        options: Options,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Self:
        """See `BehaviourModel.fit`."""
        with seeded(seed):
            network = _Network(len(train.user_ids), _stacked(features), int(options["size"]))
        pairs, ridge = Pairs(train, seed=seed), float(options["ridge"])

        def loss(drawn: torch.Tensor, _: float) -> torch.Tensor:
            users, liked, other = pairs.of(drawn)
            by_user, offered, bias = network.users[users], network.offered(), network.bias()
            scores = [(by_user * offered[items]).sum(1) + bias[items] for items in (liked, other)]
            held = (by_user, network.items[liked], network.items[other], network.of_item[liked], network.of_item[other])
            return ranking_loss(*scores) + ridge / 2 * squares(held) / len(drawn)

        plan = Plan(int(options["epochs"]), int(options["batch"]), float(options["learning_rate"]))
        train_pairs(network, loss, train, plan=plan, seed=seed, progress=progress, name="VBPR")
        with torch.no_grad():
            offered, bias, users = network.offered().numpy(), network.bias().numpy(), network.users.numpy()
        liked, average = folded_in(train.chosen, offered, users)
        return cls(Settings(train.item_ids, options), liked, offered, bias + offered @ average)


class _Network(torch.nn.Module):
    """Users (U, 2D), items (N, D), and D directions of the features (N, W)."""

    def __init__(self, users: int, table: FloatArray, size: int) -> None:
        super().__init__()
        self.table = torch.from_numpy(table)
        self.users = torch.nn.Parameter(torch.randn(users, 2 * size) * _SPREAD)
        self.items = torch.nn.Parameter(torch.randn(len(table), size) * _SPREAD)
        self.projection = torch.nn.Parameter(torch.randn(table.shape[1], size) / table.shape[1] ** 0.5)
        self.of_item = torch.nn.Parameter(torch.zeros(len(table)))
        self.of_features = torch.nn.Parameter(torch.zeros(table.shape[1]))

    def offered(self) -> torch.Tensor:
        """Vectors (N, 2D) of items: their own, and the projected features."""
        return torch.cat([self.items, self.table @ self.projection], dim=1)

    def bias(self) -> torch.Tensor:
        """What is added (N,) whoever asks."""
        return self.of_item + self.table @ self.of_features


def _stacked(features: ItemFeatures | None) -> FloatArray:
    """All tables (N, W) side by side, each less its mean and with rows of length 1 on average; 0 where it has none."""
    if features is None:
        raise InteractionsError(
            "no features", expected="at least one table of features is needed", remedy="choose another model"
        )
    tables = []
    for table in features.vectors.values():
        there = (table != 0).any(axis=1)
        if there.any():
            centred = np.where(there[:, None], table - table[there].mean(axis=0), 0)
            tables.append(centred / max(float(np.linalg.norm(centred, axis=1)[there].mean()), 1e-9))
    return np.concatenate(tables, axis=1).astype(np.float32)
