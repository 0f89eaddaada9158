"""Early and late fusion, and a gate between them."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from mmdemo.fusion.base import Fusion, Options
from mmdemo.fusion.batch import FusionBatch, FusionShape
from mmdemo.fusion.early import Early
from mmdemo.fusion.late_average import LateAverage
from mmdemo.fusion.stack import mean_present, shared_vectors, silenced


class Hybrid(Fusion):
    """`s(q, i) = g(q) s_early(q, i) + (1 - g(q)) s_late(q, i)`, `g = sigmoid(w.[p; mean z] + b)`.

    The gate sees which modalities the query has and what it is about, and starts at one half. A single vector, where
    one is asked for, is `u = g u_early + (1 - g) u_late`.
    """

    name: ClassVar[str] = "hybrid"

    def __init__(self, shape: FusionShape, options: Options) -> None:
        super().__init__(shape, options)
        self.early = Early(shape, options)
        self.late = LateAverage(shape, options)
        self.gate = silenced(nn.Linear(len(shape.modalities) + shape.shared, 1))

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """See `Fusion.rates`."""
        return [*self.early.rates(), (list(self.gate.parameters()), 1.0)]

    def _open(self, batch: FusionBatch) -> Tensor:
        """Share (B, 1) of early fusion."""
        vectors, present = shared_vectors(batch, self.shape)
        seen = torch.cat([present.to(vectors.dtype), mean_present(vectors, present)], dim=1)
        return self.gate(seen).sigmoid()

    def _vectors(self, batch: FusionBatch) -> Tensor:
        share = self._open(batch)
        return share * self.early.vectors(batch) + (1.0 - share) * self.late.vectors(batch)

    def index(self, items: FusionBatch) -> Tensor:
        """The early and the late index side by side (N, 2 D)."""
        return torch.cat([self.early.index(items), self.late.index(items)], dim=1)

    def score(self, queries: FusionBatch, index: Tensor) -> Tensor:
        """Gated scores (B, N)."""
        self.check(queries)
        share = self._open(queries)
        early, late = index.split(self.shape.shared, dim=1)
        return share * self.early.score(queries, early) + (1.0 - share) * self.late.score(queries, late)
