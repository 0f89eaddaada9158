"""Walks from items to the users who chose them and on to what these chose."""

import numpy as np
from scipy.sparse import csr_matrix, diags

from mmdemo.recommend.behaviour.weighting import powers, user_counts
from mmdemo.types import FloatArray

_SPARSE_UP_TO = 0.001
"""Share of entries that are not 0 above which a dense product is faster."""


class Walks:
    """Walks over the choices L of some users, without any matrix of items by items.

    Args:
        chosen: (U, N) float32 of ones, L.
    """

    def __init__(self, chosen: csr_matrix) -> None:
        self.chosen = chosen
        self._of_items = csr_matrix(chosen.T)
        self._back = csr_matrix(diags(powers(user_counts(chosen), -1.0)) @ chosen, dtype=np.float32)
        self._back_of_items = csr_matrix(self._back.T)

    def near(self, histories: csr_matrix) -> FloatArray:
        """`r L'L`, (B, N): how many users chose an item together with those of the history."""
        return csr_matrix(csr_matrix(histories @ self._of_items) @ self.chosen).toarray()

    def far(self, histories: csr_matrix) -> FloatArray:
        """`r (L' D_u^-1 L)^3`, (B, N): three steps, in each of which a user shares out one among its choices."""
        reached: csr_matrix | FloatArray = histories
        for _ in range(3):
            reached = self._step(reached)
        return reached if isinstance(reached, np.ndarray) else reached.toarray()

    def _step(self, reached: csr_matrix | FloatArray) -> csr_matrix | FloatArray:
        """One step; sparse for as long as it reaches few items."""
        if isinstance(reached, np.ndarray):
            return np.asarray(self._back_of_items @ (self.chosen @ reached.T), np.float32).T
        after = csr_matrix(csr_matrix(reached @ self._of_items) @ self._back)
        rows, columns = after.shape or (1, 1)
        return after.toarray() if after.nnz > _SPARSE_UP_TO * rows * columns else after
