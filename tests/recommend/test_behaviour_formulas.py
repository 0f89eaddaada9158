"""Each closed form against its formula written out with dense matrices."""

import numpy as np
import pytest
from behaviour_samples import interactions_of, of_rows
from scipy.sparse import csr_matrix

from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.recommend.behaviour import fit, low_rank
from mmdemo.recommend.behaviour.ease import most_chosen
from mmdemo.recommend.behaviour.ideal_lowpass import low_pass
from mmdemo.recommend.behaviour.item_knn import nearest
from mmdemo.recommend.behaviour.linear import BACK_OFF

ITEMS = 12


@pytest.fixture(scope="module")
def data() -> Interactions:
    rng = np.random.default_rng(5)
    rows = [sorted(rng.choice(ITEMS - 1, rng.integers(1, 7), replace=False)) for _ in range(30)]
    return interactions_of([*rows, []], ITEMS)


@pytest.fixture(scope="module")
def features(data) -> ItemFeatures:
    rng = np.random.default_rng(6)
    looks, sound = (
        rng.standard_normal((ITEMS, 4)).astype(np.float32),
        rng.standard_normal((ITEMS, 3)).astype(np.float32),
    )
    looks[2] = sound[3] = 0
    looks[4] = sound[4] = 0
    return ItemFeatures(data.item_ids, {"looks": looks, "nothing": np.zeros((ITEMS, 2), np.float32), "sound": sound})


def _matrix(model) -> np.ndarray:
    """K and the constant of a linear model, asked one liked item at a time."""
    alone = csr_matrix(np.eye(ITEMS, dtype=np.float32))
    constant = model.scores(csr_matrix((1, ITEMS), dtype=np.float32))
    return model.scores(alone) - constant


def _close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def _power(counts, exponent):
    return np.where(counts > 0, np.maximum(counts, 1.0) ** exponent, 0)


@pytest.mark.parametrize(
    ("liked", "popularity", "degree", "shrink"), [(0.5, 0.5, 0, 0), (0.2, 0, 1, 0), (0, 0.4, 0.5, 3)]
)
def test_item_knn(data, liked, popularity, degree, shrink):
    options = {"liked": liked, "popularity": popularity, "degree": degree, "shrink": shrink, "neighbours": ITEMS}
    X = data.chosen.toarray().astype(float)
    counts = X.sum(axis=0)
    K = X.T @ (X * _power(X.sum(axis=1), -degree)[:, None])
    K = K * _power(counts, -liked)[:, None] * _power(counts, -popularity)
    together = X.T @ X
    K *= np.divide(together, together + shrink, out=np.zeros_like(together), where=together > 0)
    np.fill_diagonal(K, 0)
    _close(_matrix(fit("item-knn", data, None, options)), K)


def test_only_the_nearest_neighbours_and_their_equals_count(data):
    K, few = (_matrix(fit("item-knn", data, None, {"neighbours": count})) for count in (ITEMS, 3))
    for all_of, kept in zip(K, few, strict=True):
        limit = np.sort(all_of)[-3]
        _close(kept, np.where(all_of >= limit, all_of, 0))
    assert (few > 1e-6).sum() < (K > 1e-6).sum()


def test_equals_of_the_last_neighbour_are_kept():
    table = csr_matrix(np.array([[3, 1, 2, 1], [0, 0, 0, 0], [5, 0, 0, 0]], np.float32))
    assert nearest(table, 3).toarray().tolist() == table.toarray().tolist()
    assert nearest(table, 2).toarray().tolist() == [[3, 0, 2, 0], [0, 0, 0, 0], [5, 0, 0, 0]]


@pytest.mark.parametrize("degree", [0.0, 1.0])
def test_ease(data, degree):
    X = data.chosen.toarray().astype(float)
    G = X.T @ (X * _power(X.sum(axis=1), -degree)[:, None])
    P = np.linalg.inv(G + 7 * np.eye(ITEMS))
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0)
    _close(_matrix(fit("ease", data, None, {"ridge": 7, "degree": degree})), B)


def test_ease_has_weights_only_for_the_most_chosen(data):
    counts = np.asarray(data.chosen.sum(axis=0)).ravel()
    model = fit("ease", data, None, {"items": 4})
    known = _matrix(model).any(axis=1)
    assert 1 <= known.sum() <= 4
    assert counts[known].min() > counts[~known].max()


