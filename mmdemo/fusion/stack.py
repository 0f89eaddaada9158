"""Batches as one tensor."""

import torch
from torch import Tensor

from mmdemo.fusion.batch import FusionBatch, FusionShape


def shared_vectors(batch: FusionBatch, shape: FusionShape) -> tuple[Tensor, Tensor]:
    """Shared vectors (B, M, D), zero where absent, and the mask (B, M)."""
    stacked = torch.stack([batch.vectors[modality][:, : shape.shared] for modality in shape.modalities], dim=1)
    return torch.where(batch.present[..., None], stacked, 0.0), batch.present
