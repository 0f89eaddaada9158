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

    With the option `target="rest"` one modality of each item, drawn at random, is the target, and the query is what
    modality dropout leaves of the others. With "whole" the query is what modality dropout leaves of the item, and the
    target is the whole item: then the query's own vectors are part of the target, which even the mean finds without
    having learned anything; "rest" is the default for this reason. (All modalities in their turn as targets of every
    step cost three times as much and found hardly any more items.)

    A target's negatives are the targets of the same modalities of items of other groups: telling a picture from a sound
    is not the task. `L = (CE(s S) + CE(s S^T)) / 2` with `S_ij = score(query_i, target_j)` and the learned scale `s`,
    at most 100 (van den Oord et al. 2018, eq. 4; Radford et al. 2021, figure 3).
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
        items, groups = self._train.take(examples), self._groups[examples]
        if self.setup.options["target"] == "whole":
            return self._loss(fusion, self.hide(items), items, groups)
        chance = torch.rand(items.present.shape, device=items.present.device).masked_fill(~items.present, -1.0)
        target = functional.one_hot(chance.argmax(dim=1), items.present.shape[1]).bool()
        return self._loss(fusion, self.hide(items.only(~target)), items.only(target), groups)

    def validation(self, fusion: Fusion) -> float:
        """Mean over all targets, each asked for by all other modalities; with "whole", each alone asks for the item."""
        items, whole = self._check, self.setup.options["target"] == "whole"
        total = count = 0.0
        for column in range(items.present.shape[1]):
            own = items.present[:, column]
            target = torch.arange(items.present.shape[1], device=own.device) == column
            asked, wanted = (target, items) if whole else (~target, items.only(target))
            if own.any():
                found = self._loss(fusion, items.only(asked).take(own), wanted.take(own), self._check_groups[own])
                total, count = total + float(found) * float(own.sum()), count + float(own.sum())
        return total / count

    def measures(self, fusion: Fusion, data: FusionData) -> dict[str, float]:  # noqa: ARG002
        """Nothing more: finding items is what `evaluate` measures."""
        return {}

    def _loss(self, fusion: Fusion, queries: FusionBatch, targets: FusionBatch, groups: Tensor) -> Tensor:
        scores = fusion.score(queries, fusion.index(targets))
        alike = (targets.present[:, None] == targets.present[None]).all(dim=2)
        negative = alike & (groups[:, None] != groups[None])
        right = torch.arange(len(queries), device=scores.device)
        keep = negative | torch.eye(len(queries), dtype=torch.bool, device=scores.device)
        logits = (scores * self.log_scale.clamp(max=_SHARPEST).exp()).masked_fill(~keep, -torch.inf)
        return (functional.cross_entropy(logits, right) + functional.cross_entropy(logits.T, right)) / 2
