"""Catalogues whose right alignment is known: features are noisy rotations of shared factors."""

import numpy as np

from mmdemo.align import AlignmentData, ClassHead, FeatureSet
from mmdemo.types import Modality


def rotated_pairs(items: int = 120, *, seed: int = 0, noise: float = 0.3) -> AlignmentData:
    """Text and picture features that are two noisy rotations of the same 8 factors."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(items, 8))

    def view(width: int) -> np.ndarray:
        rotation = np.linalg.qr(rng.normal(size=(width, 8)))[0]
        return (factors @ rotation.T + noise * rng.normal(size=(items, width)) / np.sqrt(width)).astype(np.float32)

    rows = np.arange(items)
    return AlignmentData(
        {
            Modality.TEXT: FeatureSet(view(24), rows, (slice(0, 24),)),
            Modality.IMAGE: FeatureSet(view(40), rows, (slice(0, 40),)),
        },
        rows,
    )


def three_views(items: int = 120, *, seed: int = 0, noise: float = 0.3) -> AlignmentData:
    """As `rotated_pairs`, and sounds of every third item as a third rotation of the same factors."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(items, 8))
    sounding = np.arange(0, items, 3)
    sets = {}
    for modality, width, rows in (
        (Modality.TEXT, 24, np.arange(items)),
        (Modality.IMAGE, 40, np.arange(items)),
        (Modality.AUDIO, 30, sounding),
    ):
        rotation = np.linalg.qr(rng.normal(size=(width, 8)))[0]
        noisy = factors[rows] @ rotation.T + noise * rng.normal(size=(len(rows), width)) / np.sqrt(width)
        sets[modality] = FeatureSet(noisy.astype(np.float32), rows, (slice(0, width),))
    return AlignmentData(sets, np.arange(items))


def classified_pairs(items: int = 12, classes: int = 6, *, seed: int = 0) -> AlignmentData:
    """Pictures that a classifier recognises, too few to fit a map on; the text is the class name's own vector."""
    rng = np.random.default_rng(seed)
    names = rng.normal(size=(classes, 16)).astype(np.float32)
    labels = np.arange(items) % classes
    probabilities = np.full((items, classes), 0.02, np.float32)
    probabilities[np.arange(items), labels] = 1.0 - 0.02 * (classes - 1)
    rows = np.arange(items)
    image = FeatureSet(
        rng.normal(size=(items, 10)).astype(np.float32), rows, (slice(0, 10),), ClassHead(probabilities, names)
    )
    text = FeatureSet(names[labels] + 0.05 * rng.normal(size=(items, 16)).astype(np.float32), rows, (slice(0, 16),))
    return AlignmentData({Modality.TEXT: text, Modality.IMAGE: image}, rows)
