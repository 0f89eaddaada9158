import numpy as np
import pytest

from mmdemo.align.ridge import fit_ridge, ridge_path


@pytest.mark.parametrize(("rows", "columns"), [(12, 30), (40, 7)])
def test_both_forms_solve_the_normal_equations(rows: int, columns: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(rows, columns)).astype(np.float32), rng.normal(size=(rows, 3)).astype(np.float32)
    fitted = fit_ridge(x, y, penalty=2.5)
    centred = x - x.mean(axis=0)
    gradient = centred.T @ (centred @ fitted.weights - y) + 2.5 * fitted.weights
    np.testing.assert_allclose(gradient, 0.0, atol=1e-4)


def test_the_path_equals_one_fit_a_penalty() -> None:
    rng = np.random.default_rng(1)
    x, y, new = (rng.normal(size=shape).astype(np.float32) for shape in ((15, 8), (15, 2), (4, 8)))
    penalties = (0.1, 1.0, 10.0)
    for penalty, predicted in zip(penalties, ridge_path(x, y, penalties=penalties, evaluate_on=new), strict=True):
        np.testing.assert_allclose(predicted, fit_ridge(x, y, penalty=penalty)(new), atol=1e-4)
