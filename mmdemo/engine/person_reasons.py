"""Why a person gets an item: which liked items brought it, by what, and in what the two are alike."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.interactions import ItemFeatures
from mmdemo.recommend.behaviour.base import MOST_FOR_SHAPLEY, BehaviourModel
from mmdemo.recommend.behaviour.because import Because
from mmdemo.types import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

REFERENCE_ITEMS = 2000
"""With how many items a likeness is compared; all of them where there are no more."""
REMEMBERED = 256
_EQUAL = 1e-6
"""Cosines that differ by less are the same but for rounding."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What one rated item does to the score of a recommended one.

    Args:
        item_id: The rated item.
        liked: Whether it was liked; else it was disliked.
        value: What it adds to the score.
        through: Name of the feature table that most of the value came through, or `BEHAVIOUR_PART` where it came from
            what people chose together; None where the model does not tell.
        alike_in: Name of the table in which the two items are most alike; None where they share none.
        alike: How alike: share of items, in percent, that are less like the rated one in that table.
    """

    item_id: str
    liked: bool
    value: float
    through: str | None
    alike_in: str | None
    alike: float


def is_additive(model: BehaviourModel) -> bool:
    """Whether the model's scores are sums over the history, which are told apart at no cost.

    The others ask for the scores of many parts of the history to explain a single item.
    """
    parts: Sequence[BehaviourModel] = getattr(model, "models", ())
    return type(model)._explain is not BehaviourModel._explain and all(map(is_additive, parts))


def quick_reasons(
    model: BehaviourModel, history: "csr_matrix", columns: npt.NDArray[np.intp], *, within_s: float
) -> list[Because | None]:
    """Why each of k items has its score, quickly: exact where the model is additive.

    Else each value is the fall of the score when one item of the history is left out, for all k items at once.

    Args:
        model: Who scores.
        history: (1, N) CSR, a row as in `BehaviourModel.scores`.
        columns: (k,) the items.
        within_s: Once so many seconds have passed, no further item is explained; the first always is.

    Returns:
        (k,) None for items that there was no time to explain.
    """
    if not is_additive(model):
        return list(_left_out(model, history, columns))
    found: list[Because | None] = [None] * len(columns)
    started = time.perf_counter()
    for at, column in enumerate(columns):
        found[at] = model.explain(history, int(column))
        if time.perf_counter() - started > within_s:
            break
    return found


def full_reason(model: BehaviourModel, history: "csr_matrix", column: int) -> Because:
    """Why one item has its score, as well as the model can tell; may take a second where it is not additive."""
    if is_additive(model) or history.nnz <= MOST_FOR_SHAPLEY:
        return model.explain(history, column)
    return _left_out(model, history, np.array([column]))[0]


def _left_out(model: BehaviourModel, history: "csr_matrix", columns: npt.NDArray[np.intp]) -> list[Because]:
    """Asks for the scores of h + 2 parts of the history."""
    from scipy.sparse import csr_matrix

    items = history.indices.astype(np.intp)
    size = len(items)
    members = np.concatenate([~np.eye(size, dtype=bool), np.ones((1, size), bool), np.zeros((1, size), bool)])
    starts = np.r_[0, np.cumsum(members.sum(axis=1))]
    kept = np.broadcast_to(items, members.shape)[members]
    parts = csr_matrix((np.ones(len(kept), np.float32), kept, starts), shape=(len(members), len(model.item_ids)))
    worth = model.scores(parts)[:, columns].astype(np.float64)
    falls = worth[-2] - worth[:size]
    return [Because(items, falls[:, at], float(worth[-1, at]), how="left out") for at in range(len(columns))]


def through(because: Because, at: int) -> str | None:
    """The name under which most of the value of one item of the history came."""
    if because.parts is None:
        return None
    values = {name: float(part[at]) for name, part in because.parts.items()}
    return max(values, key=lambda name: values[name], default=None)


class Likeness:
    """How alike two items are, in each table of features; safe to use from several threads.

    Args:
        features: Of all items.
    """

    def __init__(self, features: ItemFeatures) -> None:
        self._tables: dict[str, FloatArray] = {}
        self._reference: dict[str, FloatArray] = {}
        for name, table in features.vectors.items():
            length = np.linalg.norm(table, axis=1, keepdims=True)
            unit = (table / np.where(length > 0, length, 1)).astype(np.float32)
            has = np.flatnonzero(length[:, 0] > 0)
            self._tables[name] = unit
            self._reference[name] = unit[has[:: max(1, -(-len(has) // REFERENCE_ITEMS))]]
        self._sorted = lru_cache(maxsize=REMEMBERED)(self._similarities)

    def most(self, rated: int, found: int) -> tuple[str | None, float]:
        """The table in which two items are most alike, and how alike; see `Reason.alike`."""
        best: tuple[str | None, float] = (None, -1.0)
        for name, table in self._tables.items():
            if table[rated].any() and table[found].any():
                others = self._sorted(name, rated)
                below = np.searchsorted(others, float(table[found] @ table[rated]) - _EQUAL)
                best = max(best, (name, 100 * float(below) / len(others)), key=lambda pair: pair[1])
        return best[0], max(best[1], 0.0)

    def _similarities(self, name: str, rated: int) -> FloatArray:
        """Cosines of the reference items with one item, ascending."""
        return np.sort(self._reference[name] @ self._tables[name][rated])
