"""What an alignment is fitted on: features of a catalogue's items, which of them belong together, class heads."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mmdemo.types import FloatArray, Modality

IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class ClassHead:
    """A classifier on top of one modality's features, with its class names as text features.

    Args:
        probabilities: (N, C) float32, class probabilities of each row of the modality's features.
        name_features: (C, D_text) float32, the text encoder's features of the class names.
    """

    probabilities: FloatArray
    name_features: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class TextTie:
    """The same S sentences, as two text towers read them.

    Args:
        own: (S, D_m) float32, features by the tower whose vectors can be compared with the modality's.
        text: (S, D_text) float32, features by the catalogue's text encoder.
        one_tower: True where the two are the same tower, so that nothing has to be fitted.
    """

    own: FloatArray
    text: FloatArray
    one_tower: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSet:
    """One modality's features.

    Args:
        features: (N_m, D_m) float32, as the encoder gives them.
        rows: (N_m,) index of the item each row belongs to.
        blocks: Column ranges that are scaled to unit length one by one (one a tower, for encoders made of several).
        head: Classifier outputs, where the encoder has a classifier.
        tie: Sentences that tie it to text, where the encoder has a text tower of its own.
    """

    features: FloatArray
    rows: IntArray
    blocks: tuple[slice, ...]
    head: ClassHead | None = None
    tie: TextTie | None = None

    @property
    def probabilities(self) -> FloatArray:
        """Class probabilities (N_m, C); (N_m, 0) where the encoder has no classifier."""
        return np.zeros((len(self.features), 0), np.float32) if self.head is None else self.head.probabilities

    @property
    def word_features(self) -> FloatArray | None:
        """Text features of the words that the encoder has itself: what its text tower has read, or its class names."""
        if self.tie is not None:
            return self.tie.text
        return None if self.head is None else self.head.name_features

    def take(self, chosen: npt.NDArray) -> "FeatureSet":
        """The rows at `chosen` (indices or a mask)."""
        head = None if self.head is None else ClassHead(self.head.probabilities[chosen], self.head.name_features)
        return FeatureSet(self.features[chosen], self.rows[chosen], self.blocks, head, self.tie)


@dataclass(frozen=True, slots=True, eq=False)
class AlignmentData:
    """Features of every modality of one catalogue.

    Args:
        sets: Modality to its features; text is the pivot where it is there.
        groups: (N,) items of one group (the same text) are never split between training and validation.
    """

    sets: Mapping[Modality, FeatureSet]
    groups: IntArray
    _lookup: dict[Modality, IntArray] = field(default_factory=dict, init=False, repr=False)

    def paired_rows(self, first: Modality, second: Modality) -> tuple[IntArray, IntArray]:
        """Row numbers in `first`'s and in `second`'s features of the items that have both; both (P,)."""
        position = self._lookup.get(second)
        if position is None:
            position = np.full(len(self.groups), -1, dtype=np.intp)
            position[self.sets[second].rows] = np.arange(len(self.sets[second].rows))
            self._lookup[second] = position
        matched = position[self.sets[first].rows]
        has_both = matched >= 0
        return np.flatnonzero(has_both), matched[has_both]

    def subset(self, items: npt.NDArray[np.bool_]) -> "AlignmentData":
        """Only the items where `items` (N,) is True; items keep their numbers, modalities left without rows go."""
        sets = {modality: entry.take(items[entry.rows]) for modality, entry in self.sets.items()}
        return AlignmentData({modality: entry for modality, entry in sets.items() if len(entry.rows)}, self.groups)


def unit_rows(vectors: npt.NDArray[np.floating]) -> FloatArray:
    """Rows scaled to length 1, float32; a zero row stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(length > 1e-12, length, 1.0)).astype(np.float32)


def unit_blocks(features: FloatArray, blocks: tuple[slice, ...]) -> FloatArray:
    """Features (B, D_m) with each block of columns scaled to length 1."""
    return np.concatenate([unit_rows(features[:, block]) for block in blocks], axis=1)


def map_inputs(features: FloatArray, probabilities: FloatArray, blocks: tuple[slice, ...]) -> FloatArray:
    """What a fitted map sees of a modality: unit-length feature blocks, then the square roots of the probabilities.

    Euclidean distance between square roots of probabilities is Hellinger's.

    Args:
        features: (B, D_m).
        probabilities: (B, C), or (B, 0) for encoders without classes.
        blocks: As in `FeatureSet`.
    """
    if not probabilities.shape[1]:
        return unit_blocks(features, blocks)
    likely = np.sqrt(probabilities / probabilities.sum(axis=1, keepdims=True).clip(1e-12))
    return np.concatenate([unit_blocks(features, blocks), likely], axis=1).astype(np.float32)


def grouped_folds(groups: IntArray, folds: int, *, seed: int) -> IntArray:
    """Fold number (N,) of each row; rows of one group share a fold, groups are dealt out at random."""
    names, membership = np.unique(groups, return_inverse=True)
    return (np.random.default_rng(seed).permutation(len(names)) % folds)[membership].astype(np.intp)
