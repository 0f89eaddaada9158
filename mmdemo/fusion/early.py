"""All features into one network."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from mmdemo.fusion.base import Fusion, Options
from mmdemo.fusion.batch import FusionBatch, FusionShape
from mmdemo.fusion.stack import full_vectors, mean_present, shared_vectors, silenced


class Early(Fusion):
    """`u = mean_{m in P} s_m + V GELU(W [x_t; x_i; x_a; p] + b) + c`, unit length afterwards.

    `x_m = [s_m; n_m]` are all features of a modality, zero where it is absent, and `p` (M,) says which are there.
    `V` and `c` start at zero: at the start this is the mean.
    """

    name: ClassVar[str] = "early"

    def __init__(self, shape: FusionShape, options: Options) -> None:
        super().__init__(shape, options)
        features = sum(shape.width(modality) + 1 for modality in shape.modalities)
        self.network = nn.Sequential(
            nn.Dropout(options["dropout"]),
            nn.Linear(features, options["hidden"]),
            nn.GELU(),
            nn.Dropout(options["dropout"]),
            silenced(nn.Linear(options["hidden"], shape.shared)),
        )

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """See `Fusion.rates`."""
        return [(list(self.parameters()), 0.2)]

    def _vectors(self, batch: FusionBatch) -> Tensor:
        stacked, present = shared_vectors(batch, self.shape)
        features = torch.cat([*full_vectors(batch), present.to(stacked.dtype)], dim=1)
        return mean_present(stacked, present) + self.network(features)
