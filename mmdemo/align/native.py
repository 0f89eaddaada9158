"""A modality's own space, for comparing pictures with pictures and sounds with sounds: finer than the shared one."""

from dataclasses import dataclass

import numpy as np

from mmdemo.align.data import unit_blocks, unit_rows
from mmdemo.types import FloatArray

MOST_COMPONENTS = 256
"""Kept principal components: on `things` the nearest picture's category is right as often as with all 1,280 columns."""
SMALLEST_SAMPLE = 16
"""With fewer rows than this, centring removes what the rows have in common with a query."""


@dataclass(frozen=True, slots=True, eq=False)
class NativeSpace:
    """Unit-length blocks, centred, made to vary alike, on their principal components, scaled to unit length.

    Args:
        blocks: Column ranges of the features that are scaled to unit length one by one.
        mean: (D_m,) float32.
        components: (D_m, d) float32: what brings blocks that vary little to the size of those that vary more, then
            orthonormal columns.
    """

    blocks: tuple[slice, ...]
    mean: FloatArray
    components: FloatArray

    def project(self, features: FloatArray) -> FloatArray:
        """Native vectors (B, d) of unit length from features (B, D_m)."""
        return unit_rows((unit_blocks(features, self.blocks) - self.mean) @ self.components)


def fit_native(features: FloatArray, blocks: tuple[slice, ...]) -> NativeSpace:
    """Fit on a catalogue's features (N_m, D_m).

    Centred blocks are brought to one mean square: musicnn's unit vectors vary 3.4 times as much as aiSFX's, and would
    decide alone. On 160 sounds of `things` the nearest other sound is of the same category in .77 of cases for it, in
    .73 without, and in .74 with aiSFX by itself.
    """
    inputs = unit_blocks(features, blocks)
    width = inputs.shape[1]
    if len(inputs) < SMALLEST_SAMPLE:
        return NativeSpace(blocks, np.zeros(width, np.float32), np.eye(width, dtype=np.float32))
    mean = inputs.mean(axis=0)
    centred = (inputs - mean).astype(np.float64)
    sizes = np.array([np.square(centred[:, block]).sum() for block in blocks]).clip(1e-12)
    scales = np.ones(width)
    for block, size in zip(blocks, sizes, strict=True):
        scales[block] = np.sqrt(sizes.mean() / size)
    centred *= scales
    _, vectors = np.linalg.eigh(centred.T @ centred)
    kept = min(MOST_COMPONENTS, width, len(inputs) - 1)
    components = scales[:, None] * vectors[:, ::-1][:, :kept]
    return NativeSpace(blocks, mean.astype(np.float32), components.astype(np.float32))
