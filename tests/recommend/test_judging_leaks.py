import numpy as np
import pytest
from judging_samples import drawn, interactions, pairs

from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.recommend.judging.id_order import natural_order, shuffled
from mmdemo.recommend.judging.leaks import leaks
from mmdemo.recommend.judging.splits import Split, leave_last_out, random_split, resplit, time_split

WHOLE = drawn(300, 60, share=0.1)


def _held(whole: Interactions, which: np.ndarray) -> Split:
    return Split("planted", whole.keep(~which), whole.keep(which))


def _kinds(split: Split) -> set[str]:
    return {leak.kind for leak in leaks(split.train, split.held_out)}


def _ends(whole: Interactions, *, last: bool) -> np.ndarray:
    """True at the last, or the first, column of each user with two choices or more."""
    starts = whole.chosen.indptr
    users = np.flatnonzero(np.diff(starts) >= 2)
    which = np.zeros(len(whole), bool)
    which[starts[users + 1] - 1 if last else starts[users]] = True
    return which


def test_honest_divisions_are_not_accused() -> None:
    for seed in range(5):
        assert _kinds(resplit(WHOLE, None, seed)) == set()
        split = random_split(drawn(200, 40, seed=seed), seed=seed)
        assert _kinds(split) == set()


def test_items_that_many_users_share_do_not_make_a_leak_of_chance() -> None:
    popular = np.random.default_rng(0).random((400, 50)) < np.r_[0.9, 0.8, np.full(48, 0.03)]
    for seed in range(5):
        dealt, _ = shuffled(interactions(popular), seed=seed)
        assert _kinds(random_split(dealt, seed=seed)) == set()


@pytest.mark.parametrize(("last", "kind", "side"), [(True, "highest", "higher"), (False, "lowest", "lower")])
def test_held_out_items_at_the_end_of_each_row_are_found(last: bool, kind: str, side: str) -> None:
    split = _held(WHOLE, _ends(WHOLE, last=last))
    found = {leak.kind: leak for leak in leaks(split.train, split.held_out)}
    assert set(found) >= {kind, side}
    assert found[kind].share == 1.0
    assert "in every case" in found[kind].message
    assert found[kind].chance < 0.5


def test_ids_in_another_order_than_the_columns_give_away_as_much() -> None:
    order = np.random.default_rng(1).permutation(60)
    names = tuple(f"i{number}" for number in order)
    renamed = Interactions(WHOLE.user_ids, names, WHOLE.chosen)
    place = order[renamed.items] + 100 * renamed.users
    which = np.zeros(len(renamed), bool)
    for user in range(300):
        own = np.flatnonzero(renamed.users == user)
        if len(own) >= 2:
            which[own[place[own].argmax()]] = True
    found = leaks(renamed.keep(~which), renamed.keep(which))
    assert any(leak.kind == "highest" and "highest id in every case" in leak.message for leak in found)
    assert not any("place in the list" in leak.message for leak in found)


def test_dealing_ids_anew_takes_the_sign_away() -> None:
    split = _held(WHOLE, _ends(WHOLE, last=True))
    train, held_out = (shuffled(part, seed=2)[0] for part in (split.train, split.held_out))
    assert leaks(train, held_out) == ()


def test_users_sorted_by_what_is_held_out_are_found() -> None:
    table = np.zeros((200, 20))
    table[np.arange(200), np.arange(200) // 20] = 1
    held_out = interactions(table)
    train = drawn(200, 20, seed=3)
    train = train.keep(np.array([pair not in pairs(held_out) for pair in zip(train.users, train.items, strict=True)]))
    assert "neighbours" in {leak.kind for leak in leaks(train, held_out)}


def test_choices_in_both_parts_and_older_ones_are_told() -> None:
    both = [leak for leak in leaks(WHOLE, WHOLE.keep(WHOLE.users < 30)) if leak.kind == "repeated"]
    assert both[0].share == 1.0
    timed = drawn(300, 60, share=0.1, times=True)
    split = random_split(timed, seed=0)
    assert [leak.share > 0.5 for leak in leaks(split.train, split.held_out)] == [True]
    assert _kinds(split) == {"earlier"}
    for honest in (time_split(timed), leave_last_out(timed, seed=0)):
        assert _kinds(honest) == set()


def test_leaks_of_other_users_are_no_question() -> None:
    with pytest.raises(InteractionsError):
        leaks(WHOLE, drawn(299, 60))
    empty = WHOLE.keep(np.zeros(len(WHOLE), bool))
    assert leaks(empty, WHOLE) == leaks(WHOLE, empty) == ()


def test_dealing_anew_keeps_who_chose_what_and_what_it_is_like() -> None:
    whole = drawn(times=True, ratings=True)
    features = ItemFeatures(whole.item_ids, {"number": np.arange(40, dtype=np.float32)[:, None]})
    dealt, moved = shuffled(whole, features, seed=1)
    assert moved is not None
    number = moved.vectors["number"][:, 0].astype(int)
    assert sorted(number) == list(range(40))
    assert (number != np.arange(40)).sum() > 30

    def rows(part: Interactions, names: np.ndarray) -> list[tuple[tuple[int, float, float], ...]]:
        each = list(zip(part.users, names[part.items], part.ratings, part.times, strict=True))
        return sorted(tuple(sorted(map(tuple, (row[1:] for row in each if row[0] == user)))) for user in range(60))

    assert rows(dealt, number) == rows(whole, np.arange(40))
    assert pairs(dealt) != pairs(whole)
    assert pairs(shuffled(whole, seed=1)[0]) == pairs(dealt)


def test_numbers_within_ids_count_by_their_size() -> None:
    assert natural_order(("i10", "i9", "a", "i9b", "7")).tolist() == [4, 2, 1, 3, 0]
