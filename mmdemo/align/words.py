"""What ties a modality to words before any pair has been seen: the names of its classes, or a text tower of its own."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mmdemo.align.class_names import ClassNameMap
from mmdemo.align.data import FeatureSet
from mmdemo.align.text_tie import TextTieMap
from mmdemo.align.towers import Arrays
from mmdemo.types import FloatArray


class WordMap(Protocol):
    """Places a modality among texts, without pairs."""

    def __call__(self, features: FloatArray, probabilities: FloatArray, *, centred: bool = True) -> FloatArray:
        """Text vectors (B, D) of unit length.

        Args:
            features: (B, D_m) as the encoder gives them.
            probabilities: (B, C) of its classes.
            centred: Take out the catalogue's mean, as is done with texts; False shows what that is for.
        """
        ...

    def to_arrays(self) -> Arrays:
        """What it is made of."""
        ...


def fit_words(entry: FeatureSet) -> WordMap | None:
    """The best that needs no pairs: a text tower of the modality's own space, else class names; None without either."""
    if entry.tie is not None:
        return TextTieMap.fit(entry.tie, entry.features)
    return None if entry.head is None else ClassNameMap.fit(entry.head)


def words_from_arrays(arrays: Mapping[str, npt.NDArray], prefix: str) -> WordMap | None:
    """The map whose arrays have names that start with `prefix`."""
    if prefix + "class_vectors" in arrays:
        return ClassNameMap(arrays[prefix + "class_vectors"], arrays[prefix + "class_mean"])
    if prefix + "tie_weights" in arrays:
        return TextTieMap(*(np.asarray(arrays[prefix + name]) for name in TextTieMap.NAMES))
    return None
