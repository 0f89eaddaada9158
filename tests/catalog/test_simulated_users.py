"""Simulated users: their tastes are in what they choose."""

import numpy as np
import pytest

from mmdemo.catalog.simulated_users import simulate, taste_names
from mmdemo.errors import CatalogError
from mmdemo.types import Item

TAGS = ("animals", "music", "tools", "letters")


def items(count: int = 160) -> list[Item]:
    return [Item(f"i{row}", f"Item {row}", {"text": f"Item {row}."}, (TAGS[row % 4],)) for row in range(count)]


def test_users_choose_mostly_what_they_are_said_to_like():
    made = simulate(items(), users=60, seed=3)
    tags = np.array([row % 4 for row in range(160)])
    for user, taste in enumerate(made.tastes):
        assert len(set(taste)) == 2
        chosen = made.interactions.chosen[user].indices
        assert np.isin(tags[chosen], [TAGS.index(name) for name in taste]).mean() > 0.65
    assert {name for taste in made.tastes for name in taste} == set(TAGS)


def test_it_depends_on_the_seed_and_the_user_only():
    first, longer, other = simulate(items(), users=5), simulate(items(), users=9), simulate(items(), users=5, seed=1)
    assert first.tastes == longer.tastes[:5]
    assert (first.interactions.chosen != longer.interactions.chosen[:5]).nnz == 0
    assert (first.interactions.chosen != other.interactions.chosen).nnz > 0
    assert first.interactions.times is not None
    assert first.interactions.times.tolist() == simulate(items(), users=5).interactions.times.tolist()


def test_excluded_tags_are_nobodys_taste():
    made = simulate(items(), users=40, exclude=("letters",))
    assert {name for taste in made.tastes for name in taste} == set(TAGS) - {"letters"}


def test_without_tags_users_choose_by_the_items_appeal_alone():
    bare = [Item(f"i{row}", f"Item {row}", {"text": f"Item {row}."}) for row in range(30)]
    made = simulate(bare, users=200, choices=5)
    assert set(made.tastes) == {()}
    popular = np.asarray(made.interactions.chosen.sum(axis=0)).ravel()
    assert popular.max() > 2 * np.median(popular)


def test_a_tag_within_another_is_not_liked_beside_it():
    nested = [
        Item(
            f"i{row}", "x", {"text": "x"}, ("animals", "birds") if row < 20 else ("animals",) if row < 40 else ("food",)
        )
        for row in range(100)
    ]
    for taste in simulate(nested, users=50).tastes:
        assert set(taste) != {"animals", "birds"}


def test_names_are_tags_category_and_factors_each_once():
    item = Item(
        "a", "A", {"text": "a"}, ("food", "fruit"), {"category": "food", "factor:colour": "red", "licence": "x"}
    )
    assert taste_names(item) == ("food", "fruit", "red")


@pytest.mark.parametrize("wrong", [{"users": 0}, {"choices": 0.0}, {"seed": -1}])
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(CatalogError):
        simulate(items(), **wrong)


def test_an_empty_catalogue_has_no_users():
    with pytest.raises(CatalogError, match="0 items"):
        simulate([])
