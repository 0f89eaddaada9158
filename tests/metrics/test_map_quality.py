"""Each measure against the loop that its definition is."""

import numpy as np
import pytest

from mmdemo.metrics.map_quality import neighbour_overlap, ranks_among, trustworthiness


def _distances(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points[None], axis=2)


def _others_by_distance(distances: np.ndarray, i: int) -> list[int]:
    return sorted((j for j in range(len(distances)) if j != i), key=lambda j: (distances[i, j], j))


def _slow_trustworthiness(truth: np.ndarray, layout: np.ndarray, k: int) -> float:
    count, penalty = len(truth), 0
    for i in range(count):
        order = _others_by_distance(truth, i)
        for j in _others_by_distance(layout, i)[:k]:
            if j not in order[:k]:
                penalty += order.index(j) + 1 - k
    return 1 - 2 / (count * k * (2 * count - 3 * k - 1)) * penalty


def _fast(truth: np.ndarray, layout: np.ndarray, k: int, asked: np.ndarray) -> float:
    near = np.array([_others_by_distance(layout, i)[:k] for i in asked])
    return trustworthiness(ranks_among(-truth[asked].astype(np.float32), asked, near), len(truth))


@pytest.mark.parametrize("k", [1, 5, 9])
def test_trustworthiness_and_continuity_are_what_their_loops_say(k):
    rng = np.random.default_rng(k)
    points = rng.standard_normal((20, 6))
    truth, layout = _distances(points), _distances(points[:, :2])
    everyone = np.arange(20)
    assert _fast(truth, layout, k, everyone) == pytest.approx(_slow_trustworthiness(truth, layout, k), abs=1e-5)
    assert _fast(layout, truth, k, everyone) == pytest.approx(_slow_trustworthiness(layout, truth, k), abs=1e-5)
    assert _fast(truth, truth, k, everyone) == 1.0


def test_scikit_learn_agrees_on_trustworthiness():
    from sklearn.manifold import trustworthiness as reference

    points = np.random.default_rng(3).standard_normal((40, 8))
    found = _fast(_distances(points), _distances(points[:, :2]), 7, np.arange(40))
    assert found == pytest.approx(reference(points, points[:, :2], n_neighbors=7), abs=1e-5)


def test_a_sample_of_askers_estimates_the_whole():
    points = np.random.default_rng(5).standard_normal((120, 5))
    truth, layout = _distances(points), _distances(points[:, :2])
    parts = [_fast(truth, layout, 5, np.arange(start, 120, 4)) for start in range(4)]
    assert np.mean(parts) == pytest.approx(_fast(truth, layout, 5, np.arange(120)), abs=1e-6)


def test_equally_near_points_share_their_ranks_whatever_their_order():
    nearness = np.array([[9.0, 3.0, 5.0, 3.0, 3.0, 1.0]], np.float32)
    ranks = ranks_among(nearness, np.array([0]), np.array([[2, 1, 4, 3, 5]]))
    assert ranks.tolist() == [[1.0, 3.0, 3.0, 3.0, 5.0]]
    assert ranks_among(nearness, np.array([2]), np.array([[0, 1]])).tolist() == [[1.0, 3.0]]


def test_neighbour_overlap_counts_shared_neighbours_in_any_order():
    true = np.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    found = np.array([[4, 9, 1, 0], [0, 1, 2, 3]])
    assert neighbour_overlap(true, found).tolist() == [0.5, 0.0]
    assert neighbour_overlap(true, true).tolist() == [1.0, 1.0]
