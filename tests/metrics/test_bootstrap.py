import numpy as np
import pytest

from mmdemo.metrics.bootstrap import DRAWS, median_interval, recall_intervals


def _slow_draws(values: np.ndarray, groups: np.ndarray, statistic, draws: int, seed: int) -> np.ndarray:
    """Groups drawn with return one draw at a time, their members put together by hand."""
    rng = np.random.default_rng(seed)
    names = sorted(set(groups.tolist()))
    found = []
    for _ in range(draws):
        drawn = [names[i] for i in rng.integers(0, len(names), len(names))]
        members = [value for name in drawn for value, group in zip(values, groups, strict=True) if group == name]
        found.append(statistic(members))
    return np.array(found)


@pytest.fixture
def answers() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    groups = np.sort(rng.integers(0, 40, 90))
    ranks = 1.0 + rng.geometric(0.1, 41)[groups] + rng.integers(0, 3, 90)
    return ranks, groups


def test_recall_intervals_are_the_quantiles_of_group_draws(answers: tuple[np.ndarray, np.ndarray]) -> None:
    ranks, groups = answers
    slow = _slow_draws(ranks, groups, lambda members: np.mean(np.array(members) <= 10), 2000, seed=1)
    np.testing.assert_allclose(
        recall_intervals(ranks, groups, (5, 10), seed=0)[10], np.quantile(slow, [0.025, 0.975]), atol=0.03
    )


def test_median_intervals_are_the_quantiles_of_group_draws(answers: tuple[np.ndarray, np.ndarray]) -> None:
    ranks, groups = answers
    slow = _slow_draws(ranks, groups, lambda m: sorted(m)[(len(m) - 1) // 2], 2000, seed=1)
    np.testing.assert_allclose(median_interval(ranks, groups, seed=0), np.quantile(slow, [0.025, 0.975]), atol=1.01)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    covered = []
    for trial in range(200):
        ranks = np.where(rng.random(120) < 0.4, 1.0, 50.0)
        low, high = recall_intervals(ranks, np.arange(120), (10,), seed=trial)[10]
        covered.append(low <= 0.4 <= high)
    assert 0.89 <= np.mean(covered) <= 0.99


def test_groups_that_answer_alike_are_no_independent_evidence() -> None:
    rng = np.random.default_rng(0)
    hits = rng.random(30) < 0.5
    ranks = np.where(np.repeat(hits, 10), 1.0, 50.0)
    low, high = recall_intervals(ranks, np.repeat(np.arange(30), 10), (1,), seed=0)[1]
    alone_low, alone_high = recall_intervals(ranks, np.arange(300), (1,), seed=0)[1]
    assert high - low > 2 * (alone_high - alone_low)


def test_all_or_no_hits_still_leave_doubt() -> None:
    found = recall_intervals(np.ones(20), np.arange(20), (1,), seed=0)[1]
    assert found[1] == 1.0
    assert found[0] == pytest.approx(0.025 ** (1 / 20))  # where all of 20 hit by luck once in forty times
    missed = recall_intervals(np.full(20, 9.0), np.arange(20), (1,), seed=0)[1]
    assert missed == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))


def test_the_same_seed_gives_the_same_interval_however_memory_is_cut(
    answers: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    ranks, groups = answers
    whole = recall_intervals(ranks, groups, (1, 10), seed=5), median_interval(ranks, groups, seed=5)
    monkeypatch.setattr("mmdemo.metrics.bootstrap._CELLS_AT_ONCE", 90 * (DRAWS // 7))
    assert (recall_intervals(ranks, groups, (1, 10), seed=5), median_interval(ranks, groups, seed=5)) == whole
