"""What every model of behaviour must keep, whichever it is."""

import subprocess
import sys

import numpy as np
import pytest
from behaviour_samples import (
    ALIKE_FOR_ALL,
    OPTIONS,
    PERSONAL,
    fitted,
    interactions_of,
    known_users,
    of_rows,
    permuted,
    tiny_data,
)
from scipy.sparse import csr_matrix

from mmdemo.errors import InteractionsError
from mmdemo.interactions import ItemFeatures
from mmdemo.recommend.behaviour import BEHAVIOUR, fit, possible
from mmdemo.recommend.behaviour.storage import model_from_bytes, model_to_bytes
from mmdemo.recommend.behaviour.table import options_of

every_model = pytest.mark.parametrize("name", BEHAVIOUR)
every_personal_model = pytest.mark.parametrize("name", PERSONAL)
CLOSED = [name for name, spec in BEHAVIOUR.items() if not spec.learned]


def _histories(count=6) -> csr_matrix:
    return tiny_data()[0].chosen[:count]


def _close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5 * np.abs(wanted).max())


@every_personal_model
def test_knows_planted_tastes_better_than_popularity(name):
    chosen, truth = tiny_data()[0].chosen, known_users().utilities()

    def liked(model) -> float:
        scores = np.where(chosen.toarray() > 0, -np.inf, model.scores(chosen))
        return float(np.take_along_axis(truth, np.argsort(-scores, axis=1)[:, :10], axis=1).mean())

    assert liked(fitted(name)) > liked(fitted("popularity")) + 0.3


@every_personal_model
def test_two_groups_stay_apart(name):
    rng = np.random.default_rng(4)
    rows = [sorted(rng.choice(np.arange(group, 20, 2), 5, replace=False)) for _ in range(60) for group in (0, 1)]
    parity = np.eye(2, dtype=np.float32)[np.arange(20) % 2]
    data = interactions_of(rows, 20)
    model = fit(name, data, ItemFeatures(data.item_ids, {"parity": parity}), {**OPTIONS.get(name, {}), **_few(name)})
    scores = model.scores(of_rows([[0, 4], [1, 5]], 20))
    for row, group in enumerate((0, 1)):
        own = [item for item in range(group, 20, 2) if item not in (group, group + 4)]
        assert scores[row, own].min() > scores[row, 1 - group :: 2].max()


def _few(name: str) -> dict:
    return {"factors": 2} if name in ("graph-filter", "ideal-lowpass", "pure-svd", "instant") else {}


@every_model
def test_a_history_is_scored_alike_alone_and_among_others(name):
    histories = _histories()
    together = fitted(name).scores(histories)
    assert together.shape == histories.shape
    assert together.dtype == np.float32
    _close(np.concatenate([fitted(name).scores(histories[row]) for row in range(6)]), together)


@every_model
def test_values_repeats_and_order_of_a_history_play_no_part(name):
    model = fitted(name)
    odd = csr_matrix((np.array([3.0, 1.0, 0.5, 0.0]), [7, 2, 7, 5], [0, 4]), shape=(1, 90))
    before = odd.copy()
    _close(model.scores(odd), model.scores(of_rows([[2, 7]], 90)))
    assert (odd.data == before.data).all()
    assert (odd.indices == before.indices).all()


@every_model
def test_nobody_known_still_gets_scores(name):
    empty = fitted(name).scores(of_rows([[], [3]], 90))
    assert np.isfinite(empty).all()
    assert fitted(name).scores(of_rows([], 90)).shape == (0, 90)


@pytest.mark.parametrize("name", [name for name in CLOSED if name not in ("recent-popularity", "blend")])
def test_without_a_history_what_most_chose_comes_first(name):
    counts = np.asarray(tiny_data()[0].chosen.sum(axis=0)).ravel()
    order = np.argsort(-fitted(name).scores(of_rows([[]], 90))[0], kind="stable")
    assert (np.diff(counts[order]) <= 0).all()