def test_of_equally_chosen_items_all_have_weights_or_none():
    counts = np.array([4, 2, 2, 2, 1, 0])
    assert most_chosen(counts, 3, least=1).tolist() == [0]
    assert most_chosen(counts, 4, least=1).tolist() == [0, 1, 2, 3]
    assert most_chosen(counts, 9, least=1).tolist() == [0, 1, 2, 3, 4]
    assert most_chosen(counts, 9, least=0).tolist() == [0, 1, 2, 3, 4, 5]
    assert most_chosen(np.array([1, 1]), 1, least=1).tolist() == []


def test_ease_with_features_reaches_items_that_nobody_chose(data, features):
    X, F = data.chosen.toarray().astype(float), _stacked(features)
    P = np.linalg.inv(X.T @ X + 2 * F @ F.T + 7 * np.eye(ITEMS))
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0)
    assert not X[:, -1].any()
    assert np.abs(B[:, -1]).max() > 0.01
    _close(_matrix(fit("ease-features", data, features, {"ridge": 7, "weight": 2, "degree": 0})), B)


def _normalised(X):
    return X * _power(X.sum(axis=1), -0.5)[:, None] * _power(X.sum(axis=0), -0.5)


def test_graph_filter_and_ideal_low_pass(data):
    X = data.chosen.toarray().astype(float)
    V = np.linalg.svd(_normalised(X))[2][:3].T
    low = _power(X.sum(axis=0), -0.5)[:, None] * (V @ V.T) * _power(X.sum(axis=0), 0.5)
    _close(_matrix(fit("ideal-lowpass", data, None, {"factors": 3})), low)
    near = _normalised(X).T @ _normalised(X)
    _close(_matrix(fit("graph-filter", data, None, {"factors": 3, "low_pass": 0.4})), near + 0.4 * low)


@pytest.mark.parametrize("degree", [0.0, 1.0])
def test_pure_svd(data, degree):
    X = data.chosen.toarray().astype(float)
    V = np.linalg.svd(X * _power(X.sum(axis=1), -degree / 2)[:, None])[2][:4].T
    _close(_matrix(fit("pure-svd", data, None, {"factors": 4, "degree": degree})), V @ V.T)


def test_more_factors_than_there_are_give_the_whole(data):
    X = data.chosen.toarray().astype(float)
    whole = np.linalg.pinv(X) @ X
    _close(_matrix(fit("pure-svd", data, None, {"factors": 500})), whole)


def test_large_matrices_are_decomposed_without_being_written_out(monkeypatch):
    rng = np.random.default_rng(2)
    data = interactions_of([sorted(rng.choice(60, 6, replace=False)) for _ in range(80)], 60)
    whole = fit("pure-svd", data, None, {"factors": 5}).scores(data.chosen)
    monkeypatch.setattr("mmdemo.recommend.behaviour.low_rank._DENSE", 10)
    _close(fit("pure-svd", data, None, {"factors": 5}, seed=1).scores(data.chosen), whole)


def _stacked(features: ItemFeatures, whiten=0.5) -> np.ndarray:
    """Vectors of `ContentKernel`, a row at a time."""
    parts = []
    for table in features.vectors.values():
        there = [row for row in range(ITEMS) if table[row].any()]
        if not there:
            continue
        centred = table[there].astype(float) - table[there].mean(axis=0)
        variance, directions = np.linalg.eigh(centred.T @ centred / len(there))
        turned = np.zeros((ITEMS, table.shape[1]))
        turned[there] = centred @ directions / variance**whiten
        parts.append(turned)
    for part in parts:
        lengths = np.linalg.norm(part, axis=1)
        part[lengths > 0] /= lengths[lengths > 0, None]
    stacked = np.hstack(parts)
    lengths = np.linalg.norm(stacked, axis=1, keepdims=True)
    return stacked / np.where(lengths > 0, lengths, 1)


@pytest.mark.parametrize(("whiten", "sharpness"), [(0.5, 2.0), (0.0, 1.0), (0.25, 3.0)])
def test_content(data, features, whiten, sharpness):
    S = _stacked(features, whiten) @ _stacked(features, whiten).T
    K = S if sharpness == 1 else np.maximum(S, 0) ** sharpness
    _close(_matrix(fit("content", data, features, {"whiten": whiten, "sharpness": sharpness})), K)
    assert not S[4].any()
    assert (S[2, 3], S[3, 3]) == pytest.approx((0, 1))


def test_content_says_which_features_count(data, features):
    because = fit("content", data, features, {"sharpness": 2}).explain(of_rows([[2, 3, 5]], ITEMS), 0)
    assert because.parts is not None
    assert set(because.parts) == {"looks", "sound"}
    assert because.parts["looks"][0] == 0
    assert because.parts["sound"][1] == 0


