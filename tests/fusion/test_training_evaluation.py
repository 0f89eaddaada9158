"""Measuring a fusion, against obvious loops."""

from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np
import pytest
import torch
from planted_training import MODALITIES, D, planted, shuffled

from mmdemo.errors import FusionError
from mmdemo.fusion.evaluation import evaluate, searches, significance
from mmdemo.fusion.fit import build_objective
from mmdemo.fusion.report import FusionReport, Hit, Paired, StressPoint
from mmdemo.fusion.settings import TrainSettings
from mmdemo.fusion.stress import spoiled, stress
from mmdemo.fusion.table import build
from mmdemo.types import Modality


@cache
def data():
    found = planted(signal=(0.7, 0.5, 0.4), missing=0.15)
    groups = found.groups.copy()
    groups[found.test[1]] = groups[found.test[0]]
    groups[found.train[0]] = groups[found.test[2]]
    return replace(found, groups=groups)


@cache
def mean():
    return build("mean", data().shape).eval()


def obvious_ranks() -> dict[tuple, float]:
    """Query to rank, one candidate after the other."""
    found, items = {}, data()
    everything = [*items.train, *items.validation, *items.test]
    for row in items.test:
        for pair in combinations(range(3), 2):
            target = next(column for column in range(3) if column not in pair)
            if not items.present[row].all():
                continue
            query = sum(items.vectors[MODALITIES[column]][row, :D] for column in pair)
            query = query / np.linalg.norm(query)
            right, wrong = [], []
            for other in everything:
                if items.present[other, target]:
                    score = float(query @ items.vectors[MODALITIES[target]][other, :D])
                    (right if items.groups[other] == items.groups[row] else wrong).append(score)
            asked = tuple(MODALITIES[column] for column in pair)
            ahead = sum(score > max(right) for score in wrong)
            found[items.ids[row], asked, MODALITIES[target]] = 1.0 + ahead
    return found


def test_ranks_are_those_of_an_obvious_loop() -> None:
    report = evaluate(mean(), data())
    expected = obvious_ranks()
    assert {hit.query: hit.rank for hit in report.hits} == expected
    ranks = np.array(list(expected.values()))
    assert report.task == "two-to-third"
    assert report.queries == len(ranks)
    for k in (1, 5, 10):
        assert report.recall[k] == pytest.approx(np.mean(ranks <= k))
        low, high = report.intervals[k]
        assert low < report.recall[k] < high
    assert report.mrr == pytest.approx(np.mean(1 / ranks))
    for modality in MODALITIES:
        own = [rank for (_, _, target), rank in expected.items() if target == modality]
        assert report.by_target[modality] == pytest.approx(np.mean(np.array(own) <= 10))
    assert sum(report.weights.values()) == pytest.approx(1.0)


def test_chance_is_what_random_vectors_reach() -> None:
    rng = np.random.default_rng(0)
    reached = []
    for _ in range(12):
        vectors = {
            modality: rng.standard_normal(rows.shape).astype(np.float32) for modality, rows in data().vectors.items()
        }
        reached.append(evaluate(mean(), replace(data(), vectors=vectors)).recall[10])
    assert np.mean(reached) == pytest.approx(evaluate(mean(), data()).chance[10], abs=0.02)


def test_the_order_of_the_items_does_not_matter() -> None:
    first, second = evaluate(mean(), data()), evaluate(mean(), shuffled(data(), seed=3))
    assert {hit.query: hit.rank for hit in first.hits} == {hit.query: hit.rank for hit in second.hits}
    assert first.recall == pytest.approx(second.recall)
    for modality, weight in first.weights.items():
        assert second.weights[modality] == pytest.approx(weight, abs=1e-5)


def test_few_items_with_three_modalities_ask_with_one() -> None:
    present = data().present.copy()
    present[:, 2] = False
    task, found = searches(replace(data(), present=present))
    assert task == "one-to-other"
    assert {(search.asked, search.target) for search in found} == {
        ((Modality.TEXT,), Modality.IMAGE),
        ((Modality.IMAGE,), Modality.TEXT),
    }
    assert evaluate(mean(), replace(data(), present=present)).task == "one-to-other"
    present[:, 1] = False
    with pytest.raises(FusionError, match="no item to measure on has two modalities"):
        searches(replace(data(), present=present))


