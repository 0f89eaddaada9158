import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdemo.metrics import geometry


def _unit(rng: np.random.Generator, rows: int, width: int = 6) -> np.ndarray:
    vectors = rng.normal(size=(rows, width))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@given(st.integers(0, 10_000))
def test_the_gap_equals_a_loop_over_pairs_of_different_items(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = _unit(rng, 7), _unit(rng, 7)
    total = 0.0
    for i in range(7):
        for j in range(7):
            if i != j:
                total += float((x[i] - y[i]) @ (x[j] - y[j]))
    assert geometry.squared_modality_gap(x, y) == pytest.approx(total / 42, abs=1e-6)
    assert geometry.modality_gap(x, y) == pytest.approx(math.sqrt(max(0.0, total / 42)), abs=1e-5)


def test_small_samples_do_not_widen_the_gap() -> None:
    rng = np.random.default_rng(0)
    shift = np.array([0.3, 0, 0, 0, 0, 0], np.float32)
    noise = rng.normal(size=(4000, 2, 5, 6)).astype(np.float32)
    squared = [geometry.squared_modality_gap(first + shift, second) for first, second in noise]
    plain = [float(((first + shift - second).mean(axis=0) ** 2).sum()) for first, second in noise]
    assert np.mean(squared) == pytest.approx(0.09, abs=0.06)
    assert np.mean(plain) > 2.0  # what the plain figure makes of five items


def test_modalities_in_two_opposite_caps_are_two_apart() -> None:
    pole = np.tile(np.array([[1.0, 0.0, 0.0]], np.float32), (3, 1))
    assert geometry.modality_gap(pole, -pole) == pytest.approx(2.0)
    assert geometry.modality_gap(pole, pole) == 0.0


@given(st.integers(0, 10_000))
def test_alignment_and_uniformity_equal_obvious_loops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = _unit(rng, 6), _unit(rng, 6)
    distances = [float(np.linalg.norm(a - b)) ** 2 for a, b in zip(x, y, strict=True)]
    assert geometry.alignment(x, y) == pytest.approx(np.mean(distances), rel=1e-5)
    potentials = [math.exp(-2 * float(np.linalg.norm(x[i] - x[j])) ** 2) for i in range(6) for j in range(i)]
    assert geometry.uniformity(x) == pytest.approx(math.log(np.mean(potentials)), rel=1e-4)


def test_uniformity_is_zero_in_one_point_and_low_on_the_whole_sphere() -> None:
    rng = np.random.default_rng(0)
    assert geometry.uniformity(np.tile(_unit(rng, 1), (5, 1))) == pytest.approx(0.0, abs=1e-5)
    assert geometry.uniformity(_unit(rng, 500, 300)) == pytest.approx(-4.0, abs=0.1)  # orthogonal: |x - y|² = 2


@given(st.integers(0, 10_000), st.integers(1, 9))
def test_k_occurrence_equals_an_obvious_loop(seed: int, k: int) -> None:
    similarity = np.random.default_rng(seed).permuted(np.arange(40.0).reshape(5, 8)).astype(np.float32)
    expected = [0] * 8
    for row in similarity:
        for candidate in sorted(range(8), key=lambda c: -row[c])[:k]:
            expected[candidate] += 1
    assert geometry.k_occurrence(similarity, k).tolist() == expected


def test_skewness_of_known_samples() -> None:
    from scipy import stats

    values = np.random.default_rng(0).poisson(3, 200)
    assert geometry.skewness(values) == pytest.approx(float(stats.skew(values)))
    assert geometry.skewness(np.array([4, 4, 4])) == 0.0


def test_a_hub_shows_as_skew() -> None:
    rng = np.random.default_rng(0)
    even = rng.normal(size=(300, 300)).astype(np.float32)
    with_hubs = even + 3.0 * (np.arange(300) < 6)
    assert geometry.skewness(geometry.k_occurrence(even, 10)) < 0.8
    assert geometry.skewness(geometry.k_occurrence(with_hubs, 10)) > 4.0
