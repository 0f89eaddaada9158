"""Calibration and ranking on a planted catalogue: eight kinds of thing, with words, pictures, and often sounds."""

import numpy as np
import pytest

from mmdemo.align.data import unit_rows
from mmdemo.index import ExactIndex, Table
from mmdemo.recommend import CalibrationData, Calibrator, Place, RankedPart, Ranker
from mmdemo.types import Modality

KINDS, ITEMS, WIDTH = 8, 160, 32
NOISE = {Modality.TEXT: 0.5, Modality.IMAGE: 1.0, Modality.AUDIO: 2.0}


class Planted:
    """A ranker over vectors whose kinds are known; sound is the noisiest, and every third item has none."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.centres = unit_rows(rng.normal(size=(KINDS, WIDTH)))
        self.kind_of = np.arange(ITEMS) % KINDS
        self.rng = rng
        data, tables = {}, {}
        for modality in NOISE:
            rows = np.arange(ITEMS) if modality is not Modality.AUDIO else np.flatnonzero(np.arange(ITEMS) % 3)
            shared = self.draw(modality, self.kind_of[rows])
            native = shared if modality is Modality.TEXT else self.draw(modality, self.kind_of[rows])
            nonsense = unit_rows(rng.normal(size=(64, WIDTH)))
            data[modality] = CalibrationData(rows, shared, shared, native, nonsense, nonsense)
            every = None if len(rows) == ITEMS else rows
            tables[f"shared.{modality}"] = Table(shared, every)
            if modality is not Modality.TEXT:
                tables[f"native.{modality}"] = Table(native, every)
        self.calibrator = Calibrator(data, np.arange(ITEMS))
        self.ranker = Ranker(ExactIndex(ITEMS, tables), self.calibrator.fit())

    def draw(self, modality: Modality, kinds: np.ndarray) -> np.ndarray:
        """Noisy unit vectors (len(kinds), WIDTH) around the centres."""
        noise = self.rng.normal(size=(len(kinds), WIDTH)) / np.sqrt(WIDTH)
        return unit_rows(self.centres[kinds] + NOISE[modality] * noise)

    def part(self, modality: Modality, kind: int, weight: float = 1.0) -> RankedPart:
        """A query part of one kind of thing."""
        vector = self.draw(modality, np.array([kind]))[0]
        return RankedPart((Place(modality, vector, vector),), weight, modality.value, f"{modality} of {kind}")


@pytest.fixture(scope="module")
def planted() -> Planted:
    return Planted()


def test_noisier_modalities_separate_less(planted: Planted) -> None:
    separation = {b: planted.calibrator.reports[Modality.TEXT, b].separation for b in (Modality.IMAGE, Modality.AUDIO)}
    assert separation[Modality.IMAGE] > separation[Modality.AUDIO] > 0


@pytest.mark.parametrize("modality", list(NOISE))
def test_a_query_finds_its_kind(planted: Planted, modality: Modality) -> None:
    hits = []
    for kind in range(KINDS):
        ranking = planted.ranker.rank([planted.part(modality, kind)], None, 10)
        hits.append(np.mean(planted.kind_of[ranking.positions] == kind))
    assert np.mean(hits) > (0.6 if modality is Modality.AUDIO else 0.95)


def test_contributions_add_up_to_the_score(planted: Planted) -> None:
    parts = [
        planted.part(Modality.TEXT, 1),
        planted.part(Modality.IMAGE, 2, 0.4),
        planted.part(Modality.AUDIO, 3, -0.5),
    ]
    ranking = planted.ranker.rank(parts, None, 12)
    np.testing.assert_allclose(ranking.contributions.sum(axis=1), ranking.scores, rtol=1e-4)
    assert (np.diff(ranking.scores) <= 0).all()


def test_details_add_up_to_the_evidence_of_a_part(planted: Planted) -> None:
    part = planted.part(Modality.IMAGE, 4)
    position = int(planted.ranker.rank([part], None, 1).positions[0])
    details = planted.ranker.details([part], position)
    assert {detail.item_modality for detail in details} >= {Modality.TEXT, Modality.IMAGE}
    total = sum(detail.evidence for detail in details)
    assert total == pytest.approx(float(planted.ranker.evidence(part)[position]), rel=1e-3)


def test_less_of_a_kind_pushes_it_out(planted: Planted) -> None:
    both = [planted.part(Modality.TEXT, 1), planted.part(Modality.TEXT, 2)]
    kinds = planted.kind_of[planted.ranker.rank(both, None, 20).positions]
    assert {1, 2} <= set(kinds.tolist())
    without = [both[0], planted.part(Modality.TEXT, 2, -1.0)]
    kinds = planted.kind_of[planted.ranker.rank(without, None, 20).positions]
    assert 2 not in kinds
    assert np.mean(kinds == 1) > 0.9


def test_an_item_finds_its_like_and_a_missing_modality_costs_nothing(planted: Planted) -> None:
    position = 9
    part = RankedPart(planted.ranker.places(position), 1.0, "item", "more like this")
    ranking = planted.ranker.rank([part], None, 20)
    assert np.mean(planted.kind_of[ranking.positions] == planted.kind_of[position]) > 0.9
    silent = [p for p in ranking.positions if p % 3 == 0]
    assert silent, "items without sound must be able to rank high"


def test_only_allowed_items_are_ranked(planted: Planted) -> None:
    allowed = planted.kind_of == 5
    ranking = planted.ranker.rank([planted.part(Modality.TEXT, 1)], allowed, ITEMS)
    assert sorted(ranking.positions.tolist()) == np.flatnonzero(allowed).tolist()


def test_nonsense_is_called_nonsense_and_sense_is_not(planted: Planted) -> None:
    flagged = []
    for _ in range(60):
        vector = unit_rows(planted.rng.normal(size=(1, WIDTH)))[0]
        part = RankedPart((Place(Modality.TEXT, vector, vector),), 1.0, "text", "?")
        flagged.append(planted.ranker.rank([part], None, 5).no_good_match)
    assert np.mean(flagged) > 0.8
    assert not any(planted.ranker.rank([planted.part(Modality.TEXT, k)], None, 5).no_good_match for k in range(KINDS))


def test_percentiles_tell_strangers_from_kin(planted: Planted) -> None:
    ranking = planted.ranker.rank([planted.part(Modality.TEXT, 0)], None, ITEMS)
    kin = planted.kind_of[ranking.positions] == 0
    assert np.median(ranking.percentiles[kin]) > 90
    assert np.median(ranking.percentiles[~kin]) == pytest.approx(50, abs=15)


def test_three_items_are_enough_to_rank() -> None:
    vectors = unit_rows(np.eye(3) + 0.1)
    data = {Modality.TEXT: CalibrationData(np.arange(3), vectors, vectors, vectors, vectors[:0], vectors[:0])}
    calibration = Calibrator(data, np.arange(3)).fit()
    ranker = Ranker(ExactIndex(3, {"shared.text": Table(vectors, None)}), calibration)
    part = RankedPart((Place(Modality.TEXT, vectors[1], vectors[1]),), 1.0, "text", "the second")
    ranking = ranker.rank([part], None, 3)
    assert ranking.positions[0] == 1
    assert not ranking.no_good_match
