"""Measure a catalogue's background pairs, matching pairs and answers to nonsense."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from mmdemo.recommend.evidence import ITEM_KIND, PROBABILITIES, Calibration, KindBackground, PairEvidence
from mmdemo.types import FloatArray, Modality

SAMPLE_QUERIES = 256
SAMPLE_ITEMS = 5000
FEWEST_MATCHES = 10
"""Fewer held-out matching pairs than this say nothing about a pair of modalities."""
FEWEST_BACKGROUND = 100
"""With fewer background pairs (a dozen items) the usual statistics of these encoders are assumed instead."""
USUAL_SPREAD = 0.13
NONSENSE_LEVEL = 0.95
FALSE_ALARMS = 0.10
INDIRECT_FACTOR = 0.5
ASSUMED_SEPARATION = 1.0
"""Between texts and what lies beside them, where no item has both and so nothing can be measured."""

IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationData:
    """Vectors of one modality of a catalogue.

    Args:
        rows: (N_m,) item of each vector.
        shared: (N_m, D) vectors in the shared space, or None where the space does not hold this modality.
        held_out: (N_m, D) the same from maps that never saw the item; None where `shared` is.
        native: (N_m, d) vectors in the modality's own space (for text: the shared vectors).
        nonsense_shared: (Z, D) shared vectors of nonsense queries.
        nonsense_native: (Z, d) native vectors of nonsense queries.
    """

    rows: IntArray
    shared: FloatArray | None
    held_out: FloatArray | None
    native: FloatArray
    nonsense_shared: FloatArray | None
    nonsense_native: FloatArray


@dataclass(frozen=True, slots=True)
class PairReport:
    """How well one modality finds another, on pairs that were not fitted.

    Args:
        pairs: Matching pairs measured.
        auc: Chance that a matching pair is more similar than a random one; 0.5 is guessing.
        separation: d' in background spreads.
    """

    pairs: int
    auc: float
    separation: float


def table_for(query: Modality, item: Modality) -> str:
    """Name of the table in which a query of one modality is compared with items of another."""
    return f"native.{item}" if query is item and item is not Modality.TEXT else f"shared.{item}"


class Calibrator:
    """Fits a `Calibration`.

    Args:
        data: Modality to its vectors.
        groups: (N,) items of one group (the same text) do not count as background for each other.
        seed: For the samples.

    Attributes:
        reports: How well each modality finds each other one, once `fit` has measured it.
        unmeasured: Modalities that can be compared with texts, but of which nobody knows how well.
    """

    def __init__(self, data: Mapping[Modality, CalibrationData], groups: IntArray, *, seed: int = 0) -> None:
        self.data = data
        self.groups = groups
        rng = np.random.default_rng(seed)
        self.query_items = np.sort(rng.permutation(len(groups))[:SAMPLE_QUERIES])
        self.candidates = np.sort(rng.permutation(len(groups))[:SAMPLE_ITEMS])
        self.reports: dict[tuple[Modality, Modality], PairReport] = {}
        self.unmeasured: set[Modality] = set()

    def fit(self) -> Calibration:
        """Measure every ordered pair of modalities, then each kind of query part."""
        comparable = [(a, b) for a in self.data for b in self.data if self._comparable(a, b)]
        measured = {(a, b): self._measure(a, b) for a, b in comparable}
        separations = {pair: found.separation for pair, found in measured.items()}
        pairs = {}
        for (a, b), found in measured.items():
            if np.isnan(found.separation):
                separation = self._indirect(separations, a, b)
                self.unmeasured |= {a, b} - {Modality.TEXT} if Modality.TEXT in (a, b) else set()
                found = PairEvidence(found.mean, found.spread, separation, found.quantiles)  # noqa: PLW2901
            pairs[a, table_for(a, b)] = found
        kinds = self._kinds(pairs)
        return Calibration(pairs, kinds)

    def _comparable(self, a: Modality, b: Modality) -> bool:
        return a is b or (self.data[a].shared is not None and self.data[b].shared is not None)

    def _vectors(self, a: Modality, b: Modality) -> tuple[FloatArray, FloatArray]:
        """All query vectors of `a` and item vectors of `b` in the space where the two are compared."""
        if a is b:
            return self.data[a].native, self.data[a].native
        first, second = self.data[a].shared, self.data[b].shared
        assert first is not None
        assert second is not None
        return first, second

    def _measure(self, a: Modality, b: Modality) -> PairEvidence:
        queries, items = self._vectors(a, b)
        query_rows = np.flatnonzero(np.isin(self.data[a].rows, self.query_items))
        item_rows = np.flatnonzero(np.isin(self.data[b].rows, self.candidates))
        cosines = queries[query_rows] @ items[item_rows].T
        query_items, candidate_items = self.data[a].rows[query_rows], self.data[b].rows[item_rows]
        unrelated = self.groups[query_items][:, None] != self.groups[candidate_items][None, :]
        background = cosines[unrelated]
        if len(background) < FEWEST_BACKGROUND:
            return _assumed(3.0 if a is b else 1.0)
        mean, spread = float(background.mean()), max(float(background.std()), 1e-6)
        other = query_items[:, None] != candidate_items[None, :]
        matches = self._neighbours(cosines, other) if a is b else self._held_out_matches(a, b)
        separation = float("nan")
        if len(matches) >= FEWEST_MATCHES:
            separation = max(0.0, (float(matches.mean()) - mean) / spread)
            if a is not b:
                auc = float(np.searchsorted(np.sort(background), matches).mean() / len(background))
                self.reports[a, b] = PairReport(len(matches), auc, separation)
        elif a is b:
            separation = 1.0
        return PairEvidence(mean, spread, separation, np.quantile(background, PROBABILITIES).astype(np.float32))

    @staticmethod
    def _neighbours(cosines: FloatArray, other: npt.NDArray[np.bool_]) -> FloatArray:
        """Within a modality a match is what an item's nearest other item looks like."""
        return np.where(other, cosines, -np.inf).max(axis=1) if other.shape[1] > 1 else np.zeros(0, np.float32)

    def _held_out_matches(self, a: Modality, b: Modality) -> FloatArray:
        """Across modalities a match is one item's two modalities, mapped without having seen that item."""
        first, second = self.data[a].held_out, self.data[b].held_out
        if first is None or second is None:
            return np.zeros(0, np.float32)
        _, first_at, second_at = np.intersect1d(self.data[a].rows, self.data[b].rows, return_indices=True)
        return np.einsum("pd,pd->p", first[first_at], second[second_at])

    @staticmethod
    def _indirect(separations: Mapping[tuple[Modality, Modality], float], a: Modality, b: Modality) -> float:
        """Two modalities that no item has together are related through text, at a stated discount."""
        if Modality.TEXT in (a, b):
            return ASSUMED_SEPARATION
        legs = [separations.get((a, Modality.TEXT), 0.0), separations.get((Modality.TEXT, b), 0.0)]
        return INDIRECT_FACTOR * min(ASSUMED_SEPARATION if np.isnan(leg) else leg for leg in legs)

    def _kinds(self, pairs: Mapping[tuple[Modality, str], PairEvidence]) -> dict[str, KindBackground]:
        kinds: dict[str, KindBackground] = {}
        item_sum = np.zeros((len(self.query_items), len(self.candidates)), np.float32)
        item_parts = np.zeros(len(self.query_items), np.float32)
        unrelated = self.groups[self.query_items][:, None] != self.groups[self.candidates][None, :]
        for a, entry in self.data.items():
            at = np.flatnonzero(np.isin(entry.rows, self.query_items))
            where = np.searchsorted(self.query_items, entry.rows[at])
            evidence = self._evidence(a, pairs, at)
            others = unrelated[where]
            kinds[a] = KindBackground(_quantiles(evidence[others]), self._no_match_level(a, pairs, evidence, others))
            item_sum[where] += evidence
            item_parts[where] += 1
        has_any = item_parts > 0
        item_evidence = item_sum[has_any] / item_parts[has_any, None]
        kinds[ITEM_KIND] = KindBackground(_quantiles(item_evidence[unrelated[has_any]]), -np.inf)
        return kinds

    def _evidence(
        self, a: Modality, pairs: Mapping[tuple[Modality, str], PairEvidence], query_rows: IntArray
    ) -> FloatArray:
        """Evidence (Q, candidates) of queries of modality `a`."""
        native = self.data[a].native[query_rows]
        shared = self.data[a].shared
        return self._sum_terms(a, pairs, native, None if shared is None else shared[query_rows])

    def _sum_terms(
        self,
        a: Modality,
        pairs: Mapping[tuple[Modality, str], PairEvidence],
        native: FloatArray,
        shared: FloatArray | None,
    ) -> FloatArray:
        total = np.zeros((len(native), len(self.candidates)), np.float32)
        for b, entry in self.data.items():
            pair = pairs.get((a, table_for(a, b)))
            query_vectors = native if a is b else shared
            if pair is None or query_vectors is None:
                continue
            item_rows = np.flatnonzero(np.isin(entry.rows, self.candidates))
            where = np.searchsorted(self.candidates, entry.rows[item_rows])
            item_vectors = self._vectors(a, b)[1][item_rows]
            total[:, where] += (query_vectors @ item_vectors.T) * pair.slope + pair.offset
        return total

    def _no_match_level(
        self,
        a: Modality,
        pairs: Mapping[tuple[Modality, str], PairEvidence],
        evidence: FloatArray,
        others: npt.NDArray[np.bool_],
    ) -> float:
        """The level that nonsense seldom reaches, lowered until few real queries (their own item hidden) miss it."""
        entry = self.data[a]
        if not len(entry.nonsense_native) or others.sum() < FEWEST_BACKGROUND:
            return -np.inf
        nonsense = self._sum_terms(a, pairs, entry.nonsense_native, entry.nonsense_shared).max(axis=1)
        real = np.where(others, evidence, -np.inf).max(axis=1)
        return float(min(np.quantile(nonsense, NONSENSE_LEVEL), np.quantile(real, FALSE_ALARMS)))


def _assumed(separation: float) -> PairEvidence:
    """Statistics for a pair of modalities that is too rare in the catalogue to be measured."""
    quantiles = NormalDist(0.0, USUAL_SPREAD).inv_cdf
    levels = np.clip(PROBABILITIES, 1e-5, 1.0 - 1e-5).tolist()
    return PairEvidence(0.0, USUAL_SPREAD, separation, np.array([quantiles(p) for p in levels], np.float32))


def _quantiles(evidence: FloatArray) -> FloatArray:
    if not evidence.size:
        return np.zeros(len(PROBABILITIES), np.float32)
    return np.quantile(evidence, PROBABILITIES).astype(np.float32)
