"""Models with a vector for each user, asked for people whom they do not know: histories stand in for users."""

from collections.abc import Mapping
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags

from mmdemo.recommend.behaviour.base import BehaviourModel, Settings, rows_of
from mmdemo.recommend.behaviour.because import Because
from mmdemo.recommend.behaviour.weighting import powers, user_counts
from mmdemo.types import FloatArray

_RIDGE = 0.01
"""Per user, of the variance of the means: how far the map is drawn to the average user."""


class FoldedIn(BehaviourModel):
    """`scores = mean of liked over the history @ offered.T + constant`.

    Args:
        settings: See `BehaviourModel`.
        liked: (N, D) float32; their mean over a history is what its user differs by from the average one.
        offered: (N, D) float32.
        constant: (N,) float32, scores for the average user.
    """

    def __init__(self, settings: Settings, liked: FloatArray, offered: FloatArray, constant: FloatArray) -> None:
        super().__init__(settings)
        self.liked = liked
        self.offered = offered
        self.constant = constant

    def _scores(self, histories: csr_matrix) -> FloatArray:
        users = means(histories) @ self.liked if rows_of(histories) else np.zeros((0, self.liked.shape[1]), np.float32)
        return np.asarray(users @ self.offered.T + self.constant, np.float32)

    def _explain(self, history: csr_matrix, item: int) -> Because:
        """A mean is a sum over the history."""
        items = history.indices.astype(np.intp)
        values = self.liked[items].astype(np.float64) @ self.offered[item] / max(1, len(items))
        return Because(items, values, float(self.constant[item]))

    def arrays(self) -> dict[str, npt.NDArray]:
        """See `BehaviourModel.arrays`."""
        return {"liked": self.liked, "offered": self.offered, "constant": self.constant}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray], settings: Settings) -> Self:
        """See `BehaviourModel.from_arrays`."""
        return cls(settings, arrays["liked"], arrays["offered"], arrays["constant"])


def means(chosen: csr_matrix) -> csr_matrix:
    """Rows divided by their number of choices."""
    return csr_matrix(diags(powers(user_counts(chosen), -1.0)) @ chosen, dtype=np.float32)


def folded_in(
    chosen: csr_matrix, items: FloatArray, users: FloatArray
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """What a user's vector is most likely to be, from the mean of its items' vectors: ridge regression.

    Args:
        chosen: (U, N) choices of the users in training.
        items: (N, D) vectors.
        users: (U, D') vectors that were learned.

    Returns:
        For each item (N, D') what it says of those who choose it, for the mean over a history; and the average user's
        vector (D',).
    """
    there = user_counts(chosen) > 0
    seen = np.asarray(means(csr_matrix(chosen[there])) @ items, np.float64)
    known = users[there].astype(np.float64)
    average = known.mean(axis=0)
    gram = seen.T @ seen
    gram[np.diag_indices_from(gram)] += _RIDGE * np.trace(gram) / len(gram) + 1e-9
    to_user = np.linalg.solve(gram, seen.T @ (known - average))
    return (items @ to_user).astype(np.float32), average.astype(np.float32)
