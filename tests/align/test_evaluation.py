"""Cross-validated measures of an alignment: against a slow evaluation, and on catalogues with known answers."""

import math

import numpy as np
import pytest
from planted import classified_pairs, rotated_pairs

from mmdemo.align import AlignmentData, FeatureSet, fit_alignment, grouped_folds
from mmdemo.align.evaluation import best, evaluate, evaluate_each, overall
from mmdemo.align.report import AlignmentReport, PairScores
from mmdemo.align.tally import NEIGHBOURS
from mmdemo.errors import CancelledError, SpaceMismatchError
from mmdemo.types import Modality

TEXT, IMAGE, AUDIO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO


def three_modalities(items: int = 72, *, seed: int = 0, noise: float = 1.0) -> AlignmentData:
    """Texts of all items, pictures of most, sounds of some; some items share their text."""
    rng = np.random.default_rng(seed)
    groups = np.minimum(np.arange(items), items - 6)
    factors = rng.normal(size=(items, 6))[groups]

    def view(rows: np.ndarray, width: int, offset: float) -> FeatureSet:
        rotation = np.linalg.qr(rng.normal(size=(width, 6)))[0]
        scattered = noise * rng.normal(size=(len(rows), width)) / np.sqrt(width)
        features = factors[rows] @ rotation.T + scattered + offset * rotation[:, 0]
        return FeatureSet(features.astype(np.float32), rows, (slice(0, width),))

    everything = np.arange(items)
    return AlignmentData(
        {
            TEXT: view(everything, 16, 2.0),
            IMAGE: view(everything[: items - 2], 20, 0.0),
            AUDIO: view(everything[::2], 12, 0.0),
        },
        groups,
    )


def slow_evaluation(name: str, data: AlignmentData, folds: int, seed: int) -> dict:
    """One query, one candidate at a time."""
    fold_of = grouped_folds(data.groups, folds, seed=seed)
    ranks: dict[tuple, list] = {}
    counts: dict[tuple, dict] = {}
    squares: dict[tuple, list] = {}
    for fold in range(folds):
        fitted = fit_alignment(name, data.subset(fold_of != fold), seed=seed)
        vectors = {}
        for modality, entry in data.sets.items():
            found = fitted.project(modality, entry.features, entry.probabilities)
            vectors[modality] = dict(zip(entry.rows.tolist(), found.astype(np.float64), strict=True))
        for a in data.sets:
            for b in data.sets:
                if a is b:
                    continue
                for item in np.flatnonzero(fold_of == fold).tolist():
                    if item not in vectors[a] or item not in vectors[b]:
                        continue
                    scores = {other: float(vectors[a][item] @ vector) for other, vector in vectors[b].items()}
                    right = [other for other in scores if data.groups[other] == data.groups[item]]
                    nearest = max(scores[other] for other in right)
                    ahead = sum(score > nearest for other, score in scores.items() if other not in right)
                    ranks.setdefault((a, b), []).append((1.0 + ahead, item))
                    for other in sorted(scores, key=lambda o: -scores[o])[:NEIGHBOURS]:
                        counts.setdefault((a, b), dict.fromkeys(vectors[b], 0))[other] += 1
                    squares.setdefault((a, b), []).append(((vectors[a][item] - vectors[b][item]) ** 2).sum())
    return {"ranks": ranks, "counts": counts, "squares": squares}


@pytest.fixture(scope="module")
def measured() -> tuple[AlignmentData, AlignmentReport, dict]:
    data = three_modalities()
    return data, evaluate("ridge", data, folds=3, seed=4), slow_evaluation("ridge", data, 3, 4)


def test_every_ordered_pair_equals_the_slow_evaluation(measured: tuple[AlignmentData, AlignmentReport, dict]) -> None:
    data, report, slow = measured
    assert report.pairs.keys() == slow["ranks"].keys() == {(a, b) for a in data.sets for b in data.sets if a != b}
    for pair, scores in report.pairs.items():
        ranks = np.array([rank for rank, _ in slow["ranks"][pair]])
        assert scores.pairs == len(ranks)
        assert scores.candidates == len(data.sets[pair[1]].rows)
        assert scores.median_rank == np.median(ranks)
        for k, recall in scores.recall.items():
            assert recall == pytest.approx(np.mean(ranks <= k))
            low, high = scores.intervals[k]
            assert low <= recall <= high
        counts = np.array(list(slow["counts"][pair].values()), float)
        deviation = counts - counts.mean()
        assert report.hubness[pair] == pytest.approx(np.mean(deviation**3) / np.mean(deviation**2) ** 1.5, abs=1e-6)


