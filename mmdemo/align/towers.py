"""What one alignment method has to provide: towers that put each modality's inputs into one space, and how to fit them.

A method is one module of `mmdemo.align.methods` with `fit` and `from_arrays`, and one entry in its table. It sees only
arrays. Scaling, centring, class names, the choice of settings and cross-validation are the same for all methods and
live in `mmdemo.align.alignment` and `mmdemo.align.fitting`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mmdemo.align.data import IntArray
from mmdemo.progress import Progress
from mmdemo.types import FloatArray, Modality

Arrays = dict[str, npt.NDArray]
Setting = Mapping[str, float]
"""Hyper-parameters of one modality's map, by name."""


@dataclass(frozen=True)
class TrainingRows:
    """What towers are fitted on.

    Args:
        inputs: Modality to (N_m, D_m) float32: for text centred unit vectors, for the others `map_inputs`.
        items: Modality to (N_m,) item of each row, ascending.
        groups: (N,) group of each item; items of one group are matches of each other, never negatives.
    """

    inputs: Mapping[Modality, FloatArray]
    items: Mapping[Modality, IntArray]
    groups: IntArray

    def pairs(self, first: Modality, second: Modality) -> tuple[IntArray, IntArray]:
        """Rows of `first` and of `second` that belong to one item, both (P,)."""
        _, rows, others = np.intersect1d(self.items[first], self.items[second], return_indices=True)
        return rows, others

    @cached_property
    def present(self) -> npt.NDArray[np.bool_]:
        """(N, M) which items have which modality, columns in the order of `inputs`."""
        mask = np.zeros((len(self.groups), len(self.inputs)), np.bool_)
        for column, modality in enumerate(self.inputs):
            mask[self.items[modality], column] = True
        return mask


class Towers(Protocol):
    """Fitted towers, one a modality, into one space of width D."""

    @property
    def modalities(self) -> frozenset[Modality]:
        """What they can place; text is always among them."""
        ...

    def embed(self, modality: Modality, inputs: FloatArray) -> FloatArray:
        """Vectors (B, D) of inputs (B, D_m) as in `TrainingRows`; a row depends on no other row; any length."""
        ...

    def to_arrays(self) -> Arrays:
        """Numbers only, under names of the method's own choosing; `from_arrays` of its module takes them back."""
        ...


class MethodModule(Protocol):
    """What a module of `mmdemo.align.methods` defines."""

    def fit(self, rows: TrainingRows, settings: Mapping[Modality, Setting], *, seed: int, progress: Progress) -> Towers:
        """Fit towers.

        Args:
            rows: Text, and every modality that has enough pairs with it.
            settings: For each modality but text, one of the method's `settings`.
            seed: For everything random; the same rows and seed give the same towers.
            progress: Told how far it is; may cancel.
        """
        ...

    def from_arrays(self, arrays: Mapping[str, npt.NDArray]) -> Towers:
        """The towers that `to_arrays` took apart."""
        ...
