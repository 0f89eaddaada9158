"""Blind comparison of two models by the people who use them: lists interleaved, votes counted."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mmdemo.errors import FeedbackError
from mmdemo.feedback import Vote


@dataclass(frozen=True, slots=True)
class Interleaved:
    """One list of two models' recommendations.

    Args:
        ids: Items from the top on, each once.
        teams: Which model each item counts for: 0 the first, 1 the second.
        labels: What to call the first and the second model until the person has voted: A and B, drawn by lot.
    """

    ids: tuple[str, ...]
    teams: tuple[int, ...]
    labels: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What votes say of two models.

    Args:
        models: Their names, sorted.
        first: Votes in which the first had more of the chosen items.
        second: Votes in which the second had.
        ties: Votes in which both had as many, none included.
        persons: How many people voted. Votes of one person are counted as if they were of several: where few people
            voted often, p is too small and the interval too narrow for what others would choose.
        p: Two-sided, of the sign test: how often two equally good models differ by so much; 1 without votes.
        interval: Of the share of the first in the votes that were no ties, 95 % (exact, Clopper & Pearson 1934).
    """

    models: tuple[str, str]
    first: int
    second: int
    ties: int
    persons: int
    p: float
    interval: tuple[float, float]


def interleave(first: Sequence[str], second: Sequence[str], k: int, seed: int) -> Interleaved:
    """Mix two rankings into one list that favours neither: team-draft interleaving.

    As captains pick teams: in each round a coin decides who picks first, and each picks its best item that is not taken
    yet (Radlinski, Kurup & Joachims 2008, "How does clickthrough data reflect retrieval quality?", algorithm 2).

    Args:
        first: Item ids of the first model, best first.
        second: Those of the second.
        k: How many items to show at most; it ends earlier when a model has none left to pick.
        seed: For the coin; draw a new one for each list that is shown.

    Raises:
        FeedbackError: A ranking holds an item twice.
    """
    for ranking in (first, second):
        if len(set(ranking)) != len(ranking):
            raise FeedbackError(
                "a ranking that holds an item twice", expected="each item once is needed", remedy="rank again"
            )
    rng = np.random.default_rng(seed)
    labels = ("A", "B") if rng.integers(2) else ("B", "A")
    picks: dict[str, int] = {}
    rankings = (first, second)
    while len(picks) < k:
        best = [item_id for ranking in rankings if (item_id := _best_left(ranking, picks)) is not None]
        if len(best) < 2:
            break
        turn = _turn(picks, rng)
        picks[best[turn]] = turn
    return Interleaved(tuple(picks), tuple(picks.values()), labels)


def _best_left(ranking: Sequence[str], taken: Container[str]) -> str | None:
    return next((item_id for item_id in ranking if item_id not in taken), None)


def _turn(picks: dict[str, int], rng: np.random.Generator) -> int:
    """Whose turn it is: of who has fewer items, or of who wins the coin."""
    second = sum(picks.values())
    if 2 * second == len(picks):
        return int(rng.integers(2))
    return 0 if 2 * second > len(picks) else 1


def outcome(votes: Iterable[Vote]) -> Outcome:
    """Count the votes between two models, whichever of them was called the first.

    Raises:
        FeedbackError: There are no votes, or they are between more than two models.
    """
    votes = tuple(votes)
    pairs = {_pair(vote) for vote in votes}
    if len(pairs) != 1:
        raise FeedbackError(
            f"votes between {len(pairs)} pairs of models", expected="votes of one pair are needed", remedy="choose one"
        )
    (models,) = pairs
    leads = [_lead(vote, models) for vote in votes]
    first, second = sum(lead > 0 for lead in leads), sum(lead < 0 for lead in leads)
    p, interval = _sign_test(first, first + second)
    persons = len({vote.person for vote in votes})
    return Outcome(models, first, second, len(votes) - first - second, persons, p, interval)


def outcomes(votes: Iterable[Vote]) -> tuple[Outcome, ...]:
    """The outcome for every two models that were compared, sorted by their names."""
    by_pair: dict[tuple[str, str], list[Vote]] = {}
    for vote in votes:
        by_pair.setdefault(_pair(vote), []).append(vote)
    return tuple(outcome(by_pair[pair]) for pair in sorted(by_pair))


def _pair(vote: Vote) -> tuple[str, str]:
    return (vote.first, vote.second) if vote.first < vote.second else (vote.second, vote.first)


def _lead(vote: Vote, models: tuple[str, str]) -> int:
    """By how many chosen items the first of the models leads."""
    first, second = vote.credits
    return first - second if vote.first == models[0] else second - first


def _sign_test(wins: int, decided: int) -> tuple[float, tuple[float, float]]:
    """Two-sided p of `wins` of `decided` under a fair coin, and the interval of the share."""
    if not decided:
        return 1.0, (0.0, 1.0)
    from scipy.stats import binomtest

    test = binomtest(wins, decided, 0.5)
    low, high = test.proportion_ci(0.95, method="exact")
    return float(test.pvalue), (float(low), float(high))
