import math

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mmdemo.metrics.beyond import (
    coverage,
    exposure,
    gini,
    intra_list_diversity,
    novelty,
    popularity_by_group,
    tastes,
    top_lists,
)
from mmdemo.metrics.user_bootstrap import mean_intervals, paired_test, standard_errors

LISTS = np.array([[0, 2, 4], [1, 2, -1], [-1, -1, -1], [2, 0, 3]], np.int32)


def test_lists_hold_the_best_unseen_items_best_first() -> None:
    scores = np.array([[5, 4, 3, 2, 1], [1, 2, 3, 4, 5]], np.float32)
    seen = csr_matrix(np.array([[1, 0, 0, 0, 0], [1, 1, 1, 1, 0]], np.float32))
    found = top_lists(scores, seen, 3, rng=np.random.default_rng(0))
    assert found.tolist() == [[1, 2, 3], [4, -1, -1]]
    assert top_lists(scores, seen, 7, rng=np.random.default_rng(0)).shape == (2, 7)


def test_equal_scores_at_the_end_of_a_list_are_drawn_alike_often() -> None:
    scores = np.tile(np.array([1, 9, 1, 1, 0], np.float32), (6000, 1))
    found = top_lists(scores, csr_matrix(scores.shape, dtype=np.float32), 2, rng=np.random.default_rng(0))
    assert (found[:, 0] == 1).all()
    shares = np.bincount(found[:, 1], minlength=5) / len(found)
    np.testing.assert_allclose(shares, [1 / 3, 0, 1 / 3, 1 / 3, 0], atol=0.03)


def test_figures_of_lists_equal_obvious_loops() -> None:
    rng = np.random.default_rng(0)
    vectors, popularity = rng.normal(size=(6, 3)).astype(np.float32), np.array([5, 1, 3, 0, 2, 4])
    vectors[4] = 0  # an item without features has no place
    shown = exposure(LISTS, 6)
    assert shown.tolist() == [sum(item in row for row in LISTS.tolist()) for item in range(6)]
    assert coverage(shown) == 5 / 6
    pairs = sum(abs(int(a) - int(b)) for a in shown for b in shown)
    assert gini(shown) == pytest.approx(pairs / (2 * 6**2 * shown.mean()), abs=1e-9)
    for row, value in zip(LISTS, novelty(LISTS, popularity, 9), strict=True):
        each = [-math.log2((popularity[item] + 1) / 10) for item in row if item >= 0]
        assert value == pytest.approx(sum(each) / len(each), abs=1e-9) if each else np.isnan(value)
    for row, value in zip(LISTS, intra_list_diversity(LISTS, vectors), strict=True):
        kept = [
            vectors[item].astype(float) / np.linalg.norm(vectors[item].astype(float))
            for item in row
            if item in (0, 1, 2, 3)
        ]
        each = [1 - a @ b for place, a in enumerate(kept) for b in kept[:place]]
        assert value == pytest.approx(sum(each) / len(each), abs=1e-6) if each else np.isnan(value)


def test_even_and_one_sided_lists_have_the_ginis_they_must() -> None:
    assert gini(np.full(10, 3)) == pytest.approx(0.0)
    assert gini(np.array([0, 0, 0, 8])) == pytest.approx(0.75)
    assert gini(np.zeros(4)) == 0.0


def test_popularity_of_lists_is_told_by_thirds_of_the_users() -> None:
    popularity = np.array([0.1, 0.2, 0.4, 0.8])
    histories = csr_matrix(np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0]], np.float32))
    chosen = tastes(histories, popularity)
    assert chosen[:3].tolist() == pytest.approx([0.1, 0.2, 0.6])
    assert np.isnan(chosen[3])
    found = popularity_by_group(chosen, np.array([0.4, 0.2, 0.3, 0.9]))
    assert found["niche.lift"] == pytest.approx(3.0)
    assert found["middle.lift"] == pytest.approx(0.0)
    assert found["mainstream.lift"] == pytest.approx(-0.5)
    assert found["niche.lists"] == pytest.approx(0.4)


def test_errors_and_intervals_are_those_of_theory() -> None:
    values = np.random.default_rng(0).random((4000, 2))
    errors = standard_errors(values)
    np.testing.assert_allclose(errors, np.sqrt(1 / 12 / 4000), rtol=0.05)
    for (low, high), mean, error in zip(mean_intervals(values, seed=0), values.mean(axis=0), errors, strict=True):
        assert low == pytest.approx(mean - 1.96 * error, abs=0.3 * error)
        assert high == pytest.approx(mean + 1.96 * error, abs=0.3 * error)
    assert np.isnan(standard_errors(values[:1])).all()


def test_where_nobody_is_hit_doubt_remains() -> None:
    (low, high), (other_low, other_high) = mean_intervals(np.array([[0.0, 1.0]] * 10), seed=0)
    assert (low, other_high) == (0.0, 1.0)
    assert 1 - other_low == pytest.approx(high)
    assert (1 - high) ** 10 == pytest.approx(0.025)


def test_a_real_difference_is_told_from_none() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=300)
    (low, high), p = paired_test(noise + 0.5, seed=0)
    assert low > 0.3
    assert high < 0.7
    assert p < 0.01
    (low, high), p = paired_test(noise - noise.mean(), seed=0)
    assert low < 0 < high
    assert p > 0.5
