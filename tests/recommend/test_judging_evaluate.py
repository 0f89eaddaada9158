import json

import numpy as np
import pytest
from judging_samples import drawn, interactions
from scipy.sparse import csr_matrix

from mmdemo.errors import CancelledError, InteractionsError
from mmdemo.interactions import ItemFeatures
from mmdemo.metrics.ranking import ranked_measures
from mmdemo.recommend.behaviour.table import find
from mmdemo.recommend.judging import evaluate as module
from mmdemo.recommend.judging.compare import holm, significance
from mmdemo.recommend.judging.evaluate import evaluate
from mmdemo.recommend.judging.id_order import shuffled
from mmdemo.recommend.judging.ratings import rating_measures
from mmdemo.recommend.judging.report import BehaviourReport
from mmdemo.recommend.judging.seeds import averaged
from mmdemo.recommend.judging.splits import Split, random_split, resplit
from mmdemo.recommend.judging.tuning import choose, try_grid

SPLIT = random_split(drawn(80, 30, share=0.2), validation=0, test=0.3, seed=1)
WEIGHTS = np.random.default_rng(5).normal(size=(30, 30)).astype(np.float32)
CUTOFFS = (1, 5)


def _walk(histories: csr_matrix) -> np.ndarray:
    return histories @ WEIGHTS + WEIGHTS[0]  # no ties, not even without a history


def _popular(split: Split) -> np.ndarray:
    return np.bincount(split.train.items, minlength=len(split.train.item_ids)).astype(np.float32)


def test_measures_are_means_over_users_with_targets_however_they_are_divided_into_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = evaluate(_walk, SPLIT, cutoffs=CUTOFFS)
    users = np.flatnonzero(np.diff(SPLIT.held_out.chosen.indptr))
    histories = SPLIT.train.chosen[users]
    expected = ranked_measures(_walk(histories), SPLIT.held_out.chosen[users], seen=histories, cutoffs=CUTOFFS)
    assert whole.user_ids == tuple(f"u{user}" for user in users)
    for name, values in expected.items():
        assert whole.measures[name] == pytest.approx(values.mean())
        assert whole.errors[name] == pytest.approx(values.std(ddof=1) / np.sqrt(len(values)))
        low, high = whole.intervals[name]
        assert low <= whole.measures[name] <= high
        assert high - low == pytest.approx(2 * 1.96 * whole.errors[name], rel=0.25)
    monkeypatch.setattr(module, "_CELLS", 30 * 7)
    parts = evaluate(_walk, SPLIT, cutoffs=CUTOFFS)
    assert parts.measures == pytest.approx(whole.measures)
    assert parts.beyond == pytest.approx(whole.beyond)


def test_dealing_ids_and_places_anew_changes_no_measure() -> None:
    features = ItemFeatures(SPLIT.train.item_ids, {"made up": WEIGHTS})
    train, moved = shuffled(SPLIT.train, features, seed=9)
    held_out, _ = shuffled(SPLIT.held_out, seed=9)
    dealt = Split(SPLIT.name, train, held_out)
    assert moved is not None
    before = evaluate(lambda rows: np.tile(_popular(SPLIT), (rows.shape[0], 1)), SPLIT, features=features)
    after = evaluate(lambda rows: np.tile(_popular(dealt), (rows.shape[0], 1)), dealt, features=moved)
    assert after.measures == pytest.approx(before.measures)
    assert after.beyond["diversity@20"] == pytest.approx(before.beyond["diversity@20"], abs=0.01)  # ties are drawn
    assert after.beyond["novelty@10"] == pytest.approx(before.beyond["novelty@10"])


def test_cold_items_and_cold_users_are_told_apart() -> None:
    train = interactions(np.array([[1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0]]))
    held_out = interactions(np.array([[0, 0, 1, 1, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 0], [0, 1, 0, 0, 0]]))
    scores = np.array([5.0, 4.0, 3.0, 2.0, 1.0], np.float32)
    report = evaluate(lambda rows: np.tile(scores, (rows.shape[0], 1)), Split("made", train, held_out), cutoffs=(1,))
    assert (report.users, report.targets, report.one_target) == (4, 5, 0.75)
    assert report.warm is not None
    assert report.cold_items is not None
    assert report.cold_users is not None
    assert (report.warm.users, report.warm.measures["recall@1"]) == (2, 1.0)
    assert (report.cold_items.users, report.cold_items.measures["recall@1"]) == (2, 0.0)
    assert (report.cold_users.users, report.cold_users.measures["recall@1"]) == (1, 1.0)
    assert report.measures["recall@1"] == pytest.approx((0.5 + 0 + 1 + 1) / 4)
    assert "75% of the users" in report.notices[0]


def test_users_with_one_target_each_are_told() -> None:
    report = evaluate(_walk, resplit(SPLIT.train, SPLIT.held_out, 0), cutoffs=(5,))
    assert report.one_target == 1.0
    assert "one target" in report.notices[0]
    assert report.measures["recall@5"] == report.measures["hit@5"]


def test_a_report_comes_back_from_its_json() -> None:
    report = evaluate(_walk, SPLIT, cutoffs=CUTOFFS)
    back = BehaviourReport.from_json(json.loads(json.dumps(report.as_json())))
    assert back.as_json() == report.as_json()
    assert all((back.per_user[name] == values).all() for name, values in report.per_user.items())
    for damage in ({}, {**report.as_json(), "errors": [1]}, {**report.as_json(), "warm": {"users": "x"}}):
        with pytest.raises(InteractionsError, match="cannot be read"):
            BehaviourReport.from_json(damage)


