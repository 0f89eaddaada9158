"""What fusions are trained and measured on: the vectors of a catalogue's items, divided once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.fusion.batch import FusionShape
from mmdemo.types import FloatArray, Modality

if TYPE_CHECKING:
    import torch
    from scipy.sparse import csr_matrix

    from mmdemo.fusion.batch import FusionBatch

IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What items are known to be.

    Args:
        names: (C,) labels.
        values: (N, C) float32, 1 where an item has a label.
        questions: Ranges of columns of which an item has at most one label (a factor, a category); empty for free tags.
    """

    names: tuple[str, ...]
    values: FloatArray
    questions: tuple[slice, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ItemParts:
    """Words, regions or segments of one modality of N items.

    Args:
        features: (N, T, W) float32; zeros where `present` is False.
        present: (N, T) bool; none where an item lacks the modality.
        places: (N, T, 4) float32, where each lies, as in `mmdemo.encoders.base.Inside`; NaN where absent.
    """

    features: FloatArray
    present: BoolArray
    places: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class FusionData:
    """Vectors of N items.

    The towers that made `vectors` have seen no item of `test`; those of a training item have not seen that item either
    ("held out"), so that training sees what unseen items look like. For the meaning of a vector see `FusionBatch`.

    Args:
        ids: (N,) item ids.
        shape: Widths of the vectors.
        vectors: Modality to (N, D + d_m) float32; zeros where an item lacks it. What the index would hold: by towers
            fitted on all items but those of `test`.
        held_out: Likewise, each training item's by towers fitted without it; for `test` the same as `vectors`.
        present: (N, M) bool, columns in the order of `shape.modalities`.
        groups: (N,) items of one group (the same text) are no evidence against each other, and never divided.
        train: Rows to train on.
        validation: Rows that decide when to stop.
        test: Rows to measure on; nothing is ever chosen by them.
        labels: Tags or factors; None where there are none.
        numbers: (N,) float32 to predict, NaN where unknown; None where there are none.
        interactions: (U, N) CSR, who chose what; None where nobody did.
        about: What the data are from, for people and for the hash of a run: catalogue, encoders, alignment, fold.
        parts: Words, regions and segments, of the widths `shape.parts`; empty where nobody asked for them.
    """

    ids: tuple[str, ...]
    shape: FusionShape
    vectors: Mapping[Modality, FloatArray]
    held_out: Mapping[Modality, FloatArray]
    present: BoolArray
    groups: IntArray
    train: IntArray
    validation: IntArray
    test: IntArray
    labels: Labels | None = None
    numbers: FloatArray | None = None
    interactions: "csr_matrix | None" = None
    about: Mapping[str, str] | None = None
    parts: Mapping[Modality, ItemParts] = field(default_factory=dict)

    def batch(self, rows: IntArray, *, held_out: bool = False, device: "torch.device | str" = "cpu") -> "FusionBatch":
        """The items at `rows` (B,) as a batch of tensors."""
        import torch

        from mmdemo.fusion.batch import FusionBatch, Parts

        source = self.held_out if held_out else self.vectors
        vectors = {modality: torch.from_numpy(source[modality][rows]).to(device) for modality in self.shape.modalities}
        parts = {
            modality: Parts(*(torch.from_numpy(array[rows]).to(device) for array in (found.features, found.present)))
            for modality, found in self.parts.items()
        }
        return FusionBatch(vectors, torch.from_numpy(self.present[rows]).to(device), parts)
