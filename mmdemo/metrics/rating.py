"""How well ratings and labels are foretold. Oracles by obvious loops are in the tests."""

import numpy as np
import numpy.typing as npt

from mmdemo.errors import InteractionsError

Values = npt.NDArray[np.floating]
Labels = npt.NDArray


def rmse(true: Values, predicted: Values) -> float:
    """Root of the mean squared difference of two (E,), at least one."""
    _check(true, predicted)
    return float(np.sqrt(np.mean((true.astype(np.float64) - predicted) ** 2)))


def mae(true: Values, predicted: Values) -> float:
    """Mean absolute difference of two (E,), at least one."""
    _check(true, predicted)
    return float(np.mean(np.abs(true.astype(np.float64) - predicted)))


def accuracy(true: Labels, predicted: Labels) -> float:
    """Share of labels (E,) that are right."""
    _check(true, predicted)
    return float(np.mean(true == predicted))


def f1(true: Labels, predicted: Labels) -> float:
    """Of yes and no (E,): harmonic mean of precision and recall of yes, 0 where nothing is a right yes."""
    _check(true, predicted)
    yes, said = true.astype(bool), predicted.astype(bool)
    total = yes.sum() + said.sum()
    return float(2 * (yes & said).sum() / total) if total else 0.0


def macro_f1(true: Labels, predicted: Labels) -> float:
    """Mean of `f1` over all labels (E,) that occur, in truth or as foretold."""
    _check(true, predicted)
    return float(np.mean([f1(true == label, predicted == label) for label in np.union1d(true, predicted)]))


def auc(true: Labels, scores: Values) -> float:
    """Chance that a random yes (E,) scores above a random no, ties half; NaN without both.

    The area under the ROC curve, by the ranks of Mann & Whitney 1947.
    """
    _check(true, scores)
    yes = true.astype(bool)
    ups, downs = int(yes.sum()), int((~yes).sum())
    if not ups or not downs:
        return float("nan")
    _, number, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2.0)[number]
    return float((ranks[yes].sum() - ups * (ups + 1) / 2.0) / (ups * downs))


def _check(true: npt.NDArray, predicted: npt.NDArray) -> None:
    if true.ndim != 1 or true.shape != predicted.shape or not len(true):
        raise InteractionsError(
            f"{true.shape} values and {predicted.shape} foretold ones",
            expected="as many of each, in one row, at least one",
            remedy="foretell every value",
        )
