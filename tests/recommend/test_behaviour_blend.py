"""Blends: what is added up, and how the weights are found."""

import numpy as np
import pytest
from behaviour_samples import interactions_of, of_rows, tiny_data
from scipy.sparse import csr_matrix

from mmdemo.errors import InteractionsError
from mmdemo.recommend.behaviour import fit
from mmdemo.recommend.behaviour.blend import Blend
from mmdemo.recommend.behaviour.blend_weights import blend_weights, hold_out, standardised


def test_scores_are_standardised_over_what_is_not_in_the_history():
    scores = np.array([[1, 2, 3, 100], [5, 5, 5, 5]], np.float32)
    found, mean, deviation = standardised(scores, of_rows([[3], []], 4))
    assert found[0, :3].mean() == pytest.approx(0, abs=1e-6)
    assert found[0, :3].std() == pytest.approx(1, abs=1e-6)
    assert mean.ravel().tolist() == [2, 5]
    assert found[1].tolist() == [0, 0, 0, 0]
    assert deviation[1] == 1


def test_a_blend_adds_its_models_up():
    data, features = tiny_data()
    blend = fit("blend", data, features, {"models": "item-knn, content", "weights": "3,0.5"})
    histories = data.chosen[:4]
    parts = [
        standardised(fit(name, data, features).scores(histories), histories)[0] for name in ("item-knn", "content")
    ]
    np.testing.assert_allclose(blend.scores(histories), 3 * parts[0] + 0.5 * parts[1], rtol=1e-5, atol=1e-5)


def test_its_reasons_tell_choices_and_features_apart():
    data, features = tiny_data()
    blend = fit("blend", data, features, {"models": "item-knn,content", "weights": "1,1"})
    because = blend.explain(data.chosen[0], 30)
    assert because.how == "exact"
    assert because.parts is not None
    assert set(because.parts) == {"behaviour", "looks", "sound"}


def test_one_random_choice_of_everybody_with_two_is_held_out():
    data = interactions_of([[0, 1, 2], [3], [], [1, 4]], 5)
    drawn = set()
    for seed in range(12):
        before, held_out = hold_out(data, seed=seed)
        assert held_out.chosen.sum(axis=1).ravel().tolist() == [[1, 0, 0, 1]]
        assert (before.chosen + held_out.chosen - data.chosen).nnz == 0
        drawn.add(int(held_out.chosen[0].indices[0]))
    assert drawn == {0, 1, 2}


def test_weights_go_to_the_model_that_foresees_what_was_held_out():
    rng = np.random.default_rng(1)
    rows = [sorted(rng.choice(np.arange(group, 40, 2), 4, replace=False)) for _ in range(80) for group in (0, 1)]
    before, held_out = hold_out(interactions_of(rows, 40), seed=0)
    models = [fit(name, before, None) for name in ("popularity", "item-knn")]
    weights = blend_weights(models, before.chosen, held_out.chosen)
    assert weights.sum() == pytest.approx(1)
    assert weights[1] >= 0.5
    assert blend_weights(models[::-1], before.chosen, held_out.chosen)[0] >= 0.5


def test_a_blend_chooses_its_weights_when_none_are_given():
    data, features = tiny_data()
    blend = fit("blend", data, features, {"models": "recent-popularity,instant,content"}, seed=2)
    assert isinstance(blend, Blend)
    weights = dict(zip([model.name for model in blend.models], blend.weights, strict=True))
    assert sum(weights.values()) == pytest.approx(1)
    assert weights.get("recent-popularity", 0) <= 0.3
    seen = csr_matrix(data.chosen[:3])
    instant = next(model for model in blend.models if model.name == "instant")
    np.testing.assert_allclose(instant.scores(seen), fit("instant", data, features).scores(seen), rtol=1e-5)


def test_models_that_the_data_do_not_allow_are_left_out():
    rows = interactions_of([[0, 1], [1, 2], [0, 2]], 3)
    blend = fit("blend", rows, None, {"models": "content,item-knn"})
    assert isinstance(blend, Blend)
    assert [(model.name, weight) for model, weight in zip(blend.models, blend.weights, strict=True)] == [
        ("item-knn", 1)
    ]
    with pytest.raises(InteractionsError, match="blend of nothing"):
        fit("blend", rows, None, {"models": "content"})
    with pytest.raises(InteractionsError, match="blend of nothing"):
        fit("blend", rows, None, {"models": "item-knn", "weights": "0"})


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"models": ""}, "different models"),
        ({"models": "ease,ease"}, "different models"),
        ({"models": "ease,blend"}, "different models"),
        ({"models": "ease,magic"}, "one of popularity"),
        ({"models": "ease,content", "weights": "1"}, "2 numbers"),
        ({"models": "ease,content", "weights": "1,-1"}, "2 numbers"),
        ({"models": "ease,content", "weights": "1,much"}, "2 numbers"),
        ({"models": "ease,content", "weights": "1,inf"}, "2 numbers"),
    ],
)
def test_blends_that_cannot_be_are_refused(options, match):
    with pytest.raises(InteractionsError, match=match):
        fit("blend", *tiny_data(), options)
