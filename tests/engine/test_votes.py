import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdemo.engine.votes import interleave, outcome, outcomes
from mmdemo.errors import FeedbackError
from mmdemo.feedback import Vote

RANKINGS = st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=10)


def vote(winner, *, first="m", second="n", person="p"):
    """A vote that `winner` (0, 1, or None: a tie) won by one item."""
    chosen = () if winner is None else ("x", "y")[winner : winner + 1]
    return Vote(1, "v", person, first, second, ("x", "y"), (0, 1), chosen, "c", 0.0)


@settings(max_examples=200, deadline=None)
@given(RANKINGS, RANKINGS, st.integers(0, 12), st.integers(0, 1000))
def test_each_pick_is_the_best_left_and_nobody_picks_two_ahead(first, second, k, seed):
    mixed = interleave(first, second, k, seed)
    assert len(mixed.teams) == len(mixed.ids) <= k
    for place, (item_id, team) in enumerate(zip(mixed.ids, mixed.teams, strict=True)):
        before = mixed.ids[:place]
        assert next(other for other in (first, second)[team] if other not in before) == item_id
        assert abs(2 * sum(mixed.teams[: place + 1]) - (place + 1)) <= 1
    taken = set(mixed.ids)
    assert len(mixed.ids) == k or not set(first) - taken or not set(second) - taken
    assert interleave(first, second, k, seed) == mixed


def test_the_coin_and_the_labels_are_fair_and_independent():
    mixed = [interleave("abcd", "wxyz", 4, seed) for seed in range(1000)]
    starts = np.array([list(one.teams) for one in mixed])
    labels = np.array([one.labels == ("B", "A") for one in mixed])
    assert {one.labels for one in mixed} == {("A", "B"), ("B", "A")}
    for fair in (starts[:, 0], starts[:, 2], labels, starts[:, 0] ^ starts[:, 2], starts[:, 0] ^ labels):
        assert abs(fair.mean() - 0.5) < 4 * 0.5 / np.sqrt(1000)


def test_equal_models_get_equal_credit_and_the_better_one_wins():
    """Somebody who chooses what is relevant: a model that ranks it higher wins, two equal ones share."""
    relevant = set("abc")
    good, poor = "abcdefgh", "efghabcd"
    credit = {"same": np.zeros(2), "better": np.zeros(2)}
    for seed in range(400):
        for name, second in (("same", good), ("better", poor)):
            mixed = interleave(good, second, 4, seed)
            for item_id, team in zip(mixed.ids, mixed.teams, strict=True):
                credit[name][team] += item_id in relevant
    assert abs(np.subtract(*credit["same"])) < 4 * np.sqrt(credit["same"].sum())
    assert credit["better"][0] > 2 * credit["better"][1]


def test_a_ranking_with_an_item_twice_is_refused():
    with pytest.raises(FeedbackError, match="twice"):
        interleave(["a", "a"], ["b"], 2, 0)


def test_votes_count_for_their_model_whichever_was_first():
    votes = [vote(0), vote(0, person="q"), vote(1, first="n", second="m"), vote(1), vote(None)]
    found = outcome(votes)
    assert (found.models, found.first, found.second, found.ties, found.persons) == (("m", "n"), 3, 1, 1, 2)
    assert found.p == pytest.approx(2 * (1 + 4) / 2**4)  # of 4 tosses at most 1, or at least 3, fall the other way
    other = [vote(1, second="a")]
    with pytest.raises(FeedbackError, match="2 pairs"):
        outcome(votes + other)
    with pytest.raises(FeedbackError, match="0 pairs"):
        outcome([])
    assert outcomes(votes + other) == (outcome(other), found)
    assert outcomes([]) == ()
    nothing = outcome([vote(None)])
    assert (nothing.p, nothing.interval, nothing.ties) == (1.0, (0.0, 1.0), 1)


@pytest.mark.parametrize("n", [1, 5, 6, 17, 40])
def test_the_sign_test_errs_in_one_of_twenty_at_most_and_agrees_with_its_interval(n):
    from scipy.stats import binom

    wrong = 0.0
    for wins in range(n + 1):
        found = outcome([vote(0)] * wins + [vote(1)] * (n - wins))
        low, high = found.interval
        assert 0 <= low <= wins / n <= high <= 1
        assert (found.p < 0.05) == (not low <= 0.5 <= high)
        wrong += binom.pmf(wins, n, 0.5) * (found.p < 0.05)
    assert wrong <= 0.05
    if n >= 6:
        assert wrong > 0.01  # and it can tell: it does not always say nothing


def test_the_interval_is_the_exact_one():
    """Clopper and Pearson: at its ends, what was seen or more (or less) has a chance of 2.5 %."""
    from math import comb

    low, high = outcome([vote(0)] * 7 + [vote(1)] * 3).interval
    assert sum(comb(10, k) * low**k * (1 - low) ** (10 - k) for k in range(7, 11)) == pytest.approx(0.025, abs=1e-6)
    assert sum(comb(10, k) * high**k * (1 - high) ** (10 - k) for k in range(8)) == pytest.approx(0.025, abs=1e-6)
