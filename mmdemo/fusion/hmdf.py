"""Three networks, and what to believe of each."""

from dataclasses import replace
from itertools import chain
from typing import ClassVar

import torch
from torch import Tensor, nn

from mmdemo.fusion.base import Fusion, Options
from mmdemo.fusion.batch import AttentionMap, FusionBatch, FusionShape
from mmdemo.fusion.gat import GAT
from mmdemo.fusion.mmnn import MMNN
from mmdemo.fusion.transformer import Transformer


class HMDF(Fusion):
    """`u = sum_k beta_k u_k`, `beta = softmax(theta)`, over the MMNN, the Transformer and the GAT, trained together.

    Weights are the same mixture of theirs. The Transformer's decoder adds its share of a score too.
    """

    name: ClassVar[str] = "hmdf"

    def __init__(self, shape: FusionShape, options: Options) -> None:
        super().__init__(shape, options)
        self.mmnn = MMNN(shape, options)
        self.transformer = Transformer(shape, options)
        self.gat = GAT(shape, options)
        self.trust = nn.Parameter(torch.zeros(3))

    @property
    def _members(self) -> tuple[Fusion, ...]:
        return self.mmnn, self.transformer, self.gat

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """See `Fusion.rates`."""
        return [*chain.from_iterable(member.rates() for member in self._members), ([self.trust], 1.0)]

    def _vectors(self, batch: FusionBatch) -> Tensor:
        return self._mixed([member.vectors(batch) for member in self._members])

    def _fused(self, batch: FusionBatch) -> tuple[Tensor, Tensor]:
        found = [member(batch) for member in self._members]
        return self._mixed([one.vectors for one in found]), self._mixed([one.weights for one in found])

    def _mixed(self, tables: list[Tensor]) -> Tensor:
        """`sum_k beta_k T_k` of one table (B, ...) a member."""
        return torch.einsum("k,kbd->bd", self.trust.softmax(dim=0), torch.stack(tables))

    def score(self, queries: FusionBatch, index: Tensor) -> Tensor:
        """Cosine plus the decoder's share (B, N)."""
        trust = self.trust.softmax(dim=0)[1]
        return super().score(queries, index) + trust * self.transformer.decoded(queries, index)

    def attention(self, batch: FusionBatch) -> tuple[AttentionMap, ...]:
        """That of the Transformer and of the GAT."""
        self.check(batch)
        return tuple(
            replace(found, layer=f"{member.name}: {found.layer}")
            for member in (self.transformer, self.gat)
            for found in member.attention(batch)
        )

    def cross_attention(self, queries: FusionBatch, index: Tensor) -> AttentionMap:
        """That of the Transformer's decoder."""
        return self.transformer.cross_attention(queries, index)
