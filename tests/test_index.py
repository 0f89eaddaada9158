import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdemo.errors import SpaceMismatchError
from mmdemo.index import ExactIndex, Table, Term, best


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_best_equals_a_stable_full_sort(seed: int, k: int) -> None:
    scores = np.random.default_rng(seed).integers(-3, 4, 9).astype(np.float32)
    scores[scores == -3] = -np.inf
    expected = [i for i in sorted(range(9), key=lambda i: (-scores[i], i)) if np.isfinite(scores[i])][:k]
    assert best(scores, k).tolist() == expected


def test_scores_sum_terms_over_the_items_that_a_table_holds() -> None:
    rng = np.random.default_rng(0)
    everyone, some = rng.normal(size=(4, 3)).astype(np.float32), rng.normal(size=(2, 2)).astype(np.float32)
    index = ExactIndex(4, {"all": Table(everyone, None), "some": Table(some, np.array([1, 3]))})
    q, r = np.array([1, 2, 3], np.float32), np.array([-1, 1], np.float32)
    expected = [float(everyone[i] @ q) + 0.5 for i in range(4)]
    for row, i in enumerate((1, 3)):
        expected[i] += float(some[row] @ r) - 2.0
    np.testing.assert_allclose(index.scores([Term("all", q, 0.5), Term("some", r, -2.0)]), expected, rtol=1e-5)


def test_a_vector_of_another_width_is_refused() -> None:
    index = ExactIndex(1, {"all": Table(np.ones((1, 3), np.float32), None)})
    with pytest.raises(SpaceMismatchError, match="shape"):
        index.scores([Term("all", np.ones(2, np.float32), 0.0)])
