"""Recommendations for a person: from likes to a list with reasons, on choices whose rule is known."""

from pathlib import Path

import numpy as np
import pytest
from planted_choices import KIND, kinds, with_choices
from scipy.sparse import csr_matrix

from mmdemo.engine import Engine
from mmdemo.engine.person_lists import NOTHING_KNOWN, NOTHING_LIKED, ONE_LIKED, UPLOADED, Asked
from mmdemo.engine.person_reasons import full_reason, is_additive, quick_reasons
from mmdemo.engine.personas import persona
from mmdemo.engine.persons import Persons
from mmdemo.errors import InteractionsError
from mmdemo.recommend.behaviour.base import BehaviourModel, Settings
from mmdemo.types import Modality, Query, QueryPart

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def persons(tiny_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Persons:
    return Persons.open(with_choices(tiny_workspace, tmp_path_factory.mktemp("persons") / "workspace"))


@pytest.fixture(scope="module")
def liked(persons: Persons) -> list[str]:
    """All items of the kind with most items; two of them are liked in the tests."""
    return next(iter(kinds(persons.engine).values()))


def kind_of(persons: Persons, item_id: str) -> str:
    return persons.engine.item(item_id).extra[KIND]


def test_personas_are_users_with_different_tastes_and_always_the_same(persons):
    found = persons.personas()
    assert 3 <= len(found) <= 8
    assert len({each.likes for each in found}) == len(found)
    assert found == persons.personas()
    rows = dict(zip(persons.used.interactions.user_ids, persons.used.interactions.chosen, strict=True))
    for each in found:
        assert not each.simulated
        columns = rows[each.person_id].indices
        assert set(each.history) == {persons.used.interactions.item_ids[column] for column in columns}
        assert persona(persons.engine, each.person_id, used=persons.used) == each
    kinds_chosen = [[kind_of(persons, item_id) for item_id in each.history] for each in found]
    assert any(set(each.likes) & set(own) for each, own in zip(found, kinds_chosen, strict=True))
    assert persona(persons.engine, "nobody", used=persons.used) is None


def test_a_persona_is_told_its_latest_choice_first(persons):
    assert persons.used.interactions.times is not None
    first = persons.personas()[0]
    row = persons.used.interactions.user_ids.index(first.person_id)
    chosen = persons.used.interactions.chosen
    at = slice(chosen.indptr[row], chosen.indptr[row + 1])
    times = dict(zip(chosen.indices[at], persons.used.interactions.times[at], strict=True))
    order = [times[persons.used.interactions.item_ids.index(item_id)] for item_id in first.history]
    assert order == sorted(order, reverse=True)


def test_likes_of_a_kind_bring_the_rest_of_it_with_these_likes_as_reasons(persons, liked):
    asked = Asked(likes=tuple(liked[:2]), k=len(liked) - 2)
    found = persons.recommend("item-knn", asked)
    assert sum(item_id in liked for item_id in found.ids) >= len(found.ids) - 1
    assert not set(found.ids) & set(asked.likes)
    top = found.items[0]
    assert {reason.item_id for reason in top.reasons} <= set(asked.likes)
    assert top.reasons[0].through == "behaviour"
    assert top.reasons[0].value > 0
    assert top.percentile > 80
    assert [item.percentile for item in found.items] == sorted((i.percentile for i in found.items), reverse=True)
    assert found.milliseconds > 0


def test_likes_of_another_kind_bring_it_forward(persons, liked):
    other = list(kinds(persons.engine).values())[1]
    before = persons.recommend("item-knn", Asked(likes=(liked[0],), k=24))
    after = persons.recommend("item-knn", Asked(likes=(liked[0], *other[:2]), k=24))
    assert sum(map(before.ids.index, other[2:])) > sum(map(after.ids.index, other[2:]))
    assert before.notices == (ONE_LIKED,)
    assert after.notices == ()


def test_reasons_and_the_constant_sum_to_the_score(persons, liked):
    other = list(kinds(persons.engine).values())[1]
    asked = Asked(likes=tuple(liked[:3]), dislikes=(other[0],), k=4)
    for name in ("ease", "content", "item-knn"):
        for each in persons.recommend(name, asked).items:
            why = persons.why(name, asked, each.item_id)
            assert why.how == "exact"
            assert why.constant is not None
            assert sum(reason.value for reason in why.reasons) + why.constant == pytest.approx(each.score, abs=1e-4)
            told = sum(reason.value for reason in each.reasons) + each.others
            assert told + why.constant == pytest.approx(each.score, abs=1e-4)


def test_content_comes_through_a_modality(persons, liked):
    top = persons.recommend("content", Asked(likes=tuple(liked[:2]), k=3)).items[0]
    assert {reason.through for reason in top.reasons} <= {"text", "image", "audio"}
    assert all(0 <= reason.alike <= 100 and reason.alike_in for reason in top.reasons)


def test_a_dislike_hides_the_item_and_puts_what_is_like_it_lower(persons, liked):
    asked = Asked(likes=(liked[0],), k=24)
    before = persons.recommend("item-knn", asked)
    disliked = next(item_id for item_id in before.ids if item_id in liked)
    after = persons.recommend("item-knn", Asked(likes=(liked[0],), dislikes=(disliked,), k=24))
    assert disliked not in after.ids
    alike = [item_id for item_id in after.ids if item_id in liked]
    scores = {item.item_id: item.score for item in before.items}
    assert sum(item.score for item in after.items if item.item_id in alike) < sum(scores[i] for i in alike)
    assert any(not reason.liked and reason.value < 0 for item in after.items for reason in item.reasons)


def test_a_skip_hides_the_item_and_nothing_else(persons, liked):
    before = persons.recommend("ease", Asked(likes=tuple(liked[:2]), k=5))
    after = persons.recommend("ease", Asked(likes=tuple(liked[:2]), skips=before.ids[:1], k=4))
    assert after.ids == before.ids[1:]


def test_filters_let_only_what_passes_through(persons, liked):
    found = persons.recommend("popularity", Asked(likes=(liked[0],), must_have=(Modality.AUDIO,), k=24))
    assert found.ids
    assert all(Modality.AUDIO in persons.engine.item(item_id).media for item_id in found.ids)
    assert persons.recommend("popularity", Asked(tags=("no such tag",))).items == ()


def test_variety_parts_what_is_alike_and_novelty_brings_what_few_chose(persons, liked):
    asked = {"likes": tuple(liked[:2]), "k": 5}
    plain = persons.recommend("content", Asked(**asked))
    varied = persons.recommend("content", Asked(**asked, diversity=0.9))
    assert varied.ids != plain.ids
    assert varied.ids[0] == plain.ids[0]
    rare = persons.recommend("popularity", Asked(**asked, novelty=1.0))
    popular = persons.recommend("popularity", Asked(**asked))
    assert max(item.chosen_by for item in rare.items) < min(item.chosen_by for item in popular.items)
    with pytest.raises(InteractionsError, match="diversity"):
        persons.recommend("content", Asked(**asked, diversity=2.0))


def test_from_nothing_comes_what_many_chose_and_that_is_said(persons):
    popular = persons.recommend("popularity", Asked(k=3))
    assert popular.notices == (NOTHING_LIKED,)
    assert popular.items[0].reasons == ()
    for name in persons.models():
        if not persons.models()[name] and name in ("item-knn", "content", "ease"):
            found = persons.recommend(name, Asked(k=3))
            assert set(found.notices) <= {NOTHING_KNOWN, NOTHING_LIKED}
            assert found.notices
            assert len(found.ids) == 3


def test_ids_that_are_gone_are_passed_over(persons, liked):
    plain = persons.recommend("ease", Asked(likes=tuple(liked[:2])))
    gone = persons.recommend("ease", Asked(likes=(*liked[:2], "gone"), dislikes=("gone too",), skips=("gone",)))
    assert gone.ids == plain.ids
    with pytest.raises(InteractionsError, match="gone"):
        persons.why("ease", Asked(), "gone")


def test_an_upload_is_stood_for_by_what_is_nearest(persons):
    item = persons.engine.items[0]
    query = Query((QueryPart(Modality.TEXT, item.media[Modality.TEXT]),))
    found = persons.stand_ins(query)
    assert len(found) == 3
    assert item.media[Modality.TEXT] in {persons.engine.item(i).media[Modality.TEXT] for i in found}
    answer = persons.recommend("content", Asked(stand_ins=found))
    assert answer.notices[0] == UPLOADED
    assert not set(answer.ids) & set(found)
    assert {reason.item_id for each in answer.items for reason in each.reasons} <= set(found)


class Product(BehaviourModel):
    """The share of an item's two neighbours that is in the history, squared: no sum over the history."""

    name = "product"

    @classmethod
    def fit(cls, train, features, options, *, seed=0, progress=None):
        raise NotImplementedError

    def _scores(self, histories):
        dense = histories.toarray()
        return ((np.roll(dense, 1, axis=1) + np.roll(dense, -1, axis=1)) ** 2 + 0.5).astype(np.float32)

    def arrays(self):
        return {}

    @classmethod
    def from_arrays(cls, arrays, settings):
        return cls(settings)


def test_a_model_that_is_no_sum_is_explained_by_leaving_out_and_in_full_by_shapley():
    model = Product(Settings(tuple("abcdef")))
    history = csr_matrix(np.array([[1, 0, 1, 0, 0, 0]], np.float32))
    assert not is_additive(model)
    between, beside = quick_reasons(model, history, np.array([1, 3]), within_s=0.0)
    assert (between.how, between.constant, between.values.tolist()) == ("left out", 0.5, [3.0, 3.0])
    assert beside.values.tolist() == [0.0, 1.0]
    full = full_reason(model, history, 1)
    assert (full.how, full.values.tolist()) == ("shapley", [2.0, 2.0])
    empty = quick_reasons(model, csr_matrix((1, 6), dtype=np.float32), np.array([1]), within_s=0.0)[0]
    assert (len(empty.items), empty.constant) == (0, 0.5)


def test_without_time_only_the_first_item_is_explained(persons, liked, monkeypatch):
    from mmdemo.engine import persons as module

    monkeypatch.setattr(module, "EXPLAINING_S", 0.0)
    found = persons.recommend("ease", Asked(likes=tuple(liked[:2]), k=4))
    assert found.items[0].reasons
    assert [item.how for item in found.items] == ["exact", None, None, None]
    assert persons.why("ease", Asked(likes=tuple(liked[:2])), found.ids[2]).reasons


def test_a_model_is_fitted_once_and_remembered(persons):
    first = persons.fit("popularity")
    assert persons.known("popularity") is first
    assert Persons.open(Engine.open(persons.engine.workspace.path)).known("popularity") is not None
