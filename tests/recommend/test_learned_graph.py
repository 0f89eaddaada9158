"""The multimodal graph and LightGCN against their formulas written out."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from behaviour_samples import fitted, interactions_of, of_rows, tiny_data

from mmdemo.errors import CancelledError
from mmdemo.interactions import ItemFeatures
from mmdemo.recommend.behaviour import fit
from mmdemo.recommend.behaviour.because import BEHAVIOUR_PART
from mmdemo.recommend.behaviour.graph_content import content_graph
from mmdemo.recommend.behaviour.graph_propagation import Graph
from mmdemo.recommend.behaviour.graph_towers import Tower, TowerData, TowerPlan, Trained

ROWS = [[0, 1, 2], [1, 3], [], [0, 4]]
SMALL = {"towers": 1, "steps": 3, "size": 8}


def _edges():
    data = interactions_of(ROWS, 6)
    return data.users, data.items


def _dense() -> np.ndarray:
    chosen = interactions_of(ROWS, 6).chosen.toarray()
    of_user, of_item = np.maximum(chosen.sum(1), 1), np.maximum(chosen.sum(0), 1)
    return chosen / np.sqrt(of_user[:, None] * of_item[None, :])


def test_vectors_pass_over_the_normalised_graph_and_gradients_back():
    graph, dense = Graph.of(*_edges(), (4, 6)), torch.from_numpy(_dense())
    vectors = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    found, wanted = vectors.clone().requires_grad_(), vectors.clone().requires_grad_()
    ours, theirs = graph.between_items(found), dense.T @ (dense @ wanted)
    torch.testing.assert_close(ours, theirs)
    (ours**2).sum().backward()
    (theirs**2).sum().backward()
    torch.testing.assert_close(found.grad, wanted.grad)
    torch.testing.assert_close(graph.of_some(np.array([3, 0, 3]), vectors), dense[[3, 0, 3]] @ vectors)


def test_a_tower_is_two_layers_of_lightgcn_from_users_who_are_their_items():
    tables = [np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)]
    alike = content_graph(tables[0] / np.linalg.norm(tables[0], axis=1, keepdims=True), 2)
    data = TowerData(*_edges(), (4, 6), tables, alike, np.zeros(6, np.float32))
    plan = TowerPlan(size=3, temperature=0.2, keep=0.3, steps=0, batch=1, learning_rate=0.1)
    tower = Tower(6, tables, 3)
    trained, dense = Trained.of(tower, data, plan), _dense()
    start = tower.own.detach().numpy() + tables[0] @ tower.projections[0].detach().numpy()
    items = [0.3 * start + 0.7 * alike.toarray() @ start]
    users = [dense @ items[0]]
    for _ in range(2):
        after = dense @ items[-1], dense.T @ users[-1]
        users.append(after[0])
        items.append(after[1])
    offered = sum(items)
    np.testing.assert_allclose(
        trained.offered, offered / np.linalg.norm(offered, axis=1, keepdims=True), rtol=1e-4, atol=1e-5
    )
    liked = interactions_of(ROWS, 6).chosen @ trained.liked.sum(0)
    for row, wanted in ((row, sum(users)[row]) for row in (0, 1, 3)):
        np.testing.assert_allclose(_unit(liked[row]), _unit(wanted), atol=1e-5)


def _unit(row: np.ndarray) -> np.ndarray:
    return row / np.linalg.norm(row)


@pytest.mark.parametrize("neighbours", [1, 3, 50])
def test_items_alike_are_joined_in_both_directions(neighbours):
    vectors = np.random.default_rng(1).standard_normal((9, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[4] = 0
    edges = np.zeros((9, 9))
    edges[4, 4] = 1
    others = [item for item in range(9) if item != 4]
    for item in others:
        near = sorted((other for other in others if other != item), key=lambda other: -vectors[item] @ vectors[other])
        for other in near[:neighbours]:
            edges[item, other] = edges[other, item] = 1
    degree = edges.sum(1)
    wanted = edges / np.sqrt(degree[:, None] * degree[None, :])
    np.testing.assert_allclose(content_graph(vectors, neighbours).toarray(), wanted, atol=1e-6)


def test_scores_are_the_formula():
    interactions, _ = tiny_data()
    model, histories = fitted("multimodal-graph"), interactions.chosen[:4]
    options, chosen = model.settings.options, interactions.chosen.toarray()
    counts = chosen.sum(0) + 0.5
    wanted = options["popular"] * np.log(counts / counts.mean()) + options["together"] * np.log1p(
        histories.toarray() @ (chosen.T @ chosen)
    )
    for tower, offered in enumerate(model.offered):
        users = histories.toarray() @ sum(part[tower] for part in model.liked.values())
        cosine = users / np.linalg.norm(users, axis=1, keepdims=True) @ offered.T
        wanted = wanted + cosine / options["temperature"] / len(model.offered)
    np.testing.assert_allclose(model.scores(histories), wanted, rtol=1e-4, atol=1e-4)


def test_reasons_name_the_tables_and_counts_follow_what_goes_together():
    model = fitted("multimodal-graph")
    because = model.explain(of_rows([[12, 20, 33]], 90), 50)
    assert set(because.parts) == {BEHAVIOUR_PART, "looks", "sound"}
    assert all(np.abs(part).max() > 1e-3 for part in because.parts.values())
    nothing = model.explain(of_rows([[]], 90), 50)
    assert nothing.constant == pytest.approx(model.scores(of_rows([[]], 90))[0, 50])


def test_without_a_history_what_most_chose_comes_first():
    counts = np.asarray(tiny_data()[0].chosen.sum(axis=0)).ravel()
    for name in ("multimodal-graph", "lightgcn"):
        order = np.argsort(-fitted(name).scores(of_rows([[]], 90))[0], kind="stable")
        assert (np.diff(counts[order]) <= 0).all()


def test_people_with_many_choices_say_less_of_what_is_popular():
    data = interactions_of([[0, 1, 2, 3], [4, 5], [4]], 6)
    few = fit("multimodal-graph", data, None, {**SMALL, "most_items": 2})
    assert few.constant.argmax() == 4
    assert (few.constant[:4] == few.constant[0]).all()
    all_many = fit("multimodal-graph", interactions_of([[0, 1], [0, 2]], 3), None, {**SMALL, "most_items": 1})
    assert all_many.constant.argmax() == 0


def test_learns_without_features_and_with_tables_of_zeros():
    interactions, features = tiny_data()
    none = ItemFeatures(features.item_ids, {"empty": np.zeros((90, 3), np.float32)})
    bare, empty = (fit("multimodal-graph", interactions, given, SMALL) for given in (None, none))
    np.testing.assert_array_equal(bare.scores(interactions.chosen[:3]), empty.scores(interactions.chosen[:3]))


def test_an_item_that_nobody_chose_is_found_by_what_it_is_like():
    kind = np.arange(20) % 2
    rng = np.random.default_rng(2)
    rows = [sorted(rng.choice(np.arange(group, 18, 2), 4, replace=False)) for _ in range(80) for group in (0, 1)]
    data = interactions_of(rows, 20)
    table = np.eye(2, dtype=np.float32)[kind] + 0.01 * rng.standard_normal((20, 2)).astype(np.float32)
    model = fit("multimodal-graph", data, ItemFeatures(data.item_ids, {"kind": table}), {"towers": 1, "size": 16})
    scores = model.scores(of_rows([[0, 4], [1, 5]], 20))
    assert scores[0, 18] > scores[0, 19]
    assert scores[1, 19] > scores[1, 18]


def test_another_seed_gives_another_model():
    interactions, features = tiny_data()
    one, other = (fit("multimodal-graph", interactions, features, SMALL, seed=seed) for seed in (1, 2))
    assert np.abs(one.scores(interactions.chosen[:2]) - other.scores(interactions.chosen[:2])).max() > 1e-3


@pytest.mark.parametrize("name", ["multimodal-graph", "lightgcn", "vbpr", "mf"])
def test_training_can_be_cancelled(name):
    interactions, features = tiny_data()
    steps = []

    def stop(done: int, total: int, what: str) -> None:
        steps.append((done, total, what))
        if done == 2:
            raise CancelledError

    with pytest.raises(CancelledError):
        fit(name, interactions, features, progress=stop)
    assert steps[-1][0] == 2
    assert steps[-1][1] > 2


def test_lightgcn_passes_on_what_is_liked():
    data = interactions_of([[0, 1], [1, 2], [3, 4], [4, 5]] * 5, 6)
    model = fit("lightgcn", replace(data, ratings=None, times=None), None, {"size": 8, "layers": 2})
    scores = model.scores(of_rows([[0], [3]], 6))
    assert scores[0, 2] > scores[0, [3, 4, 5]].max()
    assert scores[1, 5] > scores[1, [0, 1, 2]].max()
