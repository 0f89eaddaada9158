"""Every objective: hand-made losses, what it learns on planted data, and when it is available."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from planted_training import MODALITIES, D, planted
from scipy.sparse import csr_matrix

from mmdemo.errors import FusionError
from mmdemo.fusion.data import Labels
from mmdemo.fusion.evaluation import evaluate
from mmdemo.fusion.fit import build_objective, fit
from mmdemo.fusion.objectives import OBJECTIVES, available, find_objective, questions
from mmdemo.fusion.objectives.choices import divide
from mmdemo.fusion.objectives.labels import average_precision
from mmdemo.fusion.objectives.two_tower import TwoTower
from mmdemo.fusion.settings import TrainSettings
from mmdemo.fusion.table import build
from mmdemo.training import seeded


@cache
def data():
    return planted(signal=(0.8, 0.5, 0.5))


def made(name: str, found=None, **options):
    found = data() if found is None else found
    objective = build_objective(found, TrainSettings("mean", name, objective_options=options, modality_dropout=0.0))
    return objective, build("mean", found.shape).eval()


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_trains_and_beats_its_start(name: str) -> None:
    settings = TrainSettings(
        "attention", name, epochs=12, batch=48, learning_rate=0.03, fusion_options={"hidden": 8}, modality_dropout=0.1
    )
    trained = fit(data(), settings)
    assert trained.epochs[trained.best - 1].validation < trained.epochs[0].validation
    measures = evaluate(trained.fusion, data(), objective=trained.objective).objective
    if name == "classify":
        assert measures["mean average precision"] > 0.6
        assert measures["F1"] > 0.4
    elif name == "cross-entropy":
        assert measures["accuracy"] > measures["accuracy of the commonest answer"] + 0.2
    elif name == "regress":
        assert measures["MAE"] < measures["RMSE"] < 0.9 * measures["RMSE of the mean"]
    elif name == "self-supervised":
        assert measures == {}
    else:
        assert measures["AUC"] > 0.75
        assert measures["AUC of new items"] > 0.7
        assert measures["Recall@10"] > 0.4


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_parameter_of_an_objective_gets_a_gradient(name: str) -> None:
    objective, fusion = made(name)
    with seeded(0):
        objective.train().loss(fusion, torch.arange(64)).backward()
    for parameter_name, parameter in objective.named_parameters():
        if parameter_name == "scale" and name in ("classify", "cross-entropy"):
            continue  # the head starts at zero, so at the start no scale is better than another
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.abs().sum() > 0, parameter_name


@pytest.mark.parametrize("name", OBJECTIVES)
def test_validation_is_the_same_whenever_it_is_asked(name: str) -> None:
    objective, fusion = made(name)
    objective.eval()
    with torch.no_grad():
        first = objective.validation(fusion)
        torch.rand(3)
        assert objective.validation(fusion) == first
    assert np.isfinite(first)


def test_the_self_supervised_loss_is_that_of_an_obvious_loop() -> None:
    rows = data().train[:12]
    groups = data().groups.copy()
    groups[rows[3]] = groups[rows[4]]
    present = data().present.copy()
    present[rows[:4], 2] = False
    some = replace(data(), validation=rows, groups=groups, present=present)
    objective, fusion = made("self-supervised", some, temperature=0.5)
    with torch.no_grad():
        found = objective.eval().validation(fusion)
    losses = []
    for target in range(3):
        own = [row for row in rows if present[row, target]]
        scores = np.array(
            [
                [_query(some, row, target) @ some.vectors[MODALITIES[target]][other, :D] / 0.5 for other in own]
                for row in own
            ]
        )
        for table in (scores, scores.T):
            for place, row in enumerate(own):
                rivals = [k for k, other in enumerate(own) if k == place or groups[other] != groups[row]]
                losses.append(np.log(np.exp(table[place, rivals]).sum()) - table[place, place])
    assert found == pytest.approx(np.mean(losses), abs=1e-4)


def _query(some, row: int, target: int) -> np.ndarray:
    vectors = [
        some.vectors[modality][row, :D]
        for column, modality in enumerate(MODALITIES)
        if column != target and some.present[row, column]
    ]
    total = np.sum(vectors, axis=0)
    return total / np.linalg.norm(total)


def test_to_look_for_the_whole_item_is_easier() -> None:
    losses = {}
    for target in ("rest", "whole"):
        objective, fusion = made("self-supervised", target=target)
        with torch.no_grad():
            losses[target] = objective.eval().validation(fusion)
    assert losses["whole"] < 0.5 * losses["rest"]


def test_bpr_and_softmax_losses_by_hand() -> None:
    objective, fusion = made("bpr")
    assert isinstance(objective, TwoTower)
    objective.eval()
    pairs = objective.choices.train[:5]
    with torch.no_grad():
        found = float(objective.loss_of(fusion, pairs, rng=np.random.default_rng(1)))
        others = objective.choices.not_chosen(pairs[:, 0], rng=np.random.default_rng(1))
        vectors = fusion.vectors(data().batch(np.arange(len(data().ids)), held_out=True)).numpy()
        users = objective.users.weight.numpy() * 10.0
        margins = np.array([users[u] @ (vectors[i] - vectors[j]) for (u, i), j in zip(pairs, others, strict=True)])
    assert found == pytest.approx(np.mean(np.log1p(np.exp(-margins))), rel=1e-4)


@pytest.mark.parametrize("draw", ["popular", "uniform"])
def test_the_sampled_softmax_is_in_the_mean_the_softmax_over_all_that_the_user_did_not_choose(draw: str) -> None:
    count = 1000
    objective, fusion = made("sampled-softmax", negatives=count, draw=draw)
    assert isinstance(objective, TwoTower)
    choices = objective.choices
    pairs = choices.train[::25]
    with torch.no_grad():
        draws = [float(objective.eval().loss_of(fusion, pairs, rng=np.random.default_rng(seed))) for seed in range(3)]
    vectors = fusion.vectors(data().batch(np.arange(choices.items), held_out=True)).numpy()
    users = objective.users.weight.detach().numpy() * 10.0
    chance = np.bincount(choices.train[:, 1], minlength=choices.items).astype(float)
    if draw == "uniform":
        chance = np.isin(np.arange(choices.items), choices.known).astype(float)
    chance /= chance.sum()
    losses = []
    for user, item in pairs:
        own = choices.train[choices.train[:, 0] == user, 1]
        others = [j for j in range(choices.items) if chance[j] > 0 and j not in own]
        total = count * np.exp(vectors[others] @ users[user]).sum()
        right = np.exp(vectors[item] @ users[user]) / chance[item]
        losses.append(np.log(total + right) - np.log(right))
    assert np.mean(draws) == pytest.approx(np.mean(losses), abs=0.1)


def test_choices_are_divided_by_user_and_those_of_test_items_kept_apart() -> None:
    choices = divide(data(), seed=3)
    table = data().interactions.toarray() > 0
    parts = (choices.train, choices.validation, choices.test, choices.new)
    everything = [tuple(pair) for part in parts for pair in part.tolist()]
    assert sorted(everything) == sorted(zip(*np.nonzero(table), strict=True))
    assert set(choices.new[:, 1]) <= set(data().test)
    assert not set(np.concatenate(parts[:3])[:, 1]) & set(data().test)
    for user in range(choices.users):
        counts = [int((part[:, 0] == user).sum()) for part in parts[:3]]
        assert counts[1] == counts[2] == max(1, round(0.1 * sum(counts)))
    assert divide(data(), seed=3).test.tolist() == choices.test.tolist() != divide(data(), seed=4).test.tolist()
    users = np.repeat(np.arange(choices.users), 20)
    drawn = choices.not_chosen(users, rng=np.random.default_rng(0))
    own = {tuple(pair) for pair in choices.train.tolist()}
    assert not own & set(zip(users.tolist(), drawn.tolist(), strict=True))
    assert set(drawn) <= set(choices.known)


def test_recall_and_auc_of_a_known_order() -> None:
    objective, fusion = made("bpr")
    assert isinstance(objective, TwoTower)
    tastes = data().interactions.toarray() @ data().vectors[MODALITIES[0]][:, :D]
    with torch.no_grad():
        objective.users.weight.copy_(torch.from_numpy(tastes))
        found = objective.measures(fusion, data())
    vectors = fusion.vectors(data().batch(np.arange(len(data().ids)))).numpy()
    recalls, areas = [], []
    choices = objective.choices
    for user in range(choices.users):
        seen = [i for u, i in [*choices.train.tolist(), *choices.validation.tolist()] if u == user]
        right = [i for u, i in choices.test.tolist() if u == user]
        scores = {i: float(tastes[user] @ vectors[i]) for i in choices.known if i not in seen}
        best = sorted(scores, key=lambda i: -scores[i])[:10]
        recalls.append(np.mean([i in best for i in right]))
        areas.append(np.mean([scores[i] > scores[j] for i in right for j in scores if j not in right]))
    assert found["Recall@10"] == pytest.approx(np.mean(recalls))
    assert found["AUC"] == pytest.approx(np.mean(areas), abs=1e-3)


def test_average_precision_is_that_of_an_obvious_loop() -> None:
    rng = np.random.default_rng(0)
    scores, relevant = rng.standard_normal(40), rng.random(40) < 0.3
    order = np.argsort(-scores)
    precisions = [relevant[order[: k + 1]].mean() for k in range(40) if relevant[order[k]]]
    assert average_precision(scores, relevant) == pytest.approx(np.mean(precisions))
    assert average_precision(np.zeros(4), np.array([True, False, False, False])) == 0.25


def test_items_without_an_answer_teach_no_question() -> None:
    values = np.zeros((len(data().ids), 5), np.float32)
    kinds = data().labels.values
    values[:, :3] = kinds[:, :3]
    values[:, 3:] = (np.arange(len(data().ids)) % 2)[:, None] == [0, 1]
    labelled = replace(data(), labels=Labels(tuple("abcde"), values, (slice(0, 3), slice(3, 5))))
    objective, _ = made("cross-entropy", labelled)
    answers = torch.zeros(len(values), 5)
    answers[:, 0] = 4.0
    found = float(objective.loss_of(answers, torch.from_numpy(values)))
    first = [np.log(np.exp(4) + 2) - (4 if row[0] else 0) for row in values if row[:3].sum() == 1]
    assert found == pytest.approx((np.mean(first) + np.log(2)) / 2, rel=1e-5)


def test_what_is_available_is_told_with_reasons() -> None:
    assert set(available(data()).values()) == {""}
    bare = replace(data(), labels=None, numbers=None, interactions=None)
    reasons = available(bare)
    assert reasons["self-supervised"] == ""
    assert all(reasons[name].endswith(".") for name in OBJECTIVES if name != "self-supervised")
    with pytest.raises(FusionError, match="objective 'bpr': nobody's choices"):
        build_objective(bare, TrainSettings("mean", "bpr"))
    constant = replace(data(), numbers=np.ones(len(data().ids), np.float32))
    assert "same for all" in available(constant)["regress"]
    few = replace(data(), interactions=csr_matrix((3, len(data().ids))))
    assert available(few)["bpr"].startswith("Only 0 users")
    single = replace(data(), present=np.eye(3, dtype=np.bool_)[np.zeros(len(data().ids), np.intp)])
    assert available(single)["self-supervised"].startswith("Only 0 items")


def test_several_tags_an_item_are_no_question() -> None:
    assert questions(data()) == (slice(0, 4),)
    tags = np.ones((len(data().ids), 3), np.float32)
    several = replace(data(), labels=Labels(("x", "y", "z"), tags))
    assert questions(several) == ()
    assert "several tags" in available(several)["cross-entropy"]
    assert available(several)["classify"] == ""


def test_an_unknown_objective_is_told() -> None:
    with pytest.raises(FusionError, match="objective 'win'; one of self-supervised"):
        find_objective("win")
