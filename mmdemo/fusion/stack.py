"""Batches as one tensor, and the pieces most fusions are put together from."""

from collections.abc import Mapping
from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmdemo.fusion.batch import FusionBatch, FusionShape

SHORTEST = 1e-3
"""Shorter vectors are not stretched to unit length: their gradients would drown all others."""


def shared_vectors(batch: FusionBatch, shape: FusionShape) -> tuple[Tensor, Tensor]:
    """Shared vectors (B, M, D), zero where absent, and the mask (B, M)."""
    stacked = torch.stack([batch.vectors[modality][:, : shape.shared] for modality in shape.modalities], dim=1)
    return torch.where(batch.present[..., None], stacked, 0.0), batch.present


def full_vectors(batch: FusionBatch) -> list[Tensor]:
    """Shared and own vectors (B, D + d_m) of every modality, zero where absent."""
    return [
        torch.where(batch.present[:, column, None], batch.vectors[modality], 0.0)
        for column, modality in enumerate(batch.modalities)
    ]


def unit(vectors: Tensor) -> Tensor:
    """Rows scaled to length 1; those shorter than `SHORTEST` stay short, so a zero row stays zero."""
    return functional.normalize(vectors, dim=-1, eps=SHORTEST)


def shares(weights: Tensor, present: Tensor) -> Tensor:
    """Weights (M,) of at least 0 as shares (B, M) of those present, which sum to 1; where all are 0, equal shares."""
    weighed = weights * present
    total = weighed.sum(dim=1, keepdim=True)
    return torch.where(total > 0.0, weighed, present.to(weighed.dtype)) / torch.where(
        total > 0.0, total, present.sum(dim=1, keepdim=True)
    )


def share_options(options: Mapping[str, Any], shape: FusionShape) -> Tensor:
    """The options named after the modalities, as weights (M,)."""
    return torch.tensor([float(options[modality]) for modality in shape.modalities])


def masked_softmax(logits: Tensor, present: Tensor) -> Tensor:
    """Softmax (..., M) over what is there; 0 elsewhere."""
    return logits.masked_fill(~present, -torch.inf).softmax(dim=-1)


def weighted_sum(weights: Tensor, vectors: Tensor) -> Tensor:
    """`sum_m w_m z_m` (B, D) of weights (B, M) and vectors (B, M, D)."""
    return torch.einsum("bm,bmd->bd", weights, vectors)


def mean_present(vectors: Tensor, present: Tensor) -> Tensor:
    """Mean (B, D) of those of the vectors (B, M, D) that are there; absent ones are zero."""
    return vectors.sum(dim=1) / present.sum(dim=1, keepdim=True)


def silenced(layer: nn.Linear) -> nn.Linear:
    """The same layer, giving zero until it has learned something."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class Embedding(nn.Module):
    """Modalities to vectors that can be added up: `z_m = unit(s_m + R_m [s_m; n_m] + b_m)`.

    `s_m` is the shared vector and `n_m` the modality's own; `R_m` and `b_m` start at zero, so training starts from the
    shared space as it is. With start "free", `z_m = unit(R_m [s_m; n_m] + b_m)` and `R_m` is drawn at random: nothing
    of the shared space is kept but what the objective asks for. The unit length makes weights comparable.

    Args:
        shape: Of the batches.
        start: "shared" or "free".
        dropout: Chance that an input of `R_m` is hidden in training.
    """

    def __init__(self, shape: FusionShape, *, start: str, dropout: float) -> None:
        super().__init__()
        self.shape = shape
        self.keeps_shared = start == "shared"
        self.dropout = nn.Dropout(dropout)
        self.maps = nn.ModuleList(nn.Linear(shape.width(modality), shape.shared) for modality in shape.modalities)
        if self.keeps_shared:
            for layer in self.maps:
                silenced(layer)  # pyright: ignore[reportArgumentType]

    @property
    def rate(self) -> float:
        """Factor on the learning rate: maps that start from a good space leave it quickly if they may."""
        return 0.005 if self.keeps_shared else 1.0

    def forward(self, batch: FusionBatch) -> Tensor:
        """Vectors (B, M, D) of unit length, zero where absent."""
        moved = [layer(self.dropout(own)) for layer, own in zip(self.maps, full_vectors(batch), strict=True)]
        vectors = torch.stack(moved, dim=1)
        if self.keeps_shared:
            vectors = vectors + shared_vectors(batch, self.shape)[0]
        return torch.where(batch.present[..., None], unit(vectors), 0.0)


class SmallResidual(nn.Module):
    """A correction (..., D) of length below `LENGTH`: zero at the start, and never so long that weights mean nothing.

    Args:
        width: Of its input.
        shared: D.
    """

    LENGTH = 0.3

    def __init__(self, width: int, shared: int) -> None:
        super().__init__()
        self.scale = self.LENGTH / sqrt(shared)
        self.out = silenced(nn.Linear(width, shared))

    def forward(self, hidden: Tensor) -> Tensor:
        """The correction (..., D) of hidden states (..., W)."""
        return self.scale * self.out(hidden).tanh()
