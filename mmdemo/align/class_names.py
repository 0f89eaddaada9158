"""Class names as a bridge to text: ConSE, which needs a classifier but no pairs."""

from dataclasses import dataclass

import numpy as np

from mmdemo.align.data import ClassHead, unit_rows
from mmdemo.align.towers import Arrays
from mmdemo.types import FloatArray

FEWEST_ROWS = 20
"""With fewer rows than this their mean says little about the catalogue."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassNameMap:
    """Class probabilities to text vectors (Norouzi et al. 2014, eq. 3).

    Deviations: all classes count, not the top T; the result is centred on the catalogue.

    Args:
        name_vectors: (C, D) float32, unit length.
        mean: (D,) float32, what is subtracted before the result is scaled to unit length.
    """

    name_vectors: FloatArray
    mean: FloatArray

    def __call__(self, features: FloatArray, probabilities: FloatArray, *, centred: bool = True) -> FloatArray:  # noqa: ARG002 - see WordMap
        """Map probabilities (B, C) to (B, D), unit length."""
        named = unit_rows(probabilities @ self.name_vectors)
        return unit_rows(named - self.mean) if centred else named

    def to_arrays(self) -> Arrays:
        """Name vectors and mean."""
        return {"class_vectors": self.name_vectors, "class_mean": self.mean}

    @classmethod
    def fit(cls, head: ClassHead) -> "ClassNameMap":
        """Centre on the catalogue's own rows, or on the class names where those are too few to tell."""
        name_vectors = unit_rows(head.name_features)
        enough = len(head.probabilities) >= FEWEST_ROWS
        mean = unit_rows(head.probabilities @ name_vectors).mean(axis=0) if enough else name_vectors.mean(axis=0)
        return cls(name_vectors, mean.astype(np.float32))
