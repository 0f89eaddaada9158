"""Items without any labels: a part of an item must find the rest of it."""

import math
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmdemo.fusion.base import Fusion
from mmdemo.fusion.batch import FusionBatch
from mmdemo.fusion.data import FusionData
from mmdemo.fusion.objectives.base import Objective, Setup, usable

_SHARPEST = math.log(100.0)


class SelfSupervised(Objective):
    """Symmetric InfoNCE between queries and targets that are parts of one item.

    With the option `target="rest"` every modality of every item of the batch is a target in its turn, and the query is
    what modality dropout leaves of the item's others. With "whole" the query is what modality dropout leaves of the
    item, and the target is the whole item: then the query's own vectors are part of the target, which even the mean
    finds without having learned anything; "rest" is the default for this reason.

    A target's negatives are the targets of the same modalities of items of other groups: telling a picture from a sound
    is not the task. `L = (CE(s S) + CE(s S^T)) / 2` with `S_ij = score(query_i, target_j)` and the learned scale `s`,
    at most 100 (van den Oord et al. 2018, eq. 4; Radford et al. 2021, figure 3); the mean over all targets.
    """

    needs_learned_fusion: ClassVar[bool] = True

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        data = setup.data
        self.log_scale = nn.Parameter(torch.tensor(-math.log(float(setup.options["temperature"]))))
        train, validation = (usable(data, rows, least=2) for rows in (data.train, data.validation))
        self._train = self.batch(train)
        self._groups = torch.from_numpy(data.groups[train]).to(setup.device)
        self._check = self.batch(validation)
        self._check_groups = torch.from_numpy(data.groups[validation]).to(setup.device)
        self.examples, self.checks = len(self._train), len(self._check)

    def loss(self, fusion: Fusion, examples: Tensor) -> Tensor:
        """See `Objective`."""
        return self._mean_loss(fusion, self._train.take(examples), self._groups[examples])

    def validation(self, fusion: Fusion) -> float:
        """The same without modality dropout; with "whole", each modality alone asks for the item."""
        return float(self._mean_loss(fusion, self._check, self._check_groups))

    def measures(self, fusion: Fusion, data: FusionData) -> dict[str, float]:  # noqa: ARG002
        """Nothing more: finding items is what `evaluate` measures."""
        return {}

    def _mean_loss(self, fusion: Fusion, items: FusionBatch, groups: Tensor) -> Tensor:
        """Mean over all targets of items (B,) that have two modalities or more."""
        whole = self.setup.options["target"] == "whole"
        if whole and self.training:
            return self._loss(fusion, self.hide(items), items, groups)
        losses, counts = [], []
        for column in range(items.present.shape[1]):
            own = items.present[:, column]
            target = torch.arange(items.present.shape[1], device=own.device) == column
            if own.any():
                asked, wanted = (target, items) if whole else (~target, items.only(target))
                queries = self._hidden(items.only(asked).take(own))
                losses.append(self._loss(fusion, queries, wanted.take(own), groups[own]) * int(own.sum()))
                counts.append(int(own.sum()))
        return torch.stack(losses).sum() / sum(counts)

    def _hidden(self, queries: FusionBatch) -> FusionBatch:
        return self.hide(queries) if self.training else queries

    def _loss(self, fusion: Fusion, queries: FusionBatch, targets: FusionBatch, groups: Tensor) -> Tensor:
        scores = fusion.score(queries, fusion.index(targets))
        alike = (targets.present[:, None] == targets.present[None]).all(dim=2)
        negative = alike & (groups[:, None] != groups[None])
        right = torch.arange(len(queries), device=scores.device)
        keep = negative | torch.eye(len(queries), dtype=torch.bool, device=scores.device)
        logits = (scores * self.log_scale.clamp(max=_SHARPEST).exp()).masked_fill(~keep, -torch.inf)
        return (functional.cross_entropy(logits, right) + functional.cross_entropy(logits.T, right)) / 2