def test_evaluating_can_be_cancelled_and_refuses_targets_that_were_seen() -> None:
    def cancel(done: int, total: int, message: str) -> None:
        raise CancelledError(message)

    with pytest.raises(CancelledError):
        evaluate(_walk, SPLIT, progress=cancel)
    with pytest.raises(InteractionsError, match="only what is in training"):
        evaluate(_walk, Split("same", SPLIT.train, SPLIT.train))
    with pytest.raises(InteractionsError, match="scores of shape"):
        evaluate(lambda rows: np.zeros((rows.shape[0], 3), np.float32), SPLIT)


def test_seeds_are_averaged_user_by_user_with_their_spread() -> None:
    noise = np.random.default_rng(0).normal(size=(3, 30, 30)).astype(np.float32)
    reports = [evaluate(lambda rows, w=w: rows @ (WEIGHTS + w), SPLIT, cutoffs=CUTOFFS) for w in noise]
    mean = averaged(reports)
    each = [report.measures["ndcg@5"] for report in reports]
    assert mean.seeds == 3
    assert mean.measures["ndcg@5"] == pytest.approx(np.mean(each))
    assert mean.between_seeds["ndcg@5"] == pytest.approx(np.std(each, ddof=1))
    assert mean.errors["ndcg@5"] < max(report.errors["ndcg@5"] for report in reports)
    assert averaged(reports[:1]) is reports[0]
    other = evaluate(_walk, resplit(SPLIT.train, SPLIT.held_out, 0), cutoffs=CUTOFFS)
    with pytest.raises(InteractionsError):
        averaged([reports[0], other])


def test_significance_pairs_the_same_users() -> None:
    split = random_split(drawn(400, 30, share=0.2), validation=0, test=0.3, seed=1)
    truth = (split.held_out.chosen.toarray() + 0.3 * np.random.default_rng(0).random((400, 30))).astype(np.float32)
    users = iter(np.split(truth[np.diff(split.held_out.chosen.indptr) > 0], 1))
    good = evaluate(lambda rows: next(users), split, cutoffs=CUTOFFS)
    poor = evaluate(_walk, split, cutoffs=CUTOFFS)
    found = significance(good, poor, "ndcg@5")
    assert found.difference == pytest.approx(good.measures["ndcg@5"] - poor.measures["ndcg@5"])
    assert found.interval[0] > 0
    assert found.p < 0.01
    assert significance(poor, poor, "ndcg@5").p == 1.0
    with pytest.raises(InteractionsError, match="measure 'luck'"):
        significance(good, poor, "luck")
    with pytest.raises(InteractionsError, match="same users"):
        significance(good, evaluate(_walk, SPLIT, cutoffs=CUTOFFS), "ndcg@5")


def test_several_comparisons_are_corrected_as_holm_did() -> None:
    assert holm((0.01, 0.04, 0.03)) == pytest.approx((0.03, 0.06, 0.06))
    assert holm((0.9, 0.8)) == (1.0, 1.0)
    assert holm(()) == ()


def test_settings_are_chosen_by_what_they_reach_on_validation_alone() -> None:
    rng = np.random.default_rng(0)
    table = rng.random((120, 30)) < np.repeat([[0.3, 0.02], [0.02, 0.3]], 60, axis=0).repeat(15, axis=1)
    split = random_split(interactions(table), validation=0.2, test=0.1, seed=0)
    assert split.validation is not None
    spec = find("item-knn")
    tried = try_grid(spec, split.train, split.validation, None, measure="recall@5")
    chosen = choose(spec, split.train, split.validation, None, measure="recall@5")
    assert len(tried) == len(spec.grid) > 1
    assert chosen == dict(max(tried, key=lambda one: one.value).options)
    assert tried[0].error > 0
    for wrong in ("recall@0", "recall@x", "luck@5"):
        with pytest.raises(InteractionsError, match="measure"):
            choose(find("popularity"), split.train, split.validation, None, measure=wrong)


def test_ratings_are_judged_where_both_parts_have_them() -> None:
    whole = drawn(50, 20, share=0.4, ratings=True)
    split = random_split(whole, validation=0, test=0.3, seed=0)
    truth = np.full((50, 20), 3.0, np.float32)
    truth[whole.users, whole.items] = whole.ratings
    row = {split.train.chosen[user].indices.tobytes(): user for user in range(50)}

    def know(histories: csr_matrix) -> np.ndarray:
        return truth[[row[histories[place].indices.tobytes()] for place in range(histories.shape[0])]]

    found, errors = rating_measures(know, split)
    assert found == pytest.approx({"rmse": 0, "mae": 0, "like_auc": 1, "like_accuracy": 1, "like_f1": 1})
    found, errors = rating_measures(lambda rows: np.full((rows.shape[0], 20), 3.0, np.float32), split)
    assert found["mae"] == pytest.approx(float(np.abs(split.held_out.ratings - 3).mean()))
    assert found["like_auc"] == 0.5
    assert 0 < errors["rmse"] < 0.3
    with pytest.raises(InteractionsError, match="without ratings"):
        rating_measures(know, SPLIT)


def test_lists_are_as_varied_as_the_features_of_their_items() -> None:
    bare = evaluate(_walk, SPLIT, cutoffs=(5,))
    assert not any(name.startswith("diversity") for name in bare.beyond)
    assert bare.beyond.keys() == bare.beyond_errors.keys()
    alike = ItemFeatures(SPLIT.train.item_ids, {"sign": np.repeat([[1.0], [-1.0]], 15, axis=0).astype(np.float32)})
    found = evaluate(lambda rows: np.tile(np.arange(30, 0, -1, np.float32), (rows.shape[0], 1)), SPLIT, features=alike)
    assert 0 <= found.beyond["diversity@10"] < 0.5 < found.beyond["diversity@20"]
