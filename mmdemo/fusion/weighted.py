"""One weight a modality for all items, chosen or learned."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from mmdemo.fusion.base import Fusion, Options
from mmdemo.fusion.batch import FusionBatch, FusionShape
from mmdemo.fusion.stack import masked_softmax, share_options, shared_vectors, shares, weighted_sum


class Weighted(Fusion):
    """`u = sum_{m in P} w_m z_m / sum_{m in P} w_m` over the modalities P that are there; unit length afterwards.

    Learned weights are `w_m = exp(theta_m)` and start at the chosen ones.
    """

    name: ClassVar[str] = "weighted"
    LEAST = 0.01
    """Where a learned weight starts that was chosen to be 0; a weight of 0 could never grow."""

    def __init__(self, shape: FusionShape, options: Options) -> None:
        super().__init__(shape, options)
        chosen = share_options(options, shape)
        if options["learned"]:
            self.logits = nn.Parameter(chosen.clamp_min(self.LEAST).log())
        else:
            self.register_buffer("chosen", chosen)

    def _fused(self, batch: FusionBatch) -> tuple[Tensor, Tensor]:
        stacked, present = shared_vectors(batch, self.shape)
        if self.options["learned"]:
            weights = masked_softmax(self.logits.expand(present.shape), present)
        else:
            weights = shares(torch.as_tensor(self.chosen), present)
        return weighted_sum(weights, stacked), weights
