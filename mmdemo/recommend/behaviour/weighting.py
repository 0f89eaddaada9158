"""Users and items weighted by how many choices they have."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags


def powers(counts: npt.NDArray, exponent: float) -> npt.NDArray[np.float64]:
    """`counts ** exponent`, 0 where a count is 0."""
    counts = counts.astype(np.float64)
    return np.where(counts > 0, np.where(counts > 0, counts, 1.0) ** exponent, 0.0)


def user_counts(chosen: csr_matrix) -> npt.NDArray[np.intp]:
    """(U,) choices of each user."""
    return np.diff(chosen.indptr).astype(np.intp)


def item_counts(chosen: csr_matrix) -> npt.NDArray[np.intp]:
    """(N,) choices of each item."""
    shape = chosen.shape or (0, 0)
    return np.bincount(chosen.indices, minlength=shape[1])


def scaled(chosen: csr_matrix, *, users: npt.NDArray | None = None, items: npt.NDArray | None = None) -> csr_matrix:
    """Float32 rows times `users` (U,), columns times `items` (N,)."""
    matrix = csr_matrix(chosen, dtype=np.float64)
    if users is not None:
        matrix = diags(users) @ matrix
    if items is not None:
        matrix = matrix @ diags(items)
    return csr_matrix(matrix, dtype=np.float32)
