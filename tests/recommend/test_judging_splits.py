import numpy as np
import pytest
from judging_samples import drawn, interactions, pairs

from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions
from mmdemo.recommend.judging.splits import (
    Split,
    leave_last_out,
    random_split,
    resplit,
    time_split,
    together,
)

WHOLE = drawn(times=True, ratings=True)


def _parts(split: Split) -> list[Interactions]:
    return [part for part in (split.train, split.validation, split.held_out) if part is not None]


@pytest.mark.parametrize(
    "split",
    [
        random_split(WHOLE, validation=0.2, test=0.1, seed=3),
        time_split(WHOLE, validation=0.2, test=0.1),
        leave_last_out(WHOLE, seed=0),
        resplit(WHOLE, None, 0),
    ],
    ids=lambda split: split.name,
)
def test_parts_hold_every_choice_once_with_its_rating_and_time(split: Split) -> None:
    parts = [pairs(part) for part in _parts(split)]
    assert set().union(*parts) == pairs(WHOLE)
    assert sum(map(len, parts)) == len(WHOLE)
    rating = dict(zip(zip(WHOLE.users, WHOLE.items, strict=True), WHOLE.ratings, strict=True))
    time = dict(zip(zip(WHOLE.users, WHOLE.items, strict=True), WHOLE.times, strict=True))
    for part in _parts(split):
        for place, choice in enumerate(zip(part.users, part.items, strict=True)):
            assert (part.ratings[place], part.times[place]) == (rating[choice], time[choice])


def test_random_shares_are_as_asked_and_depend_on_the_seed_alone() -> None:
    split = random_split(WHOLE, validation=0.2, test=0.1, seed=3)
    assert len(split.held_out) == round(0.1 * len(WHOLE))
    assert split.validation is not None
    assert len(split.validation) + len(split.held_out) == round(0.3 * len(WHOLE))
    again, other = (random_split(WHOLE, validation=0.2, test=0.1, seed=seed) for seed in (3, 4))
    assert pairs(split.held_out) == pairs(again.held_out) != pairs(other.held_out)


def test_a_time_split_learns_from_nothing_later_than_what_it_holds_out() -> None:
    split = time_split(WHOLE, validation=0.2, test=0.1)
    assert split.validation is not None
    assert split.train.times.max() < split.validation.times.min()
    assert split.validation.times.max() < split.held_out.times.min()
    assert abs(len(split.held_out) - 0.1 * len(WHOLE)) <= 3  # choices of one time stay together
    tied = Interactions(WHOLE.user_ids, WHOLE.item_ids, WHOLE.chosen, None, np.ones(len(WHOLE)))
    with pytest.raises(InteractionsError, match="holds nothing out"):
        time_split(tied)


def test_the_last_choice_of_each_user_is_held_out() -> None:
    split = leave_last_out(WHOLE, seed=0)
    for user in range(len(WHOLE.user_ids)):
        own = WHOLE.times[WHOLE.users == user]
        held = split.held_out.times[split.held_out.users == user]
        assert len(held) == (len(own) >= 2)
        assert split.validation is not None
        assert (split.validation.users == user).sum() == (len(own) >= 3)
        if len(held):
            assert held[0] == own.max()


def test_a_resplit_holds_out_one_random_choice_of_both_parts_together() -> None:
    table = np.zeros((300, 4))
    table[:200] = 1
    table[200:250, 2] = 1
    split = random_split(interactions(table), validation=0.3, test=0.1, seed=0)
    assert split.validation is not None
    both = together(split.train, split.validation)
    again = resplit(split.train, split.validation, 0)
    assert pairs(again.train) | pairs(again.held_out) == pairs(both)
    count = np.diff(both.chosen.indptr)
    np.testing.assert_array_equal(np.diff(again.held_out.chosen.indptr), count >= 2)
    taken = np.bincount(again.held_out.items[count[again.held_out.users] == 4], minlength=4)
    assert (taken > taken.sum() / 8).all()  # each place of a row is taken alike often


def test_of_a_choice_in_two_parts_the_later_part_counts() -> None:
    first = interactions(np.array([[1, 1, 0]]), ratings=True, seed=0)
    second = interactions(np.array([[0, 1, 1]]), ratings=True, seed=5)
    both = together(first, second)
    assert both.items.tolist() == [0, 1, 2]
    assert both.ratings.tolist() == [first.ratings[0], *second.ratings]


def test_what_cannot_be_divided_is_told() -> None:
    plain = drawn()
    for divide in (time_split, lambda whole: leave_last_out(whole, seed=0)):
        with pytest.raises(InteractionsError, match="without times"):
            divide(plain)
    with pytest.raises(InteractionsError, match="shares"):
        random_split(plain, validation=0.5, test=0.5, seed=0)
    with pytest.raises(InteractionsError, match="holds nothing out"):
        resplit(interactions(np.eye(3)), None, 0)
    with pytest.raises(InteractionsError, match="same users and items"):
        Split("mixed", plain, drawn(users=61))
