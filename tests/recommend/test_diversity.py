"""Maximal marginal relevance and novelty, against obvious loops and cases worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdemo.errors import InteractionsError
from mmdemo.recommend.diversity import mean_cosine, mmr, on_unit_scale, self_information, with_novelty


def slow_mmr(relevance, similarity, k, diversity):
    taken = []
    while len(taken) < min(k, len(relevance)):
        best, best_worth = None, -math.inf
        for candidate in range(len(relevance)):
            if candidate in taken:
                continue
            worth = relevance[candidate]
            if taken:
                worth = (1 - diversity) * worth - diversity * max(similarity[candidate][other] for other in taken)
            if worth > best_worth:
                best, best_worth = candidate, worth
        taken.append(best)
    return taken


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 14), st.sampled_from([0.0, 0.3, 0.7, 1.0]))
def test_it_takes_what_an_obvious_loop_takes(seed, candidates, k, diversity):
    rng = np.random.default_rng(seed)
    relevance = rng.integers(0, 5, candidates) / 4  # with ties
    similarity = rng.integers(-4, 5, (candidates, candidates)) / 4
    similarity = np.maximum(similarity, similarity.T)
    assert mmr(relevance, similarity, k, diversity).tolist() == slow_mmr(relevance, similarity, k, diversity)


def test_without_diversity_it_is_the_order_of_relevance_and_with_it_twins_are_parted():
    relevance = np.array([1.0, 0.9, 0.5])
    similarity = np.array([[1.0, 0.95, 0.0], [0.95, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert mmr(relevance, similarity, 3, 0.0).tolist() == [0, 1, 2]
    assert mmr(relevance, similarity, 3, 0.5).tolist() == [0, 2, 1]
    assert mmr(relevance, similarity, 1, 1.0).tolist() == [0], "the first goes by relevance, whatever the diversity"
    assert mmr(np.zeros(0), np.zeros((0, 0)), 3, 0.5).tolist() == []


def test_similarity_is_the_mean_over_the_modalities_that_both_have():
    pictures = np.array([[1, 0], [0, 2], [3, 3]], np.float32)
    sounds = np.array([[0, 0, 0], [0, 1, 0], [0, 5, 0]], np.float32)
    found = mean_cosine({"image": pictures, "audio": sounds})
    half = math.sqrt(0.5)
    expected = [[1, 0, half], [0, 1, (half + 1) / 2], [half, (half + 1) / 2, 1]]
    np.testing.assert_allclose(found, expected, atol=1e-7)
    assert mean_cosine({"audio": sounds[:1]}).tolist() == [[0.0]]


def test_rare_items_say_more_by_their_formula_and_novelty_brings_them_up():
    chosen = np.array([7, 3, 0])
    information = self_information(chosen, 7)
    np.testing.assert_allclose(information, [0.0, 1.0, 3.0])
    relevance = np.array([10.0, 8.0, 6.0])
    np.testing.assert_allclose(with_novelty(relevance, information, 0.0), [1, 0.5, 0])
    np.testing.assert_allclose(with_novelty(relevance, information, 1.0), [0, 1 / 3, 1])
    assert np.argmax(with_novelty(relevance, information, 0.3)) == 0
    assert np.argmax(with_novelty(relevance, information, 0.6)) == 2


def test_equal_values_are_all_best():
    assert on_unit_scale(np.array([2.0, 2.0])).tolist() == [1, 1]
    assert on_unit_scale(np.zeros(0)).tolist() == []


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(InteractionsError):
        mmr(np.ones(1), np.ones((1, 1)), 1, share)
    with pytest.raises(InteractionsError):
        with_novelty(np.ones(1), np.ones(1), share)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(InteractionsError, match="3 candidates"):
        mmr(np.ones(3), np.ones((2, 2)), 1, 0.5)
