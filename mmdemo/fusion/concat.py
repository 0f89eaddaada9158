"""Side by side, then one linear map."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from mmdemo.fusion.base import Fusion, Options
from mmdemo.fusion.batch import FusionBatch, FusionShape
from mmdemo.fusion.stack import shared_vectors


class Concat(Fusion):
    """`u = C [z_t; z_i; z_a]`, unit length afterwards; an absent modality's block is zero (Ngiam et al. 2011).

    `C` (D, M D) is learned and starts as `[I I I]`, which is the sum.
    """

    name: ClassVar[str] = "concat"

    def __init__(self, shape: FusionShape, options: Options) -> None:
        super().__init__(shape, options)
        self.mix = nn.Linear(shape.shared * len(shape.modalities), shape.shared, bias=False)
        with torch.no_grad():
            self.mix.weight.copy_(torch.eye(shape.shared).repeat(1, len(shape.modalities)))

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """See `Fusion.rates`: the map is large and starts from a good space."""
        return [(list(self.parameters()), 0.02)]

    def _vectors(self, batch: FusionBatch) -> Tensor:
        return self.mix(shared_vectors(batch, self.shape)[0].flatten(start_dim=1))
