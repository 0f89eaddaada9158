"""Item-kNN: items that were chosen by the same people."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.base import Options, Settings
from mmdemo.recommend.behaviour.linear import LinearModel, back_off
from mmdemo.recommend.behaviour.packing import packed, unpacked
from mmdemo.recommend.behaviour.weighting import item_counts, powers, scaled, user_counts
from mmdemo.types import FloatArray

_BLOCK = 2048
"""Items whose neighbours are sought at once."""


class ItemKnn(LinearModel):
    """Neighbours of items by who chose them (Sarwar et al. 2001), with exponents.

    `K[i, j] = g / (g + shrink) * g_ij / (c_i^liked * c_j^popularity)`, with `g_ij = sum_u n_u^-degree x_ui x_uj`, the
    choices `c_i` of an item and `n_u` of a user, and g = how many chose both. Both exponents at 0.5 are the cosine; a
    lower `popularity` favours what many choose; `degree` makes users with many choices count less. Each item keeps
    its `neighbours` most similar ones, and those that equal the last of them.

    Args:
        settings: See `BehaviourModel`.
        constant: (N,) float32.
        similar: (N, N) float32; row i holds the neighbours of item i.
    """

    name: ClassVar[str] = "item-knn"

    def __init__(self, settings: Settings, constant: FloatArray, similar: csr_matrix) -> None:
        super().__init__(settings, constant)
        self.similar = similar

    @classmethod
    def fit(
        cls,
        train: Interactions,
        features: ItemFeatures | None,  # noqa: ARG003
        options: Options,
        *,
        seed: int = 0,  # noqa: ARG003
        progress: Progress = silent,
    ) -> Self:
        """See `BehaviourModel.fit`."""
        counts = item_counts(train.chosen)
        weighted = scaled(
            train.chosen,
            users=powers(user_counts(train.chosen), -float(options["degree"])),
            items=powers(counts, -float(options["popularity"])),
        )
        liked = csr_matrix(scaled(train.chosen, items=powers(counts, -float(options["liked"]))).T)
        both = csr_matrix(train.chosen.T)
        blocks = []
        for start in range(0, len(counts), _BLOCK):
            progress(start, len(counts), "Looking for items chosen together")
            block = csr_matrix(liked[start : start + _BLOCK] @ weighted)
            if options["shrink"]:
                together = csr_matrix(both[start : start + _BLOCK] @ train.chosen)
                together.data = together.data / (together.data + np.float32(options["shrink"]))
                block = csr_matrix(block.multiply(together))
            blocks.append(nearest(_without_self(block, start), int(options["neighbours"])))
        similar = csr_matrix(vstack(blocks)) if blocks else csr_matrix((0, 0), dtype=np.float32)
        return cls(Settings(train.item_ids, options), back_off(train), similar)

    def _sums(self, histories: csr_matrix) -> FloatArray:
        return csr_matrix(histories @ self.similar).toarray()

    def _similar(self, items: npt.NDArray[np.intp], item: int) -> npt.NDArray[np.float64]:
        return self.similar[items, :][:, [item]].toarray()[:, 0].astype(np.float64)

    def arrays(self) -> dict[str, npt.NDArray]:
        """See `BehaviourModel.arrays`."""
        return {"constant": self.constant, **packed("similar", self.similar)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray], settings: Settings) -> Self:
        """See `BehaviourModel.from_arrays`."""
        return cls(settings, arrays["constant"], unpacked("similar", arrays))


def _without_self(block: csr_matrix, start: int) -> csr_matrix:
    """The block of rows from `start` on without its diagonal."""
    rows = np.repeat(np.arange(len(block.indptr) - 1), np.diff(block.indptr))
    block.data[block.indices == rows + start] = 0
    block.eliminate_zeros()
    return block


def nearest(matrix: csr_matrix, most: int) -> csr_matrix:
    """The `most` greatest values of each row, and those that equal the least of them, so that order plays no part."""
    rows = np.repeat(np.arange(len(matrix.indptr) - 1), np.diff(matrix.indptr))
    order = np.lexsort((np.negative(matrix.data), rows))
    starts, ends = matrix.indptr[:-1], matrix.indptr[1:]
    last = np.where(starts + most < ends, starts + most, ends) - 1
    least = matrix.data[order][last] if len(order) else np.zeros(len(last), np.float32)
    kept = matrix.data >= least[rows]
    return csr_matrix(
        (matrix.data[kept], matrix.indices[kept], np.r_[0, np.cumsum(kept)][matrix.indptr]), shape=matrix.shape
    )