def test_many_histories_are_scored_in_blocks(data, features, monkeypatch):
    model = fit("content", data, features, {})
    whole = model.scores(data.chosen)
    monkeypatch.setattr("mmdemo.recommend.behaviour.content_kernel._BLOCK", 2 * ITEMS)
    _close(model.scores(data.chosen), whole)


@pytest.mark.parametrize("most", [3, 100])
def test_instant(data, features, most):
    X = data.chosen.toarray().astype(float)
    L = X[(X.sum(axis=1) > 0) & (X.sum(axis=1) <= most)]
    walk = L.T @ np.diag(1 / L.sum(axis=1)) @ L
    F, V = _stacked(features), np.linalg.svd(_normalised(L))[2][:2].T
    history = np.zeros(ITEMS)
    history[[1, 5, 6]] = 1
    parts = (
        (1.0, history @ L.T @ L),
        (0.7, history @ walk @ walk @ walk),
        (0.1, L.sum(axis=0)),
        (0.2, history @ np.maximum(F @ F.T, 0) ** 2),
        (0.3, history @ V @ V.T),
    )
    wanted = sum(weight * part / np.linalg.norm(part) for weight, part in parts)
    model = fit("instant", data, features, {"most_items": most, "filter": 0.3, "factors": 2})
    _close(model.scores(csr_matrix(history[None, :]))[0], wanted)


def test_instant_does_without_features_and_without_users_of_few_items(data):
    bare = fit("instant", data, None, {"most_items": 1, "content": 0.5})
    assert np.isfinite(bare.scores(data.chosen)).all()
    rows = interactions_of([[0, 1, 2], [1, 2, 3]], 5)
    scores = fit("instant", rows, None, {"most_items": 2}).scores(of_rows([[0]], 5))[0]
    assert scores[1] == scores[2] > scores[3] > scores[4] == 0


def test_a_choice_counts_half_after_its_half_life():
    chosen, day = of_rows([[0, 1], [1, 2]], 4), 86400.0
    times = 1e9 + np.array([0.0, 2 * day, 4 * day, 4 * day])
    data = Interactions(("a", "b"), tuple("wxyz"), chosen, times=times)
    scores = fit("recent-popularity", data, None, {"half_life_days": 2}).scores(of_rows([[]], 4))
    _close(scores[0], [0.25 / 2, 1.5 / 2, 1 / 2, 0])


def test_popularity_orders_what_is_otherwise_equal(data):
    counts = np.asarray(data.chosen.sum(axis=0)).ravel()
    for name in ("item-knn", "ease", "graph-filter", "pure-svd"):
        _close(fit(name, data, None).scores(of_rows([[]], ITEMS))[0] / BACK_OFF, counts / 31)


def test_features_that_are_all_zero_are_none(data):
    nothing = ItemFeatures(data.item_ids, {"looks": np.zeros((ITEMS, 3), np.float32)})
    with pytest.raises(InteractionsError, match="needs features"):
        fit("content", data, nothing)
    _close(fit("instant", data, nothing).scores(data.chosen), fit("instant", data, None).scores(data.chosen))


def test_islands_of_people_who_chose_what_nobody_else_did_take_up_no_direction():
    rng = np.random.default_rng(0)
    island = np.eye(40, dtype=np.float32)
    shared = (rng.random((120, 30)) < 0.4).astype(np.float32)
    both = np.block([[shared, np.zeros((120, 40))], [np.zeros((40, 30)), island]])
    alone, beside = (csr_matrix(matrix, dtype=np.float32) for matrix in (shared, both))
    expected = low_pass(alone, 4, seed=0)
    found = low_pass(beside, 4, seed=0)
    for mine, theirs in zip(expected, found, strict=True):
        np.testing.assert_allclose(theirs[:30] @ theirs[:30].T, mine @ mine.T, atol=1e-4)
        assert not theirs[30:].any()


def test_many_equal_singular_values_end_in_a_random_projection(monkeypatch):
    monkeypatch.setattr(low_rank, "_RESTARTS", 1)
    rng = np.random.default_rng(1)
    matrix = csr_matrix(rng.standard_normal((1100, 6)) @ rng.standard_normal((6, 1000)))
    matrix = csr_matrix(matrix + 1e-3 * rng.standard_normal(matrix.shape))
    _, _, exact = np.linalg.svd(matrix.toarray(), full_matrices=False)
    found = low_rank.right_vectors(matrix, 6, seed=0)
    np.testing.assert_allclose(found @ found.T, exact[:6].T @ exact[:6], atol=1e-3)