@every_model
def test_kept_and_loaded_it_gives_the_same_scores(name):
    model = fitted(name)
    again = model_from_bytes(model_to_bytes(model))
    assert type(again) is type(model)
    assert again.settings == model.settings
    np.testing.assert_array_equal(again.scores(_histories()), model.scores(_histories()))


@every_model
def test_the_same_seed_gives_the_same_model(name):
    interactions, features = tiny_data()
    again = fit(name, interactions, features, OPTIONS.get(name), seed=0)
    np.testing.assert_array_equal(again.scores(_histories()), fitted(name).scores(_histories()))


@pytest.mark.parametrize("name", CLOSED)
def test_the_order_of_items_plays_no_part(name):
    order = np.random.default_rng(8).permutation(90)
    moved, features = permuted(order)
    scores = fit(name, moved, features, OPTIONS.get(name)).scores(moved.chosen[:6])
    _close(scores, fitted(name).scores(_histories())[:, order])


@every_model
@pytest.mark.parametrize("liked", [(), (4,), (2, 7, 33), (0, 1, 2, 6, 9, 12, 20, 33, 41, 57, 70, 88)])
def test_reasons_sum_to_the_score(name, liked):
    model, history = fitted(name), of_rows([list(liked)], 90)
    scores = model.scores(history)[0]
    for item in (1, 50):
        because = model.explain(history, item)
        assert because.items.tolist() == sorted(liked)
        assert because.values.shape == (len(liked),)
        if because.how != "left out":
            assert because.constant + because.values.sum() == pytest.approx(scores[item], rel=1e-4, abs=1e-5)
        for_parts = sum(because.parts.values()) if because.parts else because.values
        np.testing.assert_allclose(for_parts, because.values, atol=1e-9)


@every_model
def test_other_items_than_it_knows_are_refused(name):
    for histories in (of_rows([[1]], 89), of_rows([[1]], 91)):
        with pytest.raises(InteractionsError, match="90 items"):
            fitted(name).scores(histories)
    with pytest.raises(InteractionsError, match="one history"):
        fitted(name).explain(_histories(2), 3)
    with pytest.raises(InteractionsError, match="from 0 to 89"):
        fitted(name).explain(_histories(1), 90)


@every_model
def test_says_what_it_lacks(name):
    interactions, _ = tiny_data()
    bare = interactions_of([[0, 1], [1, 2]], 3)
    nobody = interactions_of([[], []], 3)
    assert possible(name, interactions, tiny_data()[1]) == ""
    assert "Nobody" in possible(name, nobody, None)
    needs = BEHAVIOUR[name].needs
    unknown = type(bare)(bare.user_ids, bare.item_ids, bare.chosen)
    assert bool(possible(name, unknown, None)) == bool(needs)
    if needs:
        with pytest.raises(InteractionsError, match="cannot be fitted"):
            fit(name, unknown, None)


@every_model
def test_every_setting_of_its_grid_fits(name):
    for settings in BEHAVIOUR[name].grid:
        assert options_of(name, settings).items() >= settings.items()


def test_unknown_names_options_and_features_of_other_items_are_refused():
    interactions, features = tiny_data()
    with pytest.raises(InteractionsError, match="one of popularity"):
        fit("magic", interactions, None)
    with pytest.raises(InteractionsError, match="ease: ridge is -1"):
        fit("ease", interactions, None, {"ridge": -1})
    turned = ItemFeatures(features.item_ids[::-1], features.vectors)
    with pytest.raises(InteractionsError, match="same order"):
        fit("content", interactions, turned)


def test_the_table_is_in_order_and_loads_nothing_heavy():
    code = (
        "import sys, mmdemo.recommend.behaviour as b; print(*b.BEHAVIOUR); "
        "print([m for m in ('torch', 'scipy', 'sqlalchemy', 'sklearn') if m in sys.modules])"
    )
    names, heavy = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert names.split()[:2] == list(ALIKE_FOR_ALL)
    assert names.split()[-1] == "blend"
    assert heavy == "[]"
