"""Popularity: what most people chose."""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.base import BehaviourModel, Options, Settings, rows_of
from mmdemo.recommend.behaviour.because import Because
from mmdemo.types import FloatArray


class Popularity(BehaviourModel):
    """Share of the users who chose an item, whatever the history.

    Args:
        settings: See `BehaviourModel`.
        shares: (N,) float32.
    """

    name: ClassVar[str] = "popularity"

    def __init__(self, settings: Settings, shares: FloatArray) -> None:
        super().__init__(settings)
        self.shares = shares

    @classmethod
    def fit(
        cls,
        train: Interactions,
        features: ItemFeatures | None,  # noqa: ARG003
        options: Options,
        *,
        seed: int = 0,  # noqa: ARG003
        progress: Progress = silent,  # noqa: ARG003
    ) -> Self:
        """See `BehaviourModel.fit`."""
        counts = np.bincount(train.chosen.indices, minlength=len(train.item_ids))
        shares = (counts / max(1, len(train.user_ids))).astype(np.float32)
        return cls(Settings(train.item_ids, options), shares)

    def _scores(self, histories: csr_matrix) -> FloatArray:
        return np.tile(self.shares, (rows_of(histories), 1))

    def _explain(self, history: csr_matrix, item: int) -> Because:
        """The score is constant."""
        return Because(history.indices.astype(np.intp), np.zeros(history.nnz), float(self.shares[item]))

    def arrays(self) -> dict[str, npt.NDArray]:
        """See `BehaviourModel.arrays`."""
        return {"shares": self.shares}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray], settings: Settings) -> Self:
        """See `BehaviourModel.from_arrays`."""
        return cls(settings, arrays["shares"])
