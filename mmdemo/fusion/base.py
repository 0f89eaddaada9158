"""What all fusions share: checks, exact contributions, scoring."""

from collections.abc import Mapping
from itertools import chain, combinations
from math import factorial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmdemo.errors import FusionError
from mmdemo.fusion.batch import AttentionMap, Fused, FusionBatch, FusionShape

Options = Mapping[str, Any]
"""Settings of a fusion by name; what is left out has the default of its `FusionSpec`."""


class Fusion(nn.Module):
    """Many modalities, any of them missing, to one vector.

    A subclass writes `_vectors`; one that weighs modalities by attention writes `_fused`, and `attention` too. A row's
    result depends on no other row.

    Args:
        shape: What it will be given.
        options: See the fusion's entry in `mmdemo.fusion.table`.

    Attributes:
        shape: The same.
    """

    name: ClassVar[str]

    def __init__(self, shape: FusionShape, options: Options) -> None:
        super().__init__()
        self.shape = shape
        self.options = dict(options)

    def _vectors(self, batch: FusionBatch) -> Tensor:
        """Fused vectors (B, D), of any length; every row has at least one modality."""
        return self._fused(batch)[0]

    def _fused(self, batch: FusionBatch) -> tuple[Tensor, Tensor]:
        """The same and the weight (B, M) of each modality; by default its exact contribution."""
        return self._vectors(batch), self.contributions(batch)

    @property
    def parameters_count(self) -> int:
        """How many numbers training may change."""
        return sum(parameter.numel() for parameter in self.parameters())

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """Every parameter once, in groups, with the factor on the learning rate of each group.

        Maps that start from a good space overfit within a few steps where a handful of weights has hardly moved.
        """
        return [(list(self.parameters()), 1.0)]

    def attention(self, batch: FusionBatch) -> tuple[AttentionMap, ...]:
        """Attention per layer and head; nothing for fusions without."""
        self.check(batch)
        return ()

    def forward(self, batch: FusionBatch) -> Fused:
        """Fused vectors and weights.

        Raises:
            FusionError: A row has no modality at all, or the batch is not of this fusion's shape.
        """
        self.check(batch)
        vectors, weights = self._fused(batch)
        return Fused(_scaled(vectors), weights.float())

    def vectors(self, batch: FusionBatch) -> Tensor:
        """Fused unit vectors (B, D) alone, which is all that training needs; raises as `forward`."""
        self.check(batch)
        return _scaled(self._vectors(batch))

    def index(self, items: FusionBatch) -> Tensor:
        """What to keep of a catalogue's items (N, ...), for `score`."""
        return self.vectors(items)

    def score(self, queries: FusionBatch, index: Tensor) -> Tensor:
        """Scores (B, N), higher is better, of all items for each query; by default the cosine of the fused vectors."""
        return self.vectors(queries) @ index.T

    def contributions(self, batch: FusionBatch) -> Tensor:
        """Exact Shapley value (B, M) of each modality for the cosine with the whole.

        The game is `v(S) = cos(u(S), u(all))`, `v(nothing) = 0`, `v(all) = 1`: rows sum to 1, and one below 0 says that
        the modality pulls away from the rest (Shapley 1953). One pass a subset; no gradients.
        """
        modalities = len(batch.modalities)
        with torch.no_grad():
            whole = self.vectors(batch)
            value: dict[tuple[int, ...], Tensor] = {(): torch.zeros(len(batch), device=whole.device)}
            for members in _subsets(range(modalities)):
                mask = torch.zeros(modalities, dtype=torch.bool, device=whole.device)
                mask[list(members)] = True
                value[members] = self._worth(batch, mask, whole)
            return shapley(value, modalities) * batch.present

    def _worth(self, batch: FusionBatch, mask: Tensor, whole: Tensor) -> Tensor:
        """Cosine (B,) of the fusion of the modalities in `mask` with `whole`; 0 where none is left, 1 where all are."""
        part = batch.only(mask)
        left = part.present.any(dim=1)
        same = (part.present == batch.present).all(dim=1)
        # Said, not computed: a whole of length 0, as of two opposite vectors, has no cosine even with itself.
        worth = same.to(whole.dtype)
        fuse = left & ~same
        if fuse.any():
            worth = worth.index_put((fuse,), (self.vectors(part.take(fuse)) * whole[fuse]).sum(dim=1))
        return worth

    def check(self, batch: FusionBatch) -> None:
        """See `forward`."""
        widths = {
            str(m): (vectors.shape[1], self.shape.width(m))
            for m, vectors in batch.vectors.items()
            if m in self.shape.native
        }
        if batch.modalities != self.shape.modalities or any(given != own for given, own in widths.values()):
            raise FusionError(
                f"vectors of {', '.join(batch.modalities) or 'nothing'}, widths "
                f"{ {name: given for name, (given, _) in widths.items()} }",
                expected=f"{', '.join(self.shape.modalities)}, widths { {n: own for n, (_, own) in widths.items()} }",
                remedy="fuse with a model that was trained on this version's encoders",
            )
        _check_parts(batch, self.shape)
        empty = (~batch.present.any(dim=1)).nonzero()[:, 0].tolist()
        if empty:
            raise FusionError(
                f"row {empty[0]} has no modality at all",
                expected="every item and query needs at least one",
                remedy="leave it out",
            )


def shapley(value: Mapping[tuple[int, ...], Tensor], players: int) -> Tensor:
    """Shapley values (..., players) of a game given by the value (...) of every subset of players.

    `phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S))` (Shapley 1953).

    Args:
        value: Sorted tuple of players to what they are worth together; the empty one too.
        players: How many, n.
    """
    found = []
    for player in range(players):
        total = torch.zeros_like(value[()])
        for members in chain([()], _subsets(other for other in range(players) if other != player)):
            weight = factorial(len(members)) * factorial(players - len(members) - 1) / factorial(players)
            total = total + weight * (value[tuple(sorted((*members, player)))] - value[members])
        found.append(total)
    return torch.stack(found, dim=-1)


def _check_parts(batch: FusionBatch, shape: FusionShape) -> None:
    for modality, parts in batch.parts.items():
        given, own = parts.features.shape[2], shape.parts.get(modality)
        if own is not None and own != given:
            raise FusionError(
                f"parts of {modality} of width {given}",
                expected=f"width {own}",
                remedy="use the parts that were made for this model's data",
            )


def _scaled(vectors: Tensor) -> Tensor:
    """Float32 rows of length 1; a product of four unit vectors is as short as 1e-4, a sum of opposite ones is zero."""
    return functional.normalize(vectors.float(), dim=1, eps=1e-6)


def _subsets(players: Any) -> list[tuple[int, ...]]:
    """Every subset but the empty one, each sorted."""
    known = list(players)
    return [members for size in range(1, len(known) + 1) for members in combinations(known, size)]
