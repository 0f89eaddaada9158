"""Oracles of the methods that are solved rather than trained."""

import numpy as np
import pytest
from planted import rotated_pairs

from mmdemo.align.methods import cca, kernel
from mmdemo.align.methods.kernel import fit_kernel, gaussian_kernel
from mmdemo.align.methods.procrustes import fit_procrustes
from mmdemo.align.methods.ridge import fit_ridge
from mmdemo.align.towers import TrainingRows
from mmdemo.types import Modality


def _random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def _rows() -> TrainingRows:
    sets = rotated_pairs(items=60).sets
    return TrainingRows({m: s.features for m, s in sets.items()}, {m: s.rows for m, s in sets.items()}, np.arange(60))


@pytest.mark.parametrize(("rows", "columns"), [(12, 30), (40, 7)])
def test_both_forms_of_ridge_solve_the_normal_equations(rows: int, columns: int) -> None:
    x, y = _random(rows, columns), _random(rows, 3, seed=1)
    fitted = fit_ridge(x, y, penalty=2.5)
    centred = x - x.mean(axis=0)
    gradient = centred.T @ (centred @ fitted.weights - (y - y.mean(axis=0))) + 2.5 * fitted.weights
    np.testing.assert_allclose(gradient, 0.0, atol=1e-4)


def test_the_gaussian_kernel_equals_its_definition() -> None:
    first, second = (_random(n, 5, seed=n) for n in (3, 4))
    first, second = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (first, second))
    expected = [[np.exp(-0.7 * np.sum((a - b) ** 2)) for b in second] for a in first]
    np.testing.assert_allclose(gaussian_kernel(first, second, gamma=0.7), expected, rtol=1e-5)


def test_kernel_ridge_solves_its_equations() -> None:
    x, y = _random(15, 6), _random(15, 3, seed=1)
    fitted = fit_kernel(x, y, penalty=0.4, gamma=1.0)
    residual = y - y.mean(axis=0) - fitted(x)
    np.testing.assert_allclose(residual, 0.4 * fitted.weights, atol=1e-4)


def test_landmarks_come_close_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    factors = _random(200, 3)
    x, y = np.tanh(factors @ _random(3, 12, seed=1)), factors @ _random(3, 4, seed=2)
    whole = fit_kernel(x, y, penalty=0.1, gamma=0.5)
    monkeypatch.setattr(kernel, "MOST_LANDMARKS", 60)
    fewer = fit_kernel(x, y, penalty=0.1, gamma=0.5)
    assert len(fewer.landmarks) == 60
    assert np.corrcoef(whole(x).ravel(), fewer(x).ravel())[0, 1] > 0.98


def test_a_kernel_map_bends_where_a_linear_one_cannot() -> None:
    x = _random(300, 2)
    y = (x[:, :1] * x[:, 1:] > 0).astype(np.float32)
    straight = np.corrcoef(fit_ridge(x, y, penalty=1.0)(x).ravel(), y.ravel())[0, 1]
    bent = np.corrcoef(fit_kernel(x, y, penalty=0.1, gamma=3.0)(x).ravel(), y.ravel())[0, 1]
    assert abs(straight) < 0.2
    assert bent > 0.9


def test_procrustes_finds_the_rotation_it_was_made_from() -> None:
    x = _random(80, 6)
    rotation = np.linalg.qr(_random(6, 6, seed=1))[0]
    fitted = fit_procrustes(x, x @ rotation)
    np.testing.assert_allclose(fitted.weights, rotation, atol=0.05)


def test_procrustes_keeps_distances() -> None:
    x, y = _random(50, 6), _random(50, 6, seed=1)
    weights = fit_procrustes(x, y).weights
    np.testing.assert_allclose(weights @ weights.T, np.eye(6), atol=1e-5)


def test_cca_of_two_views_equals_the_textbook() -> None:
    """Without a penalty and before weighting, the correlations are the singular values of Qxᵀ Qy."""
    x, y = _random(60, 4), _random(60, 3, seed=1)
    x[:, 0] = y[:, 0] + 0.1 * x[:, 0]
    rows = TrainingRows(
        {Modality.TEXT: x, Modality.IMAGE: y},
        {Modality.TEXT: np.arange(60), Modality.IMAGE: np.arange(60)},
        np.arange(60),
    )
    towers = cca.fit(rows, {Modality.IMAGE: {"penalty": 1e-9}}, seed=0)
    first = towers.embed(Modality.TEXT, x)[:, 0], towers.embed(Modality.IMAGE, y)[:, 0]
    bases = [np.linalg.qr(v - v.mean(axis=0))[0] for v in (x, y)]
    expected = np.linalg.svd(bases[0].T @ bases[1])[1][0]
    assert np.corrcoef(*first)[0, 1] == pytest.approx(expected, abs=1e-4)


def test_cca_weighs_coordinates_by_agreement() -> None:
    towers = cca.fit(_rows(), {Modality.IMAGE: {"penalty": 0.1}}, seed=0)
    lengths = np.linalg.norm(towers.embed(Modality.TEXT, _rows().inputs[Modality.TEXT]), axis=0)
    assert lengths[:8].min() > 3 * lengths[12:].max(), "eight factors are shared, the rest is noise"


def test_cca_draws_items_from_a_large_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cca, "MOST_ITEMS", 30)
    rows = _rows()
    towers = cca.fit(rows, {Modality.IMAGE: {"penalty": 1.0}}, seed=0)
    texts, images = (towers.embed(m, rows.inputs[m]) for m in (Modality.TEXT, Modality.IMAGE))
    assert np.corrcoef(texts[:, 0], images[:, 0])[0, 1] > 0.8
