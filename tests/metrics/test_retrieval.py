import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mmdemo.metrics.retrieval import chance_recall_at, expected_ranks, nearest_label_accuracy, recall_at


def _slow_expected_rank(scores: np.ndarray, relevant: np.ndarray) -> float:
    """Mean rank of the first relevant candidate over all orders of the tied ones, by hand."""
    best = max(s for s, r in zip(scores, relevant, strict=True) if r)
    ahead = sum(1 for s, r in zip(scores, relevant, strict=True) if s > best and not r)
    tied = sum(1 for s, r in zip(scores, relevant, strict=True) if s == best and not r)
    return 1 + ahead + 0.5 * tied


@given(st.integers(0, 10_000))
def test_expected_ranks_equal_an_obvious_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    similarity = rng.integers(0, 4, (6, 9)).astype(np.float32)
    relevant = rng.random((6, 9)) < 0.3
    relevant[:, 0] |= ~relevant.any(axis=1)
    expected = [_slow_expected_rank(s, r) for s, r in zip(similarity, relevant, strict=True)]
    np.testing.assert_allclose(expected_ranks(similarity, relevant), expected)


def test_recall_counts_ranks_within_the_cut_off() -> None:
    assert recall_at(np.array([1.0, 2.0, 5.0, 11.0]), (1, 5, 10)) == {1: 0.25, 5: 0.75, 10: 0.75}


def test_chance_recall_is_what_random_orders_reach() -> None:
    rng = np.random.default_rng(0)
    relevant = np.zeros((3, 12), bool)
    relevant[0, :1] = relevant[1, :3] = relevant[2, :11] = True
    drawn = np.mean(
        [recall_at(expected_ranks(rng.random((3, 12)).astype(np.float32), relevant), (1, 5))[5] for _ in range(4000)]
    )
    chance = chance_recall_at(relevant.sum(axis=1), 12, (1, 5))
    assert abs(chance[5] - drawn) < 0.02
    assert chance[1] == (1 / 12 + 3 / 12 + 11 / 12) / 3


def test_nearest_label_never_counts_an_item_as_its_own_neighbour() -> None:
    similarity = np.array([[1, 0.9, 0], [0.9, 1, 0.1], [0, 0.1, 1]], np.float32)
    assert nearest_label_accuracy(similarity, np.array([0, 0, 1])) == 2 / 3
