"""Training rows as tensors: batches of items with their missing modalities marked."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from mmdemo.align.towers import TrainingRows
from mmdemo.types import FloatArray, Modality

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some items.

    Args:
        inputs: Modality to (B, R_m); zeros where an item lacks it.
        present: Modality to (B,) bool.
        same_group: (B, B) bool, True also on the diagonal.
    """

    inputs: Mapping[Modality, "torch.Tensor"]
    present: Mapping[Modality, "torch.Tensor"]
    same_group: "torch.Tensor"

    def pairs(self) -> list[tuple[Modality, Modality, "torch.Tensor"]]:
        """Every two modalities that two items or more have both, and the numbers (P,) of those items."""
        found = []
        for first, second in combinations(self.inputs, 2):
            both = (self.present[first] & self.present[second]).nonzero()[:, 0]
            if len(both) > 1:
                found.append((first, second, both))
        return found


class ItemTensors:
    """All training rows on one device.

    Args:
        rows: Which items have what.
        features: Modality to (N_m, R_m) what the model sees of each row.
        device: Where the tensors go.
    """

    def __init__(self, rows: TrainingRows, features: Mapping[Modality, FloatArray], device: "torch.device") -> None:
        import torch

        self._features = {modality: torch.from_numpy(array).to(device) for modality, array in features.items()}
        self._row = {}
        for modality, items in rows.items.items():
            row = np.full(len(rows.groups), -1)
            row[items] = np.arange(len(items))
            self._row[modality] = torch.from_numpy(row).to(device)
        self._groups = torch.from_numpy(np.unique(rows.groups, return_inverse=True)[1]).to(device)
        with_partner = rows.present.sum(axis=1) > 1
        self.paired = torch.from_numpy(np.flatnonzero(with_partner)).to(device)
        """(P,) items with two modalities or more."""
        self.known = torch.from_numpy(np.flatnonzero(rows.present.any(axis=1))).to(device)
        """(N,) items with any."""

    def take(self, items: "torch.Tensor") -> Batch:
        """The items numbered `items` (B,)."""
        rows = {modality: row[items] for modality, row in self._row.items()}
        present = {modality: row >= 0 for modality, row in rows.items()}
        inputs = {
            modality: features[rows[modality].clamp(min=0)] * present[modality][:, None]
            for modality, features in self._features.items()
        }
        groups = self._groups[items]
        return Batch(inputs, present, groups[:, None] == groups[None])