def test_significance_of_planted_differences() -> None:
    def report(ranks: np.ndarray) -> FusionReport:
        base = evaluate(mean(), data())
        hits = tuple(replace(hit, rank=float(rank)) for hit, rank in zip(base.hits, ranks, strict=True))
        return replace(base, hits=hits)

    queries = evaluate(mean(), data()).queries
    rng = np.random.default_rng(1)
    good, same = rng.integers(1, 16, queries), rng.integers(1, 16, queries)
    bad = np.where(np.arange(queries) % 3 == 0, 50, good)
    better = significance(report(good), report(bad), seed=0)
    assert better.difference == pytest.approx(np.mean(good <= 10) - np.mean(bad <= 10))
    assert better.interval[0] > 0
    assert better.p < 0.01
    assert better.queries == queries
    worse = significance(report(bad), report(good), seed=0)
    assert worse.difference == pytest.approx(-better.difference)
    assert worse.p == pytest.approx(better.p)
    assert significance(report(good), report(same), seed=0).p > 0.05
    assert significance(report(good), report(good), seed=0) == Paired(0.0, (0.0, 0.0), 1.0, queries)


def test_significance_needs_common_queries() -> None:
    report = evaluate(mean(), data())
    other = replace(report, hits=(Hit("else", (Modality.TEXT,), Modality.IMAGE, 1.0, 0),))
    with pytest.raises(FusionError, match="two reports without a common query"):
        significance(report, other)


def test_reports_survive_json() -> None:
    report = replace(evaluate(mean(), data()), objective={"F1": 0.5})
    assert FusionReport.from_json(report.as_json()) == report
    with pytest.raises(FusionError, match="cannot be read"):
        FusionReport.from_json({**report.as_json(), "mrr": "high"})
    with pytest.raises(FusionError, match="cannot be read"):
        FusionReport.from_json({**report.as_json(), "task": "guess"})
    point = StressPoint(0.5, 0.25, (0.1, 0.4), {"F1": 0.75})
    assert StressPoint.from_json(point.as_json()) == point
    paired = Paired(0.1, (0.0, 0.2), 0.04, 12)
    assert Paired.from_json(paired.as_json()) == paired


@pytest.mark.parametrize("kind", ["missing", "noise"])
def test_stress_begins_at_the_report_and_harms_only_who_relies_on_the_modality(kind) -> None:
    levels = (0.0, 0.5, 1.0)
    plain = evaluate(mean(), data()).recall[10]
    points = stress(mean(), data(), kind=kind, modality=Modality.TEXT, levels=levels)
    assert [point.level for point in points] == list(levels)
    assert points[0].recall10 == plain
    assert points[0].recall10 > points[1].recall10 > points[2].recall10
    deaf = build("weighted", data().shape, {"learned": False, "text": 0.0}).eval()
    unmoved = stress(deaf, data(), kind="noise", modality=Modality.TEXT, levels=levels)
    assert len({point.recall10 for point in unmoved}) == 1


def test_a_missing_modality_is_as_if_the_query_never_had_it() -> None:
    point = stress(mean(), data(), kind="missing", modality=Modality.IMAGE, levels=(1.0,))[0]
    items, everything = data(), np.concatenate([data().train, data().validation, data().test])
    hits = []
    for row in items.test[items.present[items.test].all(axis=1)]:
        for asked, target in (((0,), 2), ((0, 2), 1), ((2,), 0)):  # without pictures
            query = sum(items.vectors[MODALITIES[column]][row, :D] for column in asked)
            candidates = everything[items.present[everything, target]]
            scores = items.vectors[MODALITIES[target]][candidates, :D] @ query
            right = items.groups[candidates] == items.groups[row]
            hits.append((scores[~right] > scores[right].max()).sum() < 10)
    assert point.recall10 == pytest.approx(np.mean(hits))


def test_who_loses_a_modality_at_one_level_has_lost_it_at_the_next() -> None:
    lost: dict[float, set] = {}
    for level in (0.25, 0.5, 1.0):
        masks = _spied_masks(level)
        lost[level] = {number for number, present in enumerate(masks) if not present[1]}
    assert lost[0.25] < lost[0.5] < lost[1.0]


