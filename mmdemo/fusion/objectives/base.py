"""What all objectives share."""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from mmdemo.fusion.base import Fusion
from mmdemo.fusion.data import FusionData, IntArray


class Objective(nn.Module):
    """What a fusion is trained for, with whatever it learns beside the fusion (a head, a table of users).

    Training and validation items are described by their held-out vectors, which is what unseen items look like.

    Args:
        fusion: What will be trained.
        data: What on.
        options: See the objective's entry in `mmdemo.fusion.objectives`.
        modality_dropout: Chance that a modality of a training item is hidden, 0 to 1; one always stays.
        seed: For the first weights' companions that are drawn once: the fixed validation examples, the parts of users'
            choices.

    Attributes:
        needs_learned_fusion: Whether there is nothing to train unless the fusion itself learns.
    """

    needs_learned_fusion: ClassVar[bool] = False

    def __init__(
        self, fusion: Fusion, data: FusionData, options: Mapping[str, Any], *, modality_dropout: float, seed: int
    ) -> None:
        super().__init__()
        self.options = dict(options)
        self.modality_dropout = modality_dropout
        self.seed = seed

    @property
    def examples(self) -> Tensor:
        """(E,) numbers of the training examples; what they number is the objective's own business."""
        raise NotImplementedError

    def loss(self, fusion: Fusion, examples: Tensor) -> Tensor:
        """Training loss of a batch of examples; draws from torch's generator."""
        raise NotImplementedError

    def validation(self, fusion: Fusion) -> float | None:
        """Loss on the validation items, the same each time it is asked; None where there are none."""
        raise NotImplementedError

    def measures(self, fusion: Fusion, data: FusionData) -> dict[str, float]:
        """How well the objective is met on test items, by measure; empty where `evaluate` already says it."""
        raise NotImplementedError


def hide(present: Tensor, share: float) -> Tensor:
    """Modality dropout: `present` (B, M) with each modality hidden with probability `share`, but never all of a row's.

    Neverova et al. 2016, arXiv:1501.00102 (ModDrop). A row that would lose all keeps what it had.
    """
    kept = present & (torch.rand(present.shape, device=present.device) >= share)
    return torch.where(kept.any(dim=1, keepdim=True), kept, present)


def usable(data: FusionData, rows: IntArray, *, least: int = 1) -> IntArray:
    """Those of `rows` whose items have at least `least` modalities."""
    return rows[data.present[rows].sum(axis=1) >= least]
