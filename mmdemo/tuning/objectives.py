"""What is learned: which tags an item carries, or which text goes with it."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mmdemo.tuning.examples import Examples
from mmdemo.tuning.scores import Scores, score_pairs, score_tags
from mmdemo.types import FloatArray

FIRST_TEMPERATURE, LOWEST_TEMPERATURE = 0.07, 0.01  # Radford et al. 2021, "CLIP", section 2.5


class Objective(nn.Module):
    """A network with what is on top of it while it learns.

    Args:
        network: Windows (B, ...) to features (B, D).
        width: D.
        outputs: Width of the targets.
        dropout: Share of the features that is left out in each step.
    """

    def __init__(self, network: nn.Module, width: int, outputs: int, *, dropout: float) -> None:
        super().__init__()
        self.network = network
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, outputs)

    def forward(self, windows: Tensor) -> Tensor:
        """Answers (B, outputs) to windows."""
        return self.answer(self.network(windows))

    def answer(self, features: Tensor) -> Tensor:
        """Answers (B, outputs) to features (B, D)."""
        return self.head(self.dropout(features))

    def loss(self, answers: Tensor, targets: Tensor, groups: Tensor) -> Tensor:
        """Mean loss of answers (B, outputs) beside targets of the same shape and groups (B,)."""
        raise NotImplementedError

    def score(self, answers: FloatArray, examples: Examples, *, seed: int) -> Scores:
        """How good answers (N, outputs) to all items are; takes one item a group, which chance is reckoned with."""
        raise NotImplementedError


class TagObjective(Objective):
    """Each tag a yes or no of its own: binary cross-entropy."""

    def loss(self, answers: Tensor, targets: Tensor, groups: Tensor) -> Tensor:  # noqa: ARG002 - see Objective
        """See `Objective.loss`."""
        return functional.binary_cross_entropy_with_logits(answers, targets)

    def score(self, answers: FloatArray, examples: Examples, *, seed: int) -> Scores:
        """Mean average precision of the tags."""
        first = np.unique(examples.groups, return_index=True)[1]
        return score_tags(answers[first], examples.targets[first], seed=seed)


class PairObjective(Objective):
    """The item's own text among those of the batch: symmetric InfoNCE (Radford et al. 2021, figure 3).

    Deviation: items of the same text in one batch count as right answers for each other, in equal shares.
    """

    def __init__(self, network: nn.Module, width: int, outputs: int, *, dropout: float) -> None:
        super().__init__(network, width, outputs, dropout=dropout)
        self.log_scale = nn.Parameter(torch.tensor(-np.log(FIRST_TEMPERATURE), dtype=torch.float32))

    def loss(self, answers: Tensor, targets: Tensor, groups: Tensor) -> Tensor:
        """See `Objective.loss`."""
        scale = self.log_scale.clamp(max=-np.log(LOWEST_TEMPERATURE)).exp()
        logits = scale * functional.normalize(answers, dim=-1) @ targets.T
        same = (groups[:, None] == groups[None, :]).float()
        right = same / same.sum(1, keepdim=True)
        return (functional.cross_entropy(logits, right) + functional.cross_entropy(logits.T, right)) / 2

    def score(self, answers: FloatArray, examples: Examples, *, seed: int) -> Scores:
        """Share of the other texts that lie farther from the item than its own."""
        first = np.unique(examples.groups, return_index=True)[1]
        unit = answers[first] / np.linalg.norm(answers[first], axis=1, keepdims=True).clip(1e-12)
        return score_pairs(unit @ examples.targets[first].T, seed=seed)


OBJECTIVES: dict[str, Callable[..., Objective]] = {"tags": TagObjective, "pairs": PairObjective}
