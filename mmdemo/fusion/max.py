"""The strongest modality in every direction."""

from typing import ClassVar

import torch
from torch import Tensor

from mmdemo.fusion.base import Fusion
from mmdemo.fusion.batch import FusionBatch
from mmdemo.fusion.stack import shared_vectors


class Max(Fusion):
    """`u_d = max_{m in P} z_md` over the modalities P that are there; unit length afterwards."""

    name: ClassVar[str] = "max"

    def _vectors(self, batch: FusionBatch) -> Tensor:
        stacked, present = shared_vectors(batch, self.shape)
        return stacked.masked_fill(~present[..., None], -torch.inf).amax(dim=1)
