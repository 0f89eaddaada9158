"""Models of behaviour of a workspace: what they learn from, and that they are fitted once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planted_choices import USERS, with_choices

from mmdemo.engine import Engine, behaviour
from mmdemo.errors import CancelledError, InteractionsError

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def chosen(tiny_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_choices(tiny_workspace, tmp_path_factory.mktemp("chosen") / "workspace")


def refuse(done: int, total: int, message: str) -> None:
    raise CancelledError(message)


def test_imported_choices_are_used_in_the_catalogues_order(chosen):
    engine = Engine.open(chosen)
    used = behaviour.interactions_in_use(engine)
    assert used.interactions.item_ids == tuple(item.item_id for item in engine.items)
    assert len(used.interactions.user_ids) == USERS
    assert not used.simulated
    assert "workspace.csv" in used.about
    assert used.interactions.times is not None


def test_without_an_import_a_generated_world_has_its_simulated_users(engine):
    used = behaviour.interactions_in_use(engine)
    assert used.simulated
    assert "simulated" in used.about
    assert len(used.interactions.item_ids) == len(engine.items)


def test_any_other_catalogue_has_users_with_named_tastes(tiny_workspace):
    engine = Engine.open(tiny_workspace)
    assert engine.summary.source is not None
    engine.summary = replace(engine.summary, source=replace(engine.summary.source, synthetic=False))
    used = behaviour.interactions_in_use(engine)
    assert used.simulated
    assert set(used.tastes) == set(used.interactions.user_ids)
    known = {name for item in engine.items for name in (*item.tags, *item.extra.values())}
    assert {name for taste in used.tastes.values() for name in taste} <= known
    assert any(used.tastes.values())


def test_features_are_the_vectors_of_each_modality_and_zeros_without_it(engine):
    features = behaviour.features_in_use(engine)
    assert set(features.vectors) == {"text", "image", "audio"}
    for name, table in features.vectors.items():
        has = np.array([name in item.media for item in engine.items])
        assert (np.linalg.norm(table, axis=1) > 0.5).tolist() == has.tolist()
        found = engine.ranker.index.tables[f"shared.{name}"]
        np.testing.assert_array_equal(table[has], found.vectors)


def test_a_model_is_fitted_once_and_read_back_with_the_same_scores(chosen):
    engine = Engine.open(chosen)
    used = behaviour.interactions_in_use(engine)
    assert behaviour.known_model(engine, "item-knn", used=used) is None
    first = behaviour.fitted(engine, "item-knn")
    again = behaviour.fitted(chosen, "item-knn", progress=refuse)
    np.testing.assert_array_equal(again.scores(used.interactions.chosen), first.scores(used.interactions.chosen))
    assert again.item_ids == first.item_ids


def test_other_choices_and_a_damaged_file_are_fitted_anew(chosen, tiny_workspace, tmp_path):
    engine = Engine.open(with_choices(tiny_workspace, tmp_path / "other", seed=1))
    behaviour.fitted(engine, "popularity")
    version = engine.summary.version
    [key] = engine.workspace.behaviour.keys(version)
    engine.workspace.behaviour.path(version, key).write_bytes(b"damaged")
    assert behaviour.known_model(engine, "popularity") is None
    behaviour.fitted(engine, "popularity")
    assert behaviour.known_model(engine, "popularity") is not None
    of_others = behaviour.interactions_in_use(chosen)
    assert behaviour.known_model(engine, "popularity", used=of_others) is None


def test_what_is_possible_says_why_not(engine, chosen):
    features = behaviour.features_in_use(engine)
    without_times = behaviour.possible_models(behaviour.interactions_in_use(engine), features)
    with_times = behaviour.possible_models(behaviour.interactions_in_use(chosen), features)
    assert "time" in without_times["recent-popularity"]
    assert with_times["recent-popularity"] == ""
    assert without_times["content"] == with_times["content"] == ""


def test_an_unknown_model_is_refused(engine):
    with pytest.raises(InteractionsError, match="nonsense"):
        behaviour.known_model(engine, "nonsense")
