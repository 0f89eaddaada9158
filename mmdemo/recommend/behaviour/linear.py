"""Models whose scores are a sum over the history: a similarity of items to items, and a constant."""

from abc import abstractmethod

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.interactions import Interactions
from mmdemo.recommend.behaviour.base import BehaviourModel, Settings
from mmdemo.recommend.behaviour.because import Because
from mmdemo.types import FloatArray

BACK_OFF = 1e-6
"""How much popularity counts: enough to order what is otherwise equal, too little to change anything else."""


class LinearModel(BehaviourModel):
    """`scores = histories @ K + constant`, with K (N, N) never written out unless it is small or sparse.

    Without a history, and among items that no liked item leads to, the most chosen come first.

    Args:
        settings: See `BehaviourModel`.
        constant: (N,) float32.
    """

    def __init__(self, settings: Settings, constant: FloatArray) -> None:
        super().__init__(settings)
        self.constant = constant

    @abstractmethod
    def _sums(self, histories: csr_matrix) -> FloatArray:
        """`histories @ K`, (B, N) float32."""

    @abstractmethod
    def _similar(self, items: npt.NDArray[np.intp], item: int) -> npt.NDArray[np.float64]:
        """`K[items, item]`, (h,)."""

    def _scores(self, histories: csr_matrix) -> FloatArray:
        return self._sums(histories) + self.constant

    def _explain(self, history: csr_matrix, item: int) -> Because:
        """The score is the sum of one column of K over the history."""
        items = history.indices.astype(np.intp)
        return Because(items, self._similar(items, item), float(self.constant[item]))


def back_off(train: Interactions) -> FloatArray:
    """(N,) share of the users who chose each item, times `BACK_OFF`."""
    counts = np.bincount(train.chosen.indices, minlength=len(train.item_ids))
    return (BACK_OFF * counts / max(1, len(train.user_ids))).astype(np.float32)