def test_distances_and_failures_equal_the_slow_evaluation(
    measured: tuple[AlignmentData, AlignmentReport, dict],
) -> None:
    _, report, slow = measured
    assert list(report.alignment) == [(TEXT, IMAGE), (TEXT, AUDIO), (IMAGE, AUDIO)]
    for pair, value in report.alignment.items():
        assert value == pytest.approx(np.mean(slow["squares"][pair]), rel=1e-4)
    for pair, ranks in slow["ranks"].items():
        named = [failure for failure in report.failures if (failure.query, failure.candidate) == pair]
        expected = sorted((rank for rank, _ in ranks if rank > 10), reverse=True)[:12]
        assert [failure.rank for failure in named] == expected
        assert all((failure.rank, int(failure.item_id)) in ranks for failure in named)


def test_chance_is_what_vectors_without_meaning_reach() -> None:
    rng = np.random.default_rng(0)
    data = three_modalities()
    noise = {
        m: FeatureSet(rng.normal(size=s.features.shape).astype(np.float32), s.rows, s.blocks)
        for m, s in data.sets.items()
    }
    scores = evaluate("ridge", AlignmentData(noise, data.groups)).pairs[TEXT, IMAGE]
    assert scores.chance[10] == pytest.approx(10 / 70, abs=0.06)
    assert scores.intervals[10][0] <= scores.chance[10] <= scores.intervals[10][1]


def test_a_planted_rotation_is_found_and_the_interval_holds_the_truth() -> None:
    report = evaluate("ridge", rotated_pairs(80, noise=0.02))
    for scores in report.pairs.values():
        assert scores.recall[1] > 0.95
        assert scores.recall[10] == 1.0 == scores.intervals[10][1]
        assert scores.median_rank == 1.0
    assert report.failures == ()
    assert report.gap_after[TEXT, IMAGE] < 0.1


def test_uniformity_is_of_held_out_vectors_of_each_modality() -> None:
    data = classified_pairs(60)
    report = evaluate("zero-shot", data, folds=2, seed=1)
    fold_of = grouped_folds(data.groups, 2, seed=1)
    total = 0.0
    for fold in range(2):
        fitted = fit_alignment("zero-shot", data.subset(fold_of != fold))
        entry = data.sets[IMAGE].take(fold_of == fold)
        vectors = fitted.project(IMAGE, entry.features, entry.probabilities)
        potentials = [
            math.exp(-2.0 * float(((vectors[i] - vectors[j]) ** 2).sum()))
            for i in range(len(vectors))
            for j in range(i)
        ]
        total += np.mean(potentials) * len(vectors)
    assert report.uniformity[IMAGE] == pytest.approx(math.log(total / 60), rel=1e-4)


def test_vectors_that_are_not_centred_lie_further_apart() -> None:
    data = three_modalities(noise=0.3)
    found = evaluate_each("ridge", data)
    assert found[True].centred
    assert not found[False].centred
    assert found[False].pairs == evaluate("ridge", data, centred=False).pairs
    assert found[False].uniformity[TEXT] > found[True].uniformity[TEXT] + 0.5


def test_the_gap_before_is_that_of_class_names_and_texts_as_they_are() -> None:
    data = classified_pairs(30)
    text, image = data.sets[TEXT], data.sets[IMAGE]
    assert image.head is not None
    names = image.head.name_features / np.linalg.norm(image.head.name_features, axis=1, keepdims=True)
    named = image.head.probabilities @ names
    named /= np.linalg.norm(named, axis=1, keepdims=True)
    words = text.features / np.linalg.norm(text.features, axis=1, keepdims=True)
    difference = words - named
    squared = sum(float(difference[i] @ difference[j]) for i in range(30) for j in range(30) if i != j) / (30 * 29)
    report = evaluate("zero-shot", data, folds=2)
    assert report.gap_before[TEXT, IMAGE] == pytest.approx(math.sqrt(max(0.0, squared)), abs=1e-4)
    assert evaluate("ridge", rotated_pairs(40)).gap_before == {}


