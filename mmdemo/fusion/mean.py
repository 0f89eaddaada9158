"""The plainest fusion."""

from typing import ClassVar

from torch import Tensor

from mmdemo.fusion.base import Fusion
from mmdemo.fusion.batch import FusionBatch
from mmdemo.fusion.stack import mean_present, shared_vectors


class Mean(Fusion):
    """`u = 1/|P| sum_{m in P} z_m` over the modalities P that are there; unit length afterwards."""

    name: ClassVar[str] = "mean"

    def _vectors(self, batch: FusionBatch) -> Tensor:
        return mean_present(*shared_vectors(batch, self.shape))
