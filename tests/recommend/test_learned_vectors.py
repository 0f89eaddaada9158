"""Pairs, folding in, VBPR and matrix factorisation."""

import numpy as np
import pytest
import torch
from behaviour_samples import fitted, interactions_of, of_rows, tiny_data
from scipy.sparse import csr_matrix

from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.recommend.behaviour import fit
from mmdemo.recommend.behaviour.fold_in import folded_in
from mmdemo.recommend.behaviour.mf import MatrixFactorisation, solved
from mmdemo.recommend.behaviour.pairwise import Pairs, ranking_loss
from mmdemo.recommend.behaviour.vbpr import Vbpr


def test_pairs_are_of_something_chosen_and_something_not():
    data = interactions_of([[0, 1, 2, 3, 4, 5, 6], [], [7], [0, 7]], 8)
    pairs, chosen = Pairs(data, seed=0), data.chosen.toarray()
    wrong = 0
    for _ in range(20):
        users, liked, other = (part.numpy() for part in pairs.of(torch.arange(len(data))))
        assert (chosen[users, liked] == 1).all()
        wrong += int(chosen[users, other].sum())
    assert wrong < 0.2 * 20 * len(data)
    all_but_half = Pairs(interactions_of([[0, 2, 4, 6]], 8), seed=1)
    assert set(all_but_half.of(torch.zeros(300, dtype=torch.long))[2].tolist()) >= {1, 3, 5, 7}


def test_the_loss_is_that_of_ranking_pairs():
    loss = ranking_loss(torch.tensor([1.0, -2.0]), torch.tensor([0.5, 1.0]))
    assert float(loss) == pytest.approx(np.mean(np.log1p(np.exp([-0.5, 3.0]))))


def test_what_a_mean_says_of_a_user_is_found_again():
    rng = np.random.default_rng(0)
    chosen = csr_matrix((rng.random((400, 30)) < 0.2).astype(np.float32))
    items, true = rng.standard_normal((30, 4)).astype(np.float32), rng.standard_normal((4, 3))
    means = chosen.toarray() @ items / np.maximum(chosen.sum(1), 1)
    users = np.asarray(means @ true - (means @ true).mean(0) + 5, np.float32)
    liked, average = folded_in(chosen, items, users)
    np.testing.assert_allclose(average, 5, atol=0.05)
    np.testing.assert_allclose(liked, items @ true, atol=0.15 * np.abs(items @ true).max())


def test_either_side_is_solved_exactly():
    rng = np.random.default_rng(1)
    ratings = csr_matrix((rng.random((6, 8)) < 0.5) * rng.standard_normal((6, 8)))
    ratings = csr_matrix(np.r_[ratings.toarray(), np.zeros((1, 8))])
    other = rng.standard_normal((8, 3))
    found = solved(ratings, other, 0.3)
    assert (found[6] == 0).all()

    def loss(row: int, of_row: np.ndarray) -> float:
        columns = ratings[row].indices
        missed = ratings[row].data - of_row[0] - other[columns, 0] - other[columns, 1:] @ of_row[1:]
        return float((missed**2).sum() + 0.3 * len(columns) * (of_row**2).sum())

    for row in range(6):
        for direction in np.eye(3):
            for step in (-1e-2, 1e-2):
                assert loss(row, found[row] + step * direction) > loss(row, found[row])


def _rated(seed: int) -> tuple[Interactions, np.ndarray, np.ndarray]:
    """Two kinds of users who choose mostly one kind of items, and rate that higher; some items are better for all."""
    rng = np.random.default_rng(seed)
    kind, better = rng.integers(2, size=150), rng.standard_normal(40)
    likely = np.where(kind[:, None] == np.arange(40)[None, :] % 2, 0.4, 0.1)
    chosen = csr_matrix((rng.random((150, 40)) < likely).astype(np.float32))
    truth = 3 + better[None, :] + np.where(likely > 0.2, 1.0, -1.0)
    users, items = chosen.nonzero()
    ratings = (truth[users, items] + 0.1 * rng.standard_normal(len(users))).astype(np.float32)
    ids = tuple(f"u{n}" for n in range(150)), tuple(f"i{n}" for n in range(40))
    return Interactions(*ids, chosen, ratings), truth, kind


def test_ratings_are_foretold_for_people_known_and_new():
    data, truth, _ = _rated(0)
    model = fit("mf", data, None, {"size": 4})
    new, new_truth = data.chosen[:0], truth[:0]
    assert model.scores(new).shape == new_truth.shape
    mean = np.asarray(data.ratings).mean()
    counts = np.maximum(np.bincount(data.items, minlength=40), 1)
    of_items = mean + np.bincount(data.items, data.ratings - mean, minlength=40) / counts
    missed = np.sqrt(((model.scores(data.chosen) - truth) ** 2).mean())
    assert missed < 0.75 * np.sqrt(((of_items[None, :] - truth) ** 2).mean())
    stranger = model.scores(of_rows([[0, 2, 4, 6], [1, 3, 5, 7]], 40))
    assert (stranger[0, ::2] > stranger[1, ::2]).all()
    assert (stranger[0, 1::2] < stranger[1, 1::2]).all()


def test_ratings_all_alike_are_foretold_as_they_are():
    model = fit("mf", interactions_of([[0, 1], [1, 2]], 3), None)
    np.testing.assert_allclose(model.scores(of_rows([[], [0]], 3)), 4, atol=1e-5)


def test_vbpr_finds_what_nobody_chose_by_its_features():
    rng = np.random.default_rng(3)
    rows = [sorted(rng.choice(np.arange(group, 18, 2), 4, replace=False)) for _ in range(60) for group in (0, 1)]
    data = interactions_of(rows, 20)
    features = ItemFeatures(data.item_ids, {"kind": np.eye(2, dtype=np.float32)[np.arange(20) % 2]})
    scores = fit("vbpr", data, features, {"size": 4}).scores(of_rows([[0, 4], [1, 5]], 20))
    assert scores[0, 18] > scores[0, 19]
    assert scores[1, 19] > scores[1, 18]


def test_vbpr_reasons_are_exact():
    model, history = fitted("vbpr"), tiny_data()[0].chosen[0]
    because = model.explain(history, 7)
    assert because.how == "exact"
    assert because.constant + because.values.sum() == pytest.approx(model.scores(history)[0, 7], rel=1e-4, abs=1e-5)


def test_says_what_is_missing_when_fitted_by_itself():
    bare = interactions_of([[0]], 1)
    with pytest.raises(InteractionsError, match="features"):
        Vbpr.fit(bare, None, {"size": 2})
    with pytest.raises(InteractionsError, match="without ratings"):
        MatrixFactorisation.fit(Interactions(bare.user_ids, bare.item_ids, bare.chosen), None, {})
