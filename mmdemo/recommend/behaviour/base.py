"""What all models of behaviour share: checks, histories to scores, explanations, arrays to keep."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mmdemo.errors import InteractionsError
from mmdemo.fusion.options import Value
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.because import Because, left_out_values, shapley_values
from mmdemo.types import FloatArray

Options = Mapping[str, Value]
MOST_FOR_SHAPLEY = 10
"""Liked items whose 2^h parts are all scored; with more, one item at a time is left out."""
_BLOCK = 1 << 24
"""Most scores held at once while explaining."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a fitted model is beside its arrays.

    Args:
        item_ids: (N,) the items that it scores, in the order of its columns.
        options: Every option of its `BehaviourSpec` with its value.
    """

    item_ids: tuple[str, ...]
    options: Options = field(default_factory=dict)


class BehaviourModel(ABC):
    """Histories of choices to scores of all items.

    A subclass writes `fit`, `_scores`, `arrays` and `from_arrays`, and `_explain` where its scores are sums over the
    history. Users are known by their history alone: one that was never seen in training is scored like any other, and
    no item is told apart by its id or its place. `mmdemo.recommend.behaviour.table.fit` fits one by its name.

    Args:
        settings: The items, and the options in full.
    """

    name: ClassVar[str]

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def item_ids(self) -> tuple[str, ...]:
        """(N,) the items, in the order of the columns."""
        return self.settings.item_ids

    @classmethod
    @abstractmethod
    def fit(
        cls,
        train: Interactions,
        features: ItemFeatures | None,
        options: Options,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Self:
        """Learn from choices.

        Args:
            train: Choices of U users among N items; users or items may have none.
            features: Of the same items in the same order; None where there are none.
            options: Every option of the model's spec with its value.
            seed: For what is drawn at random; the same seed gives the same model.
            progress: Told how far it is; raises `CancelledError` to stop.

        Raises:
            InteractionsError: It cannot be fitted to these.
        """

    @abstractmethod
    def _scores(self, histories: csr_matrix) -> FloatArray:
        """See `scores`; `histories` is float32 of ones with sorted columns."""

    @abstractmethod
    def arrays(self) -> dict[str, npt.NDArray]:
        """All that was learned: numbers and booleans by name, for `from_arrays`."""

    @classmethod
    @abstractmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray], settings: Settings) -> Self:
        """The model that `arrays` took apart."""

    def scores(self, histories: csr_matrix) -> FloatArray:
        """Scores (B, N) float32 of all items for each of B histories; higher is better.

        Items of the history are scored as any other: leave them out where they should not come again. A history
        without items has scores, too: what the model knows of items whoever asks, and where that is nothing, zeros. A
        row depends on no other row.

        Args:
            histories: (B, N) CSR; whatever is not 0 was chosen.

        Raises:
            InteractionsError: The histories are about another number of items.
        """
        return self._scores(self._checked(histories))

    def explain(self, history: csr_matrix, item: int) -> Because:
        """Why `item` has its score for `history`.

        Args:
            history: (1, N) CSR, a row as in `scores`.
            item: Column of the item.

        Raises:
            InteractionsError: More than one history, of another number of items, or no such item.
        """
        history = self._checked(history)
        if rows_of(history) != 1 or not 0 <= item < len(self.item_ids):
            raise InteractionsError(
                f"{rows_of(history)} histories and item {item}",
                expected=f"one history and an item from 0 to {len(self.item_ids) - 1} are needed",
                remedy="ask for one at a time",
            )
        return self._explain(history, item)

    def _explain(self, history: csr_matrix, item: int) -> Because:
        """See `explain`; by default from scores of parts of the history."""
        items = history.indices.astype(np.intp)

        def worths(members: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
            rows = max(1, _BLOCK // max(1, len(self.item_ids)))
            blocks = [members[start : start + rows] for start in range(0, len(members), rows)]
            return np.concatenate([self._score_of(_parts(items, block, len(self.item_ids)), item) for block in blocks])

        if len(items) <= MOST_FOR_SHAPLEY:
            return Because(items, *shapley_values(worths, len(items)), how="shapley")
        return Because(items, *left_out_values(worths, len(items)), how="left out")

    def _score_of(self, histories: csr_matrix, item: int) -> npt.NDArray[np.float64]:
        """Score (B,) of one item."""
        return self._scores(histories)[:, item].astype(np.float64)

    def _checked(self, histories: csr_matrix) -> csr_matrix:
        """A copy with sorted columns and ones."""
        if histories.shape != (rows_of(histories), len(self.item_ids)):
            raise InteractionsError(
                f"histories of shape {histories.shape}",
                expected=f"rows over the {len(self.item_ids)} items that the model knows are needed",
                remedy="fit the model to this catalogue",
            )
        checked = csr_matrix(histories, dtype=np.float32, copy=True)
        checked.sum_duplicates()
        checked.eliminate_zeros()
        checked.data = np.ones(checked.nnz, np.float32)
        return checked


def rows_of(histories: csr_matrix) -> int:
    """How many histories, B."""
    return len(histories.indptr) - 1


def _parts(items: npt.NDArray[np.intp], members: npt.NDArray[np.bool_], width: int) -> csr_matrix:
    """Histories (S, N) of the items that each row of `members` (S, h) keeps."""
    starts = np.r_[0, np.cumsum(members.sum(axis=1))]
    columns = np.broadcast_to(items, members.shape)[members]
    return csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape=(len(members), width))
