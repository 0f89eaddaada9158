"""Models that see histories through a few directions."""

from collections.abc import Mapping
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import ArpackNoConvergence, svds

from mmdemo.recommend.behaviour.base import Settings
from mmdemo.recommend.behaviour.linear import LinearModel
from mmdemo.types import FloatArray

_DENSE = 1_000_000
"""Matrices with at most so many entries are decomposed in full."""
_RESTARTS = 50
"""Of Lanczos' method; graphs of people who chose take some ten."""
_LEAST_VALUE = 1e-6
"""Of the greatest; singular vectors of smaller values are arbitrary."""


class LowRank(LinearModel):
    """`K = left @ right.T`.

    Args:
        settings: See `BehaviourModel`.
        constant: (N,) float32.
        left: (N, F) float32, of the items of the history.
        right: (N, F) float32, of the items that are scored.
    """

    def __init__(self, settings: Settings, constant: FloatArray, left: FloatArray, right: FloatArray) -> None:
        super().__init__(settings, constant)
        self.left = left
        self.right = right

    def _sums(self, histories: csr_matrix) -> FloatArray:
        return (histories @ self.left) @ self.right.T

    def _similar(self, items: npt.NDArray[np.intp], item: int) -> npt.NDArray[np.float64]:
        return self.left[items].astype(np.float64) @ self.right[item]

    def arrays(self) -> dict[str, npt.NDArray]:
        """See `BehaviourModel.arrays`."""
        return {"constant": self.constant, "left": self.left, "right": self.right}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray], settings: Settings) -> Self:
        """See `BehaviourModel.from_arrays`."""
        return cls(settings, arrays["constant"], arrays["left"], arrays["right"])


def right_vectors(matrix: csr_matrix, most: int, *, seed: int) -> FloatArray:
    """The right singular vectors (N, F) of the `most` greatest singular values; fewer where the rank is less.

    Where Lanczos' method does not converge soon, which is where many values are alike, by random projection with power
    iterations (Halko, Martinsson & Tropp 2011, algorithm 4.4), which takes as long for any matrix.
    """
    rows, columns = matrix.shape or (0, 0)
    if not matrix.nnz:
        return np.zeros((columns, 0), np.float32)
    if rows * columns <= _DENSE or most >= min(rows, columns) - 1:
        _, values, vectors = np.linalg.svd(matrix.toarray().astype(np.float64), full_matrices=False)
    else:
        values, vectors = _truncated(csr_matrix(matrix, dtype=np.float64), most, seed=seed)
    order = np.argsort(-values, kind="stable")[:most]
    order = order[values[order] > _LEAST_VALUE * values.max()]
    return np.asarray(vectors, np.float32)[order].T.copy()


def _truncated(matrix: csr_matrix, most: int, *, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Singular values (F,) and right vectors (F, N)."""
    start = np.random.default_rng(seed).standard_normal(min(matrix.shape or (0,)))
    try:
        _, values, vectors = svds(matrix, k=most, v0=start, maxiter=_RESTARTS)
    except ArpackNoConvergence:
        from sklearn.decomposition import TruncatedSVD

        projection = TruncatedSVD(
            most, n_iter=20, n_oversamples=most, power_iteration_normalizer="QR", random_state=seed
        )
        projection.fit(matrix)
        values, vectors = projection.singular_values_, projection.components_
    return np.asarray(values), np.asarray(vectors)
