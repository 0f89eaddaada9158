import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from mmdemo.errors import InteractionsError
from mmdemo.metrics.rating import accuracy, auc, f1, macro_f1, mae, rmse


@given(st.integers(0, 10_000))
def test_measures_equal_obvious_loops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true, predicted = rng.integers(1, 6, 12).astype(np.float32), rng.normal(3, 1, 12)
    assert rmse(true, predicted) == pytest.approx(
        (sum((a - b) ** 2 for a, b in zip(true, predicted, strict=True)) / 12) ** 0.5, abs=1e-9
    )
    assert mae(true, predicted) == pytest.approx(
        sum(abs(a - b) for a, b in zip(true, predicted, strict=True)) / 12, abs=1e-9
    )
    yes, scores = rng.random(12) < 0.5, rng.integers(0, 4, 12)
    pairs = [(a, b) for a, up in zip(scores, yes, strict=True) if up for b in scores[~yes]]
    if pairs:
        right = sum(float(a > b) + 0.5 * float(a == b) for a, b in pairs)
        assert auc(yes, scores) == pytest.approx(right / len(pairs), abs=1e-9)
    else:
        assert np.isnan(auc(yes, scores))
    said = rng.random(12) < 0.5
    right_yes = sum(1 for a, b in zip(yes, said, strict=True) if a and b)
    precision, recall = right_yes / max(1, said.sum()), right_yes / max(1, yes.sum())
    expected = 2 * precision * recall / (precision + recall) if right_yes else 0.0
    assert f1(yes, said) == pytest.approx(expected, abs=1e-9)


def test_measures_equal_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels, said = rng.integers(0, 4, 200), rng.integers(0, 5, 200)
    assert macro_f1(labels, said) == pytest.approx(f1_score(labels, said, average="macro"), abs=1e-9)
    assert accuracy(labels, said) == pytest.approx(float((labels == said).mean()))
    scores = rng.integers(0, 20, 200)
    assert auc(labels > 1, scores) == pytest.approx(float(roc_auc_score(labels > 1, scores)), abs=1e-9)


def test_as_many_foretold_values_as_true_ones_are_needed() -> None:
    for true, predicted in ((np.zeros(2), np.zeros(3)), (np.zeros(0), np.zeros(0))):
        with pytest.raises(InteractionsError):
            rmse(true, predicted)