def test_excluded_items_take_no_part() -> None:
    data = three_modalities(noise=4.0)
    exclude = np.arange(72) % 4 == 3
    ids = [f"item {row}" for row in range(72)]
    report = evaluate("ridge", data, exclude=exclude, ids=ids)
    assert report.items == 54
    assert report.pairs[TEXT, IMAGE].candidates == int((~exclude[:70]).sum())
    named = {failure.item_id for failure in report.failures}
    assert named
    assert named <= {f"item {row}" for row in np.flatnonzero(~exclude)}
    changed = data.sets[TEXT].features.copy()
    changed[exclude] = 100.0
    sets = {**data.sets, TEXT: FeatureSet(changed, data.sets[TEXT].rows, data.sets[TEXT].blocks)}
    again = evaluate("ridge", AlignmentData(sets, data.groups), exclude=exclude, ids=ids)
    assert again.pairs == report.pairs


def test_the_same_seed_gives_the_same_report_and_another_seed_other_folds() -> None:
    data = three_modalities()
    first, second, other = (evaluate("ridge", data, seed=seed) for seed in (0, 0, 1))
    assert first.pairs == second.pairs
    assert first.failures == second.failures
    assert first.pairs != other.pairs


def test_too_few_pairs_to_train_on_are_said() -> None:
    report = evaluate("ridge", classified_pairs(12), folds=3)
    assert "3 of 3 parts" in report.notices[0]
    assert report.pairs == evaluate("zero-shot", classified_pairs(12), folds=3).pairs


def test_a_modality_that_some_fits_cannot_place_is_left_out() -> None:
    rng = np.random.default_rng(0)
    data = rotated_pairs(60)
    rare = FeatureSet(rng.normal(size=(21, 5)).astype(np.float32), np.arange(21), (slice(0, 5),))
    report = evaluate("ridge", AlignmentData({**data.sets, AUDIO: rare}, data.groups))
    assert report.modalities == (TEXT, IMAGE)
    assert AUDIO not in report.uniformity


@pytest.mark.parametrize("folds", [0, 1, 13])
def test_folds_that_cannot_be_made_are_refused(folds: int) -> None:
    with pytest.raises(SpaceMismatchError, match="folds over 12 different texts"):
        evaluate("zero-shot", classified_pairs(12), folds=folds)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(SpaceMismatchError, match="alignment 'magic'"):
        evaluate("magic", classified_pairs(12))


def test_progress_only_grows_and_can_stop_the_work_anywhere() -> None:
    data, reports = three_modalities(), []
    evaluate("ridge", data, folds=3, progress=lambda done, total, message: reports.append((done, total)))
    assert {total for _, total in reports} == {300}
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)
    assert reports[-1] == (300, 300)
    for stop in (0, len(reports) // 2, len(reports) - 1):
        seen = []

        def cancel(done: int, total: int, message: str, seen: list = seen, stop: int = stop) -> None:
            seen.append(done)
            if len(seen) > stop:
                raise CancelledError(message)

        with pytest.raises(CancelledError):
            evaluate("ridge", data, folds=3, progress=cancel)
        assert len(seen) == stop + 1


def _report(method: str, pairs: dict, items: int = 100) -> AlignmentReport:
    scores = {
        pair: PairScores(count, count, {1: tenth / 2, 10: tenth}, {}, {}, 1.0, (1.0, 1.0))
        for pair, (count, tenth) in pairs.items()
    }
    return AlignmentReport(method, True, 5, 0, items, scores, {}, {}, {}, {}, {}, (), (), 0.0)


def test_the_best_answers_most_queries_over_all_pairs() -> None:
    good_at_many = _report("many", {(TEXT, IMAGE): (100, 0.7), (TEXT, AUDIO): (10, 0.1)})
    good_at_few = _report("few", {(TEXT, IMAGE): (100, 0.5), (TEXT, AUDIO): (10, 0.9)})
    narrow = _report("narrow", {(TEXT, IMAGE): (50, 0.7)})
    assert overall({"few": good_at_few, "many": good_at_many}) == pytest.approx({"few": 59 / 110, "many": 71 / 110})
    assert best({"few": good_at_few, "many": good_at_many}) == "many"
    assert overall({"narrow": narrow, "many": good_at_many})["narrow"] == pytest.approx(70 / 110)
    assert overall({"narrow": narrow, "few": good_at_few})["narrow"] < overall({"narrow": narrow})["narrow"]


@pytest.mark.parametrize(("items", "expected"), [(100, "simple"), (10_000, "elaborate")])
def test_a_lead_that_may_be_luck_does_not_beat_the_simpler_method(items: int, expected: str) -> None:
    simple = _report("simple", {(TEXT, IMAGE): (items, 0.60)}, items)
    elaborate = _report("elaborate", {(TEXT, IMAGE): (items, 0.62)}, items)
    assert best({"simple": simple, "elaborate": elaborate}) == expected
