import itertools
import math

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from mmdemo.errors import InteractionsError
from mmdemo.metrics.ranking import MEASURES, ranked_measures

CUTOFFS = (1, 2, 4, 9)


def _ones(table: np.ndarray) -> csr_matrix:
    return csr_matrix(table.astype(np.float32))


def _obvious(order: list[int], targets: set[int], k: int) -> dict[str, float]:
    """Every measure of one order without ties, by hand."""
    hits, precisions, gain, first = 0, 0.0, 0.0, 0.0
    for place, item in enumerate(order[:k], start=1):
        if item in targets:
            hits += 1
            precisions += hits / place
            gain += 1 / math.log2(place + 1)
            first = first or 1 / place
    ideal = sum(1 / math.log2(place + 1) for place in range(1, min(k, len(targets)) + 1))
    return {
        "recall": hits / len(targets),
        "precision": hits / k,
        "ndcg": gain / ideal,
        "mrr": first,
        "map": precisions / len(targets),
        "hit": float(hits > 0),
    }


def _right_pairs(scores: np.ndarray, candidates: list[int], targets: set[int]) -> float:
    pairs = [(one, other) for one in targets for other in candidates if other not in targets]
    if not pairs:
        return 0.5
    return sum(float(scores[a] > scores[b]) + 0.5 * float(scores[a] == scores[b]) for a, b in pairs) / len(pairs)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000))
def test_ties_count_by_the_mean_over_all_their_orders(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 3, (3, 6)).astype(np.float32)
    relevant, seen = rng.random((3, 6)) < 0.4, rng.random((3, 6)) < 0.2
    found = ranked_measures(scores, _ones(relevant), seen=_ones(seen), cutoffs=CUTOFFS)
    for row in range(3):
        candidates = [item for item in range(6) if not seen[row, item]]
        targets = {item for item in candidates if relevant[row, item]}
        if not targets:
            assert all(np.isnan(values[row]) for values in found.values())
            continue
        orders = [sorted(order, key=lambda item: -scores[row, item]) for order in itertools.permutations(candidates)]
        for k in CUTOFFS:
            each = [_obvious(order, targets, k) for order in orders]
            for name in MEASURES:
                expected = sum(one[name] for one in each) / len(each)
                assert found[f"{name}@{k}"][row] == pytest.approx(expected, abs=1e-9), (name, k)
        assert found["auc"][row] == pytest.approx(_right_pairs(scores[row], candidates, targets), abs=1e-9)


def test_many_targets_a_row_are_placed_like_few() -> None:
    rng = np.random.default_rng(1)
    scores = rng.permutation(400).reshape(4, 100).astype(np.float32)
    relevant, seen = rng.random((4, 100)) < [[0.5], [0.02], [0.3], [0.9]], rng.random((4, 100)) < 0.1
    relevant[1, 7], seen[1, 7] = True, False
    found = ranked_measures(scores, _ones(relevant), seen=_ones(seen), cutoffs=(5, 60))
    for row in range(4):
        order = [int(item) for item in np.argsort(-scores[row]) if not seen[row, item]]
        targets = {item for item in order if relevant[row, item]}
        for k in (5, 60):
            for name, value in _obvious(order, targets, k).items():
                assert found[f"{name}@{k}"][row] == pytest.approx(value, abs=1e-9), (name, k)


def test_measures_equal_those_of_trec_eval() -> None:
    rng = np.random.default_rng(0)
    users, items, cutoffs = 30, 200, (5, 10, 20)
    scores = rng.permutation(users * items).reshape(users, items).astype(np.float32)
    relevant, seen = rng.random((users, items)) < 0.05, rng.random((users, items)) < 0.1
    relevant &= ~seen
    relevant[:, 0], seen[:, 0] = True, False
    found = ranked_measures(scores, _ones(relevant), seen=_ones(seen), cutoffs=cutoffs)
    truth = {str(user): {str(item): 1 for item in np.flatnonzero(relevant[user])} for user in range(users)}
    run = {
        str(user): {str(item): float(scores[user, item]) for item in np.flatnonzero(~seen[user])}
        for user in range(users)
    }
    asked = {"recall": "recall", "P": "precision", "ndcg_cut": "ndcg", "map_cut": "map", "success": "hit"}
    depths = ",".join(map(str, cutoffs))
    judged = pytrec_eval.RelevanceEvaluator(truth, {f"{name}.{depths}" for name in asked}).evaluate(run)
    for k in cutoffs:
        best = {user: dict(sorted(row.items(), key=lambda pair: -pair[1])[:k]) for user, row in run.items()}
        first = pytrec_eval.RelevanceEvaluator(truth, {"recip_rank"}).evaluate(best)
        for user in range(users):
            for theirs, ours in asked.items():
                assert abs(found[f"{ours}@{k}"][user] - judged[str(user)][f"{theirs}_{k}"]) < 1e-9, (ours, k)
            assert abs(found[f"mrr@{k}"][user] - first[str(user)]["recip_rank"]) < 1e-9


def test_a_ranking_that_says_nothing_reaches_what_chance_reaches_wherever_the_target_stands() -> None:
    scores, seen = np.zeros((10, 10), np.float32), csr_matrix((10, 10), dtype=np.float32)
    found = ranked_measures(scores, _ones(np.eye(10)), seen=seen, cutoffs=(3,))
    np.testing.assert_allclose(found["recall@3"], 0.3)
    np.testing.assert_allclose(found["mrr@3"], (1 + 1 / 2 + 1 / 3) / 10)
    np.testing.assert_allclose(found["auc"], 0.5)


def test_cut_offs_beyond_the_catalogue_count_what_is_there() -> None:
    scores, none = np.array([[3, 2, 1]], np.float32), csr_matrix((1, 3), dtype=np.float32)
    found = ranked_measures(scores, _ones(np.array([[0, 0, 1]])), seen=none, cutoffs=(10,))
    assert (found["recall@10"][0], found["precision@10"][0]) == (1.0, 0.1)
    assert found["mrr@10"][0] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("scores", "shape", "cutoffs", "said"),
    [
        (np.full((2, 3), np.nan, np.float32), (2, 3), (1,), "not finite"),
        (np.full((2, 3), -np.inf, np.float32), (2, 3), (1,), "not finite"),
        (np.zeros((2, 3), np.float32), (2, 4), (1,), "shape"),
        (np.zeros((2, 3), np.float32), (2, 3), (0,), "cut-offs"),
        (np.zeros((2, 3), np.float32), (2, 3), (), "cut-offs"),
    ],
)
def test_what_cannot_be_ranked_is_refused(
    scores: np.ndarray, shape: tuple[int, int], cutoffs: tuple[int, ...], said: str
) -> None:
    empty = csr_matrix(shape, dtype=np.float32)
    with pytest.raises(InteractionsError, match=said):
        ranked_measures(scores, empty, seen=empty, cutoffs=cutoffs)
