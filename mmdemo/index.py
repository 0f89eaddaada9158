"""Exact search over the vectors of a catalogue, held in memory.

Exact is fast enough here: 100,000 vectors of width 384 take milliseconds on two cores, and nothing is lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.errors import SpaceMismatchError
from mmdemo.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One comparison of a query vector with a table, already scaled to the unit in which terms are summed.

    Args:
        table: Which table to compare with.
        vector: (D,) float32, the query's vector times the term's slope.
        offset: Added for every item that is in the table.
    """

    table: str
    vector: FloatArray
    offset: float


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Vectors of some of the items.

    Args:
        vectors: (N_t, D) float32.
        rows: (N_t,) item of each vector, ascending; None where every item has one, in order.
    """

    vectors: FloatArray
    rows: npt.NDArray[np.intp] | None


class ExactIndex:
    """Sums of scaled similarities of every item with a query.

    Args:
        items: Number N of items.
        tables: Name to vectors; an item that is not in a table gets nothing from it.
    """

    def __init__(self, items: int, tables: Mapping[str, Table]) -> None:
        self.items = items
        self.tables = dict(tables)

    def similarities(self, table: str, vector: FloatArray) -> FloatArray:
        """Dot products (N_t,) of a query vector (D,) with the rows of one table.

        Raises:
            SpaceMismatchError: The vector is of another width than the table.
        """
        entry = self.tables[table]
        if vector.shape != entry.vectors.shape[1:]:
            raise SpaceMismatchError(
                f"a query vector of shape {vector.shape}",
                expected=f"shape {entry.vectors.shape[1:]} of table '{table}'",
                remedy="encode the query with the encoders of this workspace",
            )
        return entry.vectors @ vector

    def scores(self, terms: Sequence[Term]) -> FloatArray:
        """Sum over the terms, (N,) float32; 0 for items that no term reaches."""
        total = np.zeros(self.items, dtype=np.float32)
        for term in terms:
            found = self.similarities(term.table, term.vector)
            found += np.float32(term.offset)
            rows = self.tables[term.table].rows
            if rows is None:
                total += found
            else:
                total[rows] += found
        return total


def best(scores: FloatArray, k: int) -> npt.NDArray[np.intp]:
    """Positions of the k highest finite scores, best first; ties in order of position."""
    candidates = np.arange(len(scores))
    if k < len(scores):
        threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
        candidates = np.flatnonzero(scores >= threshold)
    candidates = candidates[np.isfinite(scores[candidates])]
    return candidates[np.argsort(-scores[candidates], kind="stable")][:k]