def _spied_masks(level: float) -> list[list[bool]]:
    """Masks of all queries that reach the fusion, in order."""
    fusion, seen = build("mean", data().shape).eval(), []
    score = fusion.score

    def spy(queries, index):
        seen.extend(queries.present.tolist())
        return score(queries, index)

    fusion.score = spy
    stress(fusion, data(), kind="missing", modality=Modality.IMAGE, levels=(level,))
    return seen


def test_a_query_that_lost_all_is_a_miss() -> None:
    present = data().present.copy()
    present[:, 2] = False
    only_two = replace(data(), present=present)
    points = stress(mean(), only_two, kind="missing", modality=Modality.TEXT, levels=(0.0, 1.0))
    found = evaluate(mean(), only_two)
    left = [hit.rank <= 10 if hit.asked == (Modality.IMAGE,) else False for hit in found.hits]
    assert points[0].recall10 == found.recall[10]
    assert points[1].recall10 == pytest.approx(np.mean(left))


def test_noise_leaves_unit_vectors_and_ends_in_noise_alone() -> None:
    seen = []
    fusion = build("mean", data().shape).eval()
    score = fusion.score

    def spy(queries, index):
        seen.append(queries.vectors[Modality.IMAGE][queries.present[:, 1]])
        return score(queries, index)

    fusion.score = spy
    for level in (0.0, 0.3, 1.0):
        seen.clear()
        stress(fusion, data(), kind="noise", modality=Modality.IMAGE, levels=(level,))
        shared, native = torch.cat(seen).split((D, 4), dim=1)
        for half in (shared, native):
            torch.testing.assert_close(half.norm(dim=1), torch.ones(len(half)))
        rows = data().test[data().present[data().test].all(axis=1)]
        clean = torch.from_numpy(data().vectors[Modality.IMAGE][rows, :D])
        agreement = float((shared[: len(rows)] * clean).sum(dim=1).mean())
        assert agreement == pytest.approx({0.0: 1.0, 0.3: 0.84, 1.0: 0.0}[level], abs=0.1)


def test_the_objective_is_measured_on_the_same_items_without_what_they_lost() -> None:
    whole = data()
    objective = build_objective(whole, TrainSettings("mean", objective="classify"))
    torch.nn.init.normal_(objective.head.weight, generator=torch.Generator().manual_seed(0))
    asked = {"kind": "missing", "modality": Modality.IMAGE}
    points = stress(mean(), whole, **asked, levels=(0.0, 1.0), objective=objective)
    assert points[0].own == objective.measures(mean(), whole)
    blind = spoiled(whole, **asked, level=1.0)
    assert points[1].own == objective.measures(mean(), blind) != points[0].own
    others = np.setdiff1d(np.arange(len(whole.ids)), whole.test)
    assert (blind.present[others] == whole.present[others]).all()
    alone = whole.present[whole.test].sum(axis=1) == 1
    assert (blind.present[whole.test][:, 1] == (alone & whole.present[whole.test][:, 1])).all()
    assert stress(mean(), whole, **asked, levels=(1.0,))[0].own == {}


def test_noise_spoils_only_the_items_that_are_measured() -> None:
    whole = data()
    noisy = spoiled(whole, kind="noise", modality=Modality.IMAGE, level=0.5)
    changed = (noisy.vectors[Modality.IMAGE] != whole.vectors[Modality.IMAGE]).any(axis=1)
    assert set(np.flatnonzero(changed)) == set(whole.test)
    assert noisy.vectors[Modality.TEXT] is whole.vectors[Modality.TEXT]


@pytest.mark.parametrize(
    ("change", "message"), [({"modality": Modality.VIDEO}, "stress on video"), ({"levels": (2.0,)}, "levels")]
)
def test_stress_that_cannot_be_is_told(change: dict, message: str) -> None:
    with pytest.raises(FusionError, match=message):
        stress(mean(), data(), **{"kind": "missing", "modality": Modality.TEXT, **change})


def test_a_part_with_few_items_of_three_modalities_is_asked_as_the_others_are() -> None:
    present = data().present.copy()
    present[data().test[5:], 2] = False
    task, found = searches(replace(data(), present=present))
    assert task == "two-to-third"
    complete = data().test[:5][present[data().test[:5]].all(axis=1)]
    assert len(complete)
    assert all(search.rows.tolist() == complete.tolist() for search in found)
