"""The weighted average of one list a modality."""

from typing import ClassVar

from torch import Tensor

from mmdemo.fusion.base import Fusion
from mmdemo.fusion.batch import FusionBatch
from mmdemo.fusion.stack import mean_present, share_options, shared_vectors, shares, unit, weighted_sum


class LateAverage(Fusion):
    """`s(q, i) = sum_{m in P} w_m cos(z_m(q), v(i)) / sum_{m in P} w_m`, with the item's `v = mean of its z_m`.

    Cosines of several vectors with one are averaged by averaging the vectors, so this costs one matrix product. With
    equal weights the order is that of the mean; the scores tell how well the modalities of the query agree.
    """

    name: ClassVar[str] = "late-average"

    def _vectors(self, batch: FusionBatch) -> Tensor:
        vectors, present = shared_vectors(batch, self.shape)
        weights = share_options(self.options, self.shape).to(vectors.device)
        return weighted_sum(shares(weights, present), unit(vectors))

    def index(self, items: FusionBatch) -> Tensor:
        """Unit means (N, D): the weights are of the query's lists, not of what items are made of."""
        self.check(items)
        return unit(mean_present(*shared_vectors(items, self.shape)))

    def score(self, queries: FusionBatch, index: Tensor) -> Tensor:
        """Weighted average cosines (B, N)."""
        self.check(queries)
        return self._vectors(queries) @ index.T
