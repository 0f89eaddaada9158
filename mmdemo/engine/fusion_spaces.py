"""Vectors to train fusions on: where items would lie if the spaces had been fitted without them.

A trained fusion is used with the vectors that the version serves, so both must have the same axes. The shared space of
towers that leave text where it is has the axes of the text space, whatever they were fitted on. A modality's own space
has principal axes, which differ from fit to fit; those fitted without the test items are turned onto the served ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.align import Alignment, AlignmentData, NativeSpace, find, fit_alignment, fit_native, held_out_vectors
from mmdemo.align.anchored import AnchoredTowers
from mmdemo.align.data import unit_rows
from mmdemo.align.storage import alignment_from_arrays, natives_from_arrays
from mmdemo.fusion.batch import FusionShape
from mmdemo.progress import Progress, silent
from mmdemo.types import FloatArray, Modality

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Spaces:
    """Vectors of N items; see `mmdemo.fusion.data.FusionData` for the fields that are named alike.

    Args:
        towers: What the shared vectors are from, in words.
    """

    shape: FusionShape
    vectors: Mapping[Modality, FloatArray]
    held_out: Mapping[Modality, FloatArray]
    present: BoolArray
    towers: str


def place_items(
    data: AlignmentData,
    known: BoolArray,
    arrays: Mapping[str, npt.NDArray],
    *,
    served: str,
    method: str,
    seed: int,
    progress: Progress = silent,
) -> Spaces:
    """Place every item by spaces that were fitted on the `known` ones alone, as far as that can be.

    Args:
        data: Features of N items.
        known: (N,) the items to fit on.
        arrays: The fitted arrays of the version.
        served: Name of the version's alignment.
        method: Name of the method that was asked for when it was made.
        seed: For fitting.
        progress: Told how far it is; may cancel.
    """
    version, natives = alignment_from_arrays(served, arrays), natives_from_arrays(arrays)
    training = data.subset(known)
    modalities = [m for m in Modality if m in data.sets and m in version.modalities]
    shared = held = _shared_vectors(version, data, modalities)
    towers = f"{version.method}, fitted on all items, those of the test too, which flatters every fusion alike"
    if _keeps_axes(version):
        fitted = fit_alignment(method, training, seed=seed, progress=progress)
        inner = held_out_vectors(training, fitted, seed=seed, progress=progress)
        found = _shared_vectors(fitted, data, modalities)
        if all(found[m].shape == shared[m].shape for m in modalities):
            shared, held = found, _replaced(found, inner, data, training)
            towers = f"{fitted.method}, fitted without the test items"
    own = {}
    for done, modality in enumerate(modalities):
        progress(done, len(modalities), f"placing {modality}")
        own[modality] = _own_vectors(natives.get(modality), data, training, modality)
    shape = FusionShape(shared[modalities[0]].shape[1], {m: own[m].shape[1] for m in modalities})
    present = np.stack([_mask(data, m) for m in modalities], axis=1)
    return Spaces(
        shape,
        {m: _spread(data, m, np.hstack([shared[m], own[m]])) for m in modalities},
        {m: _spread(data, m, np.hstack([held[m], own[m]])) for m in modalities},
        present,
        towers,
    )


def _keeps_axes(alignment: Alignment) -> bool:
    """Whether another fit of the same method has the same axes."""
    return isinstance(alignment.towers, AnchoredTowers) or not find(alignment.method).trained


def _shared_vectors(
    alignment: Alignment, data: AlignmentData, modalities: list[Modality]
) -> dict[Modality, FloatArray]:
    """Shared vectors (N_m, D) of each modality; of width 0 where the space does not hold it."""
    return {
        m: alignment.project(m, data.sets[m].features, data.sets[m].probabilities)
        if m in alignment.modalities
        else np.zeros((len(data.sets[m].rows), 0), np.float32)
        for m in modalities
    }


def _replaced(
    vectors: Mapping[Modality, FloatArray],
    inner: Mapping[Modality, FloatArray],
    data: AlignmentData,
    training: AlignmentData,
) -> dict[Modality, FloatArray]:
    """`vectors`, those of training items replaced by ones whose towers have not seen them."""
    found = {}
    for modality, array in vectors.items():
        found[modality] = array.copy()
        if modality in inner:
            at = np.searchsorted(data.sets[modality].rows, training.sets[modality].rows)
            found[modality][at] = inner[modality]
    return found


def _own_vectors(
    served: NativeSpace | None, data: AlignmentData, training: AlignmentData, modality: Modality
) -> FloatArray:
    """Vectors (N_m, d_m) in the modality's own space, fitted on training items and turned onto the served axes.

    The turn is the orthogonal one that brings the training items' vectors closest to the served ones (Schönemann 1966),
    so it keeps every angle. Text has no space of its own: width 0.
    """
    entry = data.sets[modality]
    if modality is Modality.TEXT or served is None:
        return np.zeros((len(entry.rows), 0), np.float32)
    sample = training.sets.get(modality)
    if sample is None:
        return served.project(entry.features)
    features, blocks = _within_span(entry.features, entry.blocks)
    rows = np.searchsorted(entry.rows, sample.rows)
    own = fit_native(features[rows], blocks).project(features)
    left, _, right = np.linalg.svd(own[rows].T @ served.project(sample.features), full_matrices=False)
    return unit_rows(own @ (left @ right))


def _within_span(features: FloatArray, blocks: tuple[slice, ...]) -> tuple[FloatArray, tuple[slice, ...]]:
    """Each block of features (N, D_b) as coordinates (N, min(N, D_b)) in the span of its rows.

    Lengths and angles stay, so principal axes do too; finding them takes a fraction of the time.
    """
    found = [features[:, block] for block in blocks]
    found = [part @ np.linalg.qr(part.T)[0] if part.shape[0] < part.shape[1] else part for part in found]
    ends = np.cumsum([part.shape[1] for part in found]).tolist()
    starts = [0, *ends[:-1]]
    return np.hstack(found), tuple(slice(start, end) for start, end in zip(starts, ends, strict=True))


def _mask(data: AlignmentData, modality: Modality) -> BoolArray:
    mask = np.zeros(len(data.groups), np.bool_)
    mask[data.sets[modality].rows] = True
    return mask


def _spread(data: AlignmentData, modality: Modality, vectors: FloatArray) -> FloatArray:
    """One row an item (N, W), zeros where it lacks the modality."""
    full = np.zeros((len(data.groups), vectors.shape[1]), np.float32)
    full[data.sets[modality].rows] = vectors
    return full
