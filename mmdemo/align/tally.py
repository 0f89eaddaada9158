"""What is added up over the folds of an evaluation, and the figures that come of it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mmdemo.align.data import AlignmentData, IntArray
from mmdemo.align.report import CUTOFFS, Failure, Pair, PairScores
from mmdemo.metrics import geometry
from mmdemo.metrics.bootstrap import median_interval, recall_intervals
from mmdemo.metrics.retrieval import chance_recall_at, expected_ranks, recall_at
from mmdemo.types import FloatArray, Modality

NEIGHBOURS = 10
"""The k of the k-occurrence."""
FAILURES = 12
"""How many items with the worst ranks are named of each ordered pair."""
MOST_QUERIES = 2000
"""Of one fold and pair; where there are more, that many are drawn."""
_QUERIES_AT_ONCE = 500

Vectors = Mapping[Modality, FloatArray]


@dataclass(slots=True, eq=False)
class PairTally:
    """Retrieval from one modality into another, over folds.

    Args:
        candidates: How many vectors are ranked.
    """

    candidates: int
    items: list[IntArray] = field(default_factory=list)
    ranks: list[npt.NDArray[np.float64]] = field(default_factory=list)
    right: list[IntArray] = field(default_factory=list)
    occurrences: npt.NDArray[np.intp] | int = 0

    def ask(self, queries: FloatArray, candidates: FloatArray, items: IntArray, groups: IntArray, of: IntArray) -> None:
        """Add queries of one fold.

        Args:
            queries: (Q, D).
            candidates: (N, D), the same items in every fold.
            items: (Q,) item of each query.
            groups: Group of every item of the catalogue.
            of: (N,) item of each candidate.
        """
        for start in range(0, len(items), _QUERIES_AT_ONCE):
            some = slice(start, start + _QUERIES_AT_ONCE)
            similarity = queries[some] @ candidates.T
            relevant = groups[items[some]][:, None] == groups[of][None, :]
            self.items.append(items[some])
            self.ranks.append(expected_ranks(similarity, relevant))
            self.right.append(relevant.sum(axis=1))
            self.occurrences = self.occurrences + geometry.k_occurrence(similarity, NEIGHBOURS)

    def scores(self, groups: IntArray, *, seed: int) -> PairScores:
        """Recall, chance, median rank and their intervals."""
        ranks, asked = np.concatenate(self.ranks), groups[np.concatenate(self.items)]
        return PairScores(
            pairs=len(ranks),
            candidates=self.candidates,
            recall=recall_at(ranks, CUTOFFS),
            intervals=recall_intervals(ranks, asked, CUTOFFS, seed=seed),
            chance=chance_recall_at(np.concatenate(self.right), self.candidates, CUTOFFS),
            median_rank=float(np.median(ranks)),
            median_interval=median_interval(ranks, asked, seed=seed),
        )

    def failures(self, pair: Pair, names: npt.NDArray[np.str_]) -> list[Failure]:
        """The worst items that are not within the largest cut-off."""
        ranks, items = np.concatenate(self.ranks), np.concatenate(self.items)
        worst = np.argsort(-ranks, kind="stable")[:FAILURES]
        return [
            Failure(str(names[items[row]]), *pair, float(ranks[row]), self.candidates)
            for row in worst
            if ranks[row] > CUTOFFS[-1]
        ]

    def hubness(self) -> float:
        """Skewness of the k-occurrences."""
        return geometry.skewness(np.asarray(self.occurrences))


@dataclass(slots=True)
class Mean:
    """A mean over folds, each weighted by how many items it stands for."""

    total: float = 0.0
    weight: int = 0

    def add(self, value: float, weight: int) -> None:
        """Add one fold."""
        self.total += value * weight
        self.weight += weight

    @property
    def value(self) -> float:
        """The mean so far."""
        return self.total / self.weight


@dataclass(slots=True, eq=False)
class Tally:
    """Everything that is measured of one alignment's held-out vectors."""

    pairs: dict[Pair, PairTally] = field(default_factory=dict)
    squared_gap: dict[Pair, Mean] = field(default_factory=dict)
    closeness: dict[Pair, Mean] = field(default_factory=dict)
    potential: dict[Modality, Mean] = field(default_factory=dict)

    def add(self, data: AlignmentData, vectors: Vectors, held: npt.NDArray[np.bool_], *, seed: int) -> None:
        """Add one fold.

        Args:
            data: Whose items they are.
            vectors: Modality to (N_m, D) vectors of all items, from a fit without those that are held out.
            held: (N,) which items are.
            seed: For samples of queries.
        """
        rng = np.random.default_rng(seed)
        for first in vectors:
            entry = data.sets[first]
            chosen = _some(np.flatnonzero(held[entry.rows]), rng)
            if len(chosen) > 1:
                potential = geometry.gaussian_potential(vectors[first][chosen])
                self.potential.setdefault(first, Mean()).add(potential, len(chosen))
            for second in vectors:
                if second is not first:
                    self._add_pair(data, vectors, held, (first, second), rng)

    def _add_pair(
        self,
        data: AlignmentData,
        vectors: Vectors,
        held: npt.NDArray[np.bool_],
        pair: Pair,
        rng: np.random.Generator,
    ) -> None:
        first, second = pair
        rows, partners = data.paired_rows(first, second)
        chosen = _some(np.flatnonzero(held[data.sets[first].rows[rows]]), rng)
        rows, partners = rows[chosen], partners[chosen]
        if not len(rows):
            return
        of = data.sets[second].rows
        tally = self.pairs.setdefault(pair, PairTally(len(of)))
        tally.ask(vectors[first][rows], vectors[second], data.sets[first].rows[rows], data.groups, of)
        if pair == in_order(pair):
            self._compare(vectors[first][rows], vectors[second][partners], pair)

    def _compare(self, first: FloatArray, second: FloatArray, pair: Pair) -> None:
        self.closeness.setdefault(pair, Mean()).add(geometry.alignment(first, second), len(first))
        if len(first) > 1:
            gap = geometry.squared_modality_gap(first, second)
            self.squared_gap.setdefault(pair, Mean()).add(gap, len(first))

    def gaps(self) -> dict[Pair, float]:
        """Modality gap of each unordered pair."""
        return {pair: math.sqrt(max(0.0, mean.value)) for pair, mean in self.squared_gap.items()}

    def keep(self, modalities: frozenset[Modality]) -> None:
        """Forget what was measured of any other modality."""
        for entries in (self.pairs, self.squared_gap, self.closeness):
            for pair in [pair for pair in entries if not modalities.issuperset(pair)]:
                del entries[pair]
        for modality in self.potential.keys() - modalities:
            del self.potential[modality]


def in_order(pair: Pair) -> Pair:
    """The two in the order of `Modality`."""
    order = list(Modality)
    first, second = sorted(pair, key=order.index)
    return first, second


def _some(rows: IntArray, rng: np.random.Generator) -> IntArray:
    return rows if len(rows) <= MOST_QUERIES else np.sort(rng.choice(rows, MOST_QUERIES, replace=False))
