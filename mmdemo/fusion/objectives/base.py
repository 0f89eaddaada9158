"""What all objectives share."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from mmdemo.fusion.base import Fusion
from mmdemo.fusion.batch import FusionBatch
from mmdemo.fusion.data import FusionData, IntArray

_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class Setup:
    """What every objective is made of.

    Args:
        data: What to train on.
        options: See the objective's entry in `mmdemo.fusion.objectives`.
        modality_dropout: Chance that a modality of a training item is hidden, 0 to 1; one always stays.
        seed: For what is drawn once, such as the parts of users' choices.
        device: Where to compute.
    """

    data: FusionData
    options: Mapping[str, Any]
    modality_dropout: float = 0.0
    seed: int = 0
    device: torch.device | str = "cpu"


class Objective(nn.Module):
    """What a fusion is trained for, with whatever is learned beside the fusion (a head, a table of users).

    Training and validation items are described by their held-out vectors, which is what unseen items look like.

    Attributes:
        setup: What it was made of.
        examples: How many training examples there are; `loss` is asked with their numbers, from 0.
        checks: How many validation examples there are.
        needs_learned_fusion: Whether there is nothing to train unless the fusion itself learns.
    """

    needs_learned_fusion: ClassVar[bool] = False
    examples: int
    checks: int

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self.setup = setup

    @abstractmethod
    def loss(self, fusion: Fusion, examples: Tensor) -> Tensor:
        """Training loss of a batch of examples (B,); draws from torch's generator."""

    @abstractmethod
    def validation(self, fusion: Fusion) -> float:
        """Loss on the validation examples, of which there is at least one; the same whenever it is asked."""

    @abstractmethod
    def measures(self, fusion: Fusion, data: FusionData) -> dict[str, float]:
        """How well the objective is met on test items, by measure; what cannot be measured is left out."""

    def batch(self, rows: IntArray) -> FusionBatch:
        """Items at `rows` (B,) of the training data, held out, on the device."""
        return self.setup.data.batch(rows, held_out=True, device=self.setup.device)

    def hide(self, batch: FusionBatch) -> FusionBatch:
        """Modality dropout: each modality is hidden by chance (Neverova et al. 2016, arXiv:1501.00102).

        A row that would lose all keeps what it had.
        """
        present = batch.present
        kept = present & (torch.rand(present.shape, device=present.device) >= self.setup.modality_dropout)
        return batch.only(torch.where(kept.any(dim=1, keepdim=True), kept, present))


def usable(data: FusionData, rows: IntArray, *, least: int = 1) -> IntArray:
    """Those of `rows` whose items have at least `least` modalities."""
    return rows[data.present[rows].sum(axis=1) >= least]


def device_of(module: nn.Module) -> torch.device:
    """Where its parameters are; the processor where it has none."""
    return next((parameter.device for parameter in module.parameters()), torch.device("cpu"))


def vectors_of(fusion: Fusion, data: FusionData, rows: IntArray) -> Tensor:
    """Fused vectors (B, D) of items (B,), at least one, as the index would hold them; without gradients."""
    blocks = [rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE)]
    with torch.no_grad():
        return torch.cat([fusion.vectors(data.batch(block, device=device_of(fusion))) for block in blocks])
