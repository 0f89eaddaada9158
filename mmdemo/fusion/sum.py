"""Evidence that adds up."""

from typing import ClassVar

from torch import Tensor

from mmdemo.fusion.base import Fusion
from mmdemo.fusion.batch import FusionBatch
from mmdemo.fusion.stack import shared_vectors


class Sum(Fusion):
    """`u = sum_{m in P} z_m` over the modalities P that are there.

    Its direction is the mean's. Its length is kept in the index, where it is evidence: of two items in the same
    direction, the one with more modalities that agree scores higher.
    """

    name: ClassVar[str] = "sum"

    def _vectors(self, batch: FusionBatch) -> Tensor:
        return shared_vectors(batch, self.shape)[0].sum(dim=1)

    def index(self, items: FusionBatch) -> Tensor:
        """Sums (N, D) at their full length, from 0 to M."""
        self.check(items)
        return self._vectors(items)
