import numpy as np
import pytest
from map_samples import random_vectors, silent_report

from mmdemo.projection import neighbours
from mmdemo.projection.judge import judge, quality_neighbours
from mmdemo.projection.measures import cross_modal_measures
from mmdemo.projection.neighbours import largest, map_neighbours, true_neighbours


@pytest.mark.parametrize("block", [1, 70, 2**24])
def test_true_neighbours_are_what_the_loop_finds_in_any_blocks(block, monkeypatch):
    monkeypatch.setattr(neighbours, "_BLOCK_NUMBERS", block)
    vectors = random_vectors(30)
    found, cosines = true_neighbours(vectors, 4, report=silent_report)
    for i in range(30):
        order = sorted((j for j in range(30) if j != i), key=lambda j: -float(vectors[i] @ vectors[j]))
        assert found[i].tolist() == order[:4]
        assert cosines[i] == pytest.approx(vectors[order[:4]] @ vectors[i], abs=1e-6)


def test_copies_of_a_point_are_its_neighbours_and_it_is_not_its_own():
    vectors = np.repeat(random_vectors(3), 4, axis=0)
    found, _ = true_neighbours(vectors, 3, report=silent_report)
    places = map_neighbours(vectors[:, :2], 3)
    for i in range(12):
        assert {*found[i].tolist(), i} == {*range(i - i % 4, i - i % 4 + 4)}
        assert {*places[i].tolist(), i} == {*range(i - i % 4, i - i % 4 + 4)}


def test_points_crowded_out_of_their_own_list_still_get_k_others():
    found = map_neighbours(np.zeros((8, 2), np.float32), 3)
    assert found.shape == (8, 3)
    assert all(i not in row for i, row in enumerate(found.tolist()))


def test_largest_takes_ties_in_order_and_all_where_there_are_few():
    values = np.array([[1.0, 3.0, 3.0, 2.0]], np.float32)
    assert largest(values, 3)[0].tolist() == [[1, 2, 3]]
    assert largest(values, 9)[0].tolist() == [[1, 2, 3, 0]]
    assert largest(values, 0)[0].shape == (1, 0)


def test_a_map_that_keeps_everything_is_judged_perfect_and_a_shuffled_one_is_not():
    angles = np.sort(np.random.default_rng(0).uniform(0, 1.5, 60))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    positions = np.stack([angles, np.zeros(60)], axis=1).astype(np.float32)
    true, _ = true_neighbours(vectors, 15, report=silent_report)
    good = judge(vectors, positions, true, seed=0, report=silent_report)
    assert good.quality["knn_preservation"] > 0.99
    assert good.quality["trustworthiness"] > 0.999
    assert good.quality["continuity"] > 0.999
    shuffled = positions[np.random.default_rng(1).permutation(60)]
    bad = judge(vectors, shuffled, true, seed=0, report=silent_report)
    assert bad.quality["knn_preservation"] == pytest.approx(15 / 59, abs=0.1)
    assert bad.quality["trustworthiness"] < 0.7
    assert bad.trust.mean() == pytest.approx(bad.quality["knn_preservation"])


def test_a_sample_of_a_large_map_is_stated():
    vectors = random_vectors(80, 4)
    true, _ = true_neighbours(vectors, 15, report=silent_report)
    whole = judge(vectors, vectors[:, :2], true, seed=0, report=silent_report)
    some = judge(vectors, vectors[:, :2], true, seed=0, report=silent_report, most=40)
    assert (whole.quality_points, some.quality_points) == (80, 40)
    assert some.quality["knn_preservation"] == whole.quality["knn_preservation"]
    assert some.quality["trustworthiness"] == pytest.approx(whole.quality["trustworthiness"], abs=0.1)
    assert some.quality["trustworthiness"] != whole.quality["trustworthiness"]


@pytest.mark.parametrize(("points", "k"), [(0, 0), (3, 0), (4, 1), (10, 4), (31, 15), (1000, 15)])
def test_few_points_are_judged_by_fewer_neighbours(points, k):
    assert quality_neighbours(points) == k
    assert 2 * points - 3 * k - 1 > 0 or k == 0


def test_measures_across_modalities_are_what_the_loops_say():
    vectors = random_vectors(26, 3)
    rows = np.array([*range(12), *range(0, 12, 2), *range(0, 12, 3), *range(8, 12)], np.int32)
    codes = np.array([0] * 12 + [1] * 6 + [2] * 8, np.uint8)
    order = np.lexsort((rows, codes))
    rows, codes = rows[order], codes[order]
    keep = np.unique(np.stack([codes, rows]), axis=1, return_index=True)[1]
    rows, codes, vectors = rows[keep], codes[keep], vectors[keep]
    found = cross_modal_measures(vectors, rows, codes, report=silent_report)
    count = len(rows)
    hubness, partner = np.zeros(count), np.full(count, np.nan)
    for i in range(count):
        for code in range(3):
            if code == codes[i]:
                continue
            others = sorted(np.flatnonzero(codes == code), key=lambda j: -float(vectors[i] @ vectors[j]))
            for j in others[:10]:
                hubness[j] += 1
            mine = [position for position, j in enumerate(others, start=1) if rows[j] == rows[i]]
            if mine and np.isnan(partner[i]):
                partner[i] = mine[0]
    assert found["hubness"].tolist() == hubness.tolist()
    np.testing.assert_array_equal(found["partner_rank"], partner.astype(np.float32))
    assert np.isnan(partner).any()


def test_one_modality_alone_has_no_measures_across():
    found = cross_modal_measures(
        random_vectors(4), np.arange(4, dtype=np.int32), np.zeros(4, np.uint8), report=silent_report
    )
    assert all(np.isnan(values).all() for values in found.values())
