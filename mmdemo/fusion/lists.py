"""One recommender a modality: a list of all items for each modality of a query."""

import torch
from torch import Tensor

from mmdemo.fusion.base import Fusion
from mmdemo.fusion.batch import FusionBatch
from mmdemo.fusion.stack import mean_present, shared_vectors, unit

DECIMALS = 5
"""Cosines that differ by less are ties: rounding in the last bit must not decide a rank."""


class RankedLists(Fusion):
    """Decision-level fusion by ranks: a subclass turns the ranks in one list into points, which are averaged.

    Each modality of a query ranks all items by the cosine of its own vector to the item's, which is the mean of the
    item's shared vectors.
    """

    def _vectors(self, batch: FusionBatch) -> Tensor:
        return mean_present(*shared_vectors(batch, self.shape))

    def _points(self, ranks: Tensor) -> Tensor:
        """Points (..., N), more is better, of items at these ranks (..., N), of which 1 is the best."""
        raise NotImplementedError

    def score(self, queries: FusionBatch, index: Tensor) -> Tensor:
        """Mean points (B, N) over the modalities of each query; they depend on all items of the index."""
        self.check(queries)
        vectors, present = shared_vectors(queries, self.shape)
        total = torch.zeros(len(queries), len(index), device=index.device)
        for column in range(present.shape[1]):
            points = self._points(tied_ranks(unit(vectors[:, column]) @ index.T))
            total = total + torch.where(present[:, column, None], points, 0.0)
        return total / present.sum(dim=1, keepdim=True)


def tied_ranks(scores: Tensor) -> Tensor:
    """Ranks (..., N), 1 for the highest score; items with one score share the mean of their ranks."""
    rounded = scores.round(decimals=DECIMALS).contiguous()
    ordered = rounded.sort(dim=-1).values
    below = torch.searchsorted(ordered, rounded, right=False)
    not_above = torch.searchsorted(ordered, rounded, right=True)
    return scores.shape[-1] - not_above + (not_above - below + 1) / 2
