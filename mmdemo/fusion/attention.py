"""Modalities weighed by what is in them."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from mmdemo.fusion.base import Fusion, Options
from mmdemo.fusion.batch import AttentionMap, FusionBatch, FusionShape
from mmdemo.fusion.stack import Embedding, masked_softmax, weighted_sum


class Attention(Fusion):
    """`alpha = softmax_{m in P}(q.tanh(W z_m) + c_m)`, `u = sum_m alpha_m z_m` (additive attention, Bahdanau 2015).

    `z_m` is as in `Embedding`; `c_m` is how much a modality counts whatever is in it. `q` and `c` start at zero: at the
    start this is the mean.
    """

    name: ClassVar[str] = "attention"

    def __init__(self, shape: FusionShape, options: Options) -> None:
        super().__init__(shape, options)
        self.embedding = Embedding(shape, start=options["start"], dropout=options["dropout"])
        self.keys = nn.Linear(shape.shared, options["hidden"], bias=False)
        self.query = nn.Parameter(torch.zeros(options["hidden"]))
        self.bias = nn.Parameter(torch.zeros(len(shape.modalities)))

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """See `Fusion.rates`."""
        return [
            (list(self.embedding.parameters()), self.embedding.rate),
            (list(self.keys.parameters()), 0.2),
            ([self.query, self.bias], 1.0),
        ]

    def _fused(self, batch: FusionBatch) -> tuple[Tensor, Tensor]:
        vectors = self.embedding(batch)
        logits = self.keys(vectors).tanh() @ self.query + self.bias
        weights = masked_softmax(logits, batch.present)
        return weighted_sum(weights, vectors), weights

    def attention(self, batch: FusionBatch) -> tuple[AttentionMap, ...]:
        """The weights, as one layer of one head."""
        self.check(batch)
        names = tuple(str(modality) for modality in self.shape.modalities)
        return (AttentionMap("pooling", self._fused(batch)[1][:, None, None, :], ("item",), names),)
