"""From the vectors of a query's parts to a ranked list with contributions, percentiles, and "no good match"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.index import ExactIndex, Term, best
from mmdemo.recommend.calibrate import table_for
from mmdemo.recommend.evidence import ITEM_KIND, Calibration, PairEvidence, temper, weigh
from mmdemo.types import FloatArray, Modality


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where one piece of media lies.

    Args:
        modality: What it is.
        native: (d,) vector in its own space.
        shared: (D,) vector in the shared space, or None where the space does not hold this modality.
    """

    modality: Modality
    native: FloatArray
    shared: FloatArray | None


@dataclass(frozen=True, slots=True, eq=False)
class RankedPart:
    """One part of a query, encoded.

    Args:
        places: One for media; one a modality for an item, which then count equally.
        weight: Signed.
        kind: Modality, or "item"; names the background it is compared with.
        label: What to call it.
    """

    places: tuple[Place, ...]
    weight: float
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class PairDetail:
    """One part of a query against one modality of one item.

    Args:
        part_label: Which part.
        query_modality: Modality of the part.
        item_modality: Modality of the item.
        similarity: Cosine in the space where the two are compared.
        percentile: Share of background pairs of the same modalities that are less similar, 0 to 100.
        evidence: What this pair adds to the score, in natural-log units, before the part's weight.
    """

    part_label: str
    query_modality: Modality
    item_modality: Modality
    similarity: float
    percentile: float
    evidence: float


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Positions of the best items and why; see `mmdemo.types.Recommendations` for the columns."""

    positions: npt.NDArray[np.intp]
    scores: FloatArray
    percentiles: FloatArray
    contributions: FloatArray
    no_good_match: bool


class Ranker:
    """Scores every item of a catalogue for a query.

    Args:
        index: The catalogue's vectors, tables named as in `mmdemo.recommend.calibrate.table_for`.
        calibration: Statistics of the same tables.
    """

    def __init__(self, index: ExactIndex, calibration: Calibration) -> None:
        self.index = index
        self.calibration = calibration
        self._opponents: Mapping[Modality, tuple[tuple[Modality, str, PairEvidence], ...]] = {
            a: tuple(
                (b, table_for(a, b), calibration.pairs[a, table_for(a, b)])
                for b in Modality
                if (a, table_for(a, b)) in calibration.pairs and table_for(a, b) in index.tables
            )
            for a in Modality
        }

    def evidence(self, part: RankedPart) -> FloatArray:
        """Evidence (N,) that each item belongs with this part, before its weight."""
        share = 1.0 / len(part.places)
        terms = [
            Term(table, vector * np.float32(pair.slope * share), pair.offset * share)
            for place in part.places
            for _, table, pair in self._opponents[place.modality]
            if pair.separation > 0.0 and (vector := _vector(place, table)) is not None
        ]
        return self.index.scores(terms)

    def rank(self, parts: Sequence[RankedPart], allowed: npt.NDArray[np.bool_] | None, k: int) -> Ranking:
        """The k best allowed items.

        Args:
            parts: At least one.
            allowed: (N,) items that may be shown; None for all.
            k: How many at most.
        """
        contributions = [weigh(self.evidence(part), part.weight) for part in parts]
        total = contributions[0].copy() if len(contributions) == 1 else np.sum(contributions, axis=0)
        if allowed is not None:
            total[~allowed] = -np.inf
        positions = best(total, k)
        scores = total[positions].astype(np.float32)
        percentiles = self.calibration.percentiles(
            scores, tuple(part.kind for part in parts), tuple(part.weight for part in parts)
        )
        chosen = np.stack([column[positions] for column in contributions], axis=1)
        return Ranking(positions, scores, percentiles, chosen, self._is_nonsense(parts, contributions, allowed))

    def details(self, parts: Sequence[RankedPart], position: int) -> tuple[PairDetail, ...]:
        """Every comparison behind one item's score."""
        found = []
        for part in parts:
            share = 1.0 / len(part.places)
            for place in part.places:
                for item_modality, table, pair in self._opponents[place.modality]:
                    vector, item_vector = _vector(place, table), self._row(table, position)
                    if vector is None or item_vector is None:
                        continue
                    cosine = float(vector @ item_vector)
                    added = (pair.slope * cosine + pair.offset) * share
                    found.append(
                        PairDetail(part.label, place.modality, item_modality, cosine, pair.percentile(cosine), added)
                    )
        return tuple(found)

    def places(self, position: int) -> tuple[Place, ...]:
        """Where an item of the catalogue lies itself, one place a modality."""
        found = []
        for modality in Modality:
            shared = self._row(f"shared.{modality}", position)
            native = shared if modality is Modality.TEXT else self._row(f"native.{modality}", position)
            if native is not None:
                found.append(Place(modality, native, shared))
        return tuple(found)

    def _row(self, table: str, position: int) -> FloatArray | None:
        entry = self.index.tables.get(table)
        if entry is None:
            return None
        if entry.rows is None:
            return entry.vectors[position]
        at = int(np.searchsorted(entry.rows, position))
        return entry.vectors[at] if at < len(entry.rows) and entry.rows[at] == position else None

    def _is_nonsense(
        self, parts: Sequence[RankedPart], contributions: Sequence[FloatArray], allowed: npt.NDArray[np.bool_] | None
    ) -> bool:
        """True where no wanted part finds an item above its kind's no-match level."""
        wanted = [i for i, part in enumerate(parts) if part.weight > 0 and part.kind != ITEM_KIND]
        if not wanted or any(part.weight > 0 and part.kind == ITEM_KIND for part in parts):
            return False
        for i in wanted:
            reached = contributions[i] if allowed is None else contributions[i][allowed]
            level = float(temper(np.asarray(self.calibration.kinds[parts[i].kind].no_match, np.float32)))
            if len(reached) and float(reached.max()) / parts[i].weight > level:
                return False
        return True


def _vector(place: Place, table: str) -> FloatArray | None:
    """The vector of a place that is compared with a table."""
    return place.native if table.startswith("native.") else place.shared
