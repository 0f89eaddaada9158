"""Training on pairs: what somebody chose comes before something that it did not."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import torch

from mmdemo.interactions import Interactions
from mmdemo.progress import Progress
from mmdemo.training import Loss, Plan, Player, train

_LEAST_BATCHES = 8
"""Steps of an epoch where there are fewer choices than that many batches."""
_TRIES = 8
"""Draws of an item that a user did not choose; after them it may be one that it chose."""


class Pairs:
    """Choices, each with an item that its user did not choose.

    Args:
        data: Choices.
        seed: For the draws.
    """

    def __init__(self, data: Interactions, *, seed: int) -> None:
        self.users, self.items, self.count = data.users, data.items, len(data.item_ids)
        self._codes = self.users * self.count + self.items
        self._rng = np.random.default_rng(seed)

    def of(self, drawn: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Users, what they chose, and what not, (B,) each, of the choices with these numbers."""
        users, liked = self.users[drawn.numpy()], self.items[drawn.numpy()]
        other = self._rng.integers(self.count, size=len(users))
        for _ in range(_TRIES):
            wrong = np.flatnonzero(self._chose(users, other))
            if not len(wrong):
                break
            other[wrong] = self._rng.integers(self.count, size=len(wrong))
        return torch.from_numpy(users), torch.from_numpy(liked), torch.from_numpy(other)

    def _chose(self, users: npt.NDArray[np.intp], items: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
        codes = users * self.count + items
        places = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        return self._codes[places] == codes


def ranking_loss(liked: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """`-log sigmoid(liked - other)` of scores (B,), averaged (Rendle et al. 2009, BPR-Opt)."""
    return -torch.nn.functional.logsigmoid(liked - other).mean()


def squares(parts: Iterable[torch.Tensor]) -> torch.Tensor:
    """Sum of the squares of all numbers, which keeps vectors short."""
    return torch.stack([part.square().sum() for part in parts]).sum()


def train_pairs(
    model: torch.nn.Module, loss: Loss, data: Interactions, *, plan: Plan, seed: int, progress: Progress, name: str
) -> None:
    """Train on all choices in batches of at most `plan.batch`, several an epoch.

    Args:
        model: Holds all parameters.
        loss: Of a batch of numbers of choices.
        data: Choices.
        plan: How long and how fast.
        seed: For the order.
        progress: Told of each step.
        name: Of the model, for people.
    """
    batch = min(plan.batch, -(-len(data) // _LEAST_BATCHES))
    fitting = Plan(plan.epochs, batch, plan.learning_rate, weight_decay=0.0, schedule="constant")
    players = [Player(loss, [(list(model.parameters()), 1.0)])]
    train(model, players, torch.arange(len(data)), plan=fitting, seed=seed, progress=progress, name=name)
