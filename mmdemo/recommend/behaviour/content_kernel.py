"""How alike items are by their features: centred, whitened, stacked."""

from collections.abc import Mapping
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.interactions import ItemFeatures
from mmdemo.recommend.behaviour.base import rows_of
from mmdemo.types import FloatArray

_MOST_DIRECTIONS = 128
"""Of each table; those along which items vary most."""
_LEAST_VARIANCE = 1e-6
"""Of the greatest; directions that vary less are noise that whitening would blow up."""
_BLOCK = 1 << 22
"""Most similarities held at once; smaller blocks have the threads of matrix products wait for each other."""


class ContentKernel:
    """Similarity of items by all tables of features, `max(s, 0)^sharpness` with s the cosine of the stacked vectors.

    A sharpness of 1 is the cosine itself, below 0 too. Each table is centred over the items that have it, turned to its
    directions of variance v, each of which is divided by `v^whiten`, and scaled to length 1 a row; tables side by side
    are scaled to length 1 again, so that an item without one is compared by the others.

    Args:
        vectors: (N, W) float32, rows of length 1, or 0 for items without any features.
        ends: Name of each table to the column after its last one, in order.
        sharpness: From 1.
    """

    def __init__(self, vectors: FloatArray, ends: Mapping[str, int], *, sharpness: float) -> None:
        self.vectors = vectors
        self.ends = dict(ends)
        self.sharpness = sharpness

    @classmethod
    def of(cls, features: ItemFeatures, *, whiten: float, sharpness: float) -> Self:
        """The kernel of tables of features.

        Args:
            features: Tables; one of zeros only is left out.
            whiten: From 0 (as they are) to 0.5 (every direction counts alike).
            sharpness: See the class.
        """
        tables = {name: table for name, table in features.vectors.items() if table.any()}
        parts = [_whitened(table, whiten) for table in tables.values()]
        ends = np.cumsum([part.shape[1] for part in parts]).tolist()
        stacked = np.concatenate(parts, axis=1) if parts else np.zeros((len(features.item_ids), 0), np.float32)
        return cls(_unit(stacked), dict(zip(tables, ends, strict=True)), sharpness=sharpness)

    def sums(self, histories: csr_matrix) -> FloatArray:
        """Similarity (B, N) float32 of every item to a history: the sum over its items."""
        if self.sharpness == 1:
            return (histories @ self.vectors) @ self.vectors.T
        total = np.empty((rows_of(histories), len(self.vectors)), np.float32)
        items = np.unique(histories.indices)
        liked, of_liked = self.vectors[items], csr_matrix(histories[:, items])
        few = rows_of(histories) * len(items) <= 4 * of_liked.nnz
        width = max(1, _BLOCK // max(1, len(items)))
        for start in range(0, len(self.vectors), width):
            block = slice(start, start + width)
            if few:  # as for one history: rows by columns read the vectors in order, which takes half the time
                total[:, block] = (self._sharp(self.vectors[block] @ liked.T) @ of_liked.toarray().T).T
            else:
                total[:, block] = of_liked @ self._sharp(liked @ self.vectors[block].T)
        return total

    def shares(self, items: npt.NDArray[np.intp], item: int) -> dict[str, npt.NDArray[np.float64]]:
        """Name of each table to its share (h,) of the similarity of `items` to `item`; shares sum to it.

        `max(s, 0)^p = max(s, 0)^(p-1) * (s_1 + s_2 + ...)`, with s the sum of the tables' own products.
        """
        starts = (0, *self.ends.values())
        products = {
            name: self.vectors[items, start:end].astype(np.float64) @ self.vectors[item, start:end]
            for (name, end), start in zip(self.ends.items(), starts, strict=False)
        }
        whole = np.sum(list(products.values()), axis=0) if products else np.zeros(len(items))
        factor = 1.0 if self.sharpness == 1 else np.maximum(whole, 0) ** (self.sharpness - 1) * (whole > 0)
        return {name: product * factor for name, product in products.items()}

    def _sharp(self, similarities: FloatArray) -> FloatArray:
        """`max(s, 0)^sharpness`, in place."""
        np.maximum(similarities, 0, out=similarities)
        if self.sharpness == 2:  # several times faster than a power
            return np.square(similarities, out=similarities)
        return np.power(similarities, np.float32(self.sharpness), out=similarities)


def _whitened(table: FloatArray, power: float) -> FloatArray:
    """(N, W') of one table, rows of length 1; rows of zeros stay."""
    there = (table != 0).any(axis=1)
    centred = np.where(there[:, None], table - table[there].mean(axis=0), 0).astype(np.float32)
    variance, directions = np.linalg.eigh((centred.T @ centred).astype(np.float64) / there.sum())
    kept = np.flatnonzero(variance > _LEAST_VARIANCE * variance.max())[-_MOST_DIRECTIONS:]
    return _unit(centred @ (directions[:, kept] * variance[kept] ** -power).astype(np.float32))


def _unit(rows: FloatArray) -> FloatArray:
    """Rows scaled to length 1; shorter than 1e-6 they stay as they are."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, lengths, out=rows.astype(np.float32), where=lengths > 1e-6)
