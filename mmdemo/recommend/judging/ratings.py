"""How well scores foretell held-out ratings, for models whose scores are ratings."""

import numpy as np

from mmdemo.errors import InteractionsError
from mmdemo.metrics.rating import Values, accuracy, auc, f1, mae, rmse
from mmdemo.recommend.judging.evaluate import Score, block_size
from mmdemo.recommend.judging.splits import Split

_DRAWS = 200
"""Of users, for the errors: one user's ratings are no independent evidence."""

Figures = dict[str, float]


def rating_measures(score: Score, split: Split, *, seed: int = 0) -> tuple[Figures, Figures]:
    """RMSE and MAE of held-out ratings; AUC, accuracy and F1 of telling those above the mean training rating.

    Args:
        score: Scores that are foretold ratings.
        split: With ratings in both parts.
        seed: For the draws of users.

    Returns:
        "rmse", "mae", "like_auc", "like_accuracy", "like_f1", as far as known, and standard errors by bootstrap.

    Raises:
        InteractionsError: A part has no ratings.
    """
    true, liked_above = split.held_out.ratings, split.train.ratings
    if true is None or liked_above is None or not len(true) or not len(liked_above):
        raise InteractionsError(
            f"the split '{split.name}' without ratings",
            expected="ratings of what is learned from and of what is held out are needed",
            remedy="judge the ranking alone",
        )
    threshold, predicted = float(liked_above.mean()), _foretold(score, split)
    of_user = [rows for rows in np.split(np.arange(len(true)), split.held_out.chosen.indptr[1:-1]) if len(rows)]
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(_DRAWS if len(of_user) > 1 else 0):
        rows = np.concatenate([of_user[user] for user in rng.integers(len(of_user), size=len(of_user))])
        draws.append(_measures(true[rows], predicted[rows], threshold))
    found = {name: value for name, value in _measures(true, predicted, threshold).items() if np.isfinite(value)}
    return found, {name: _spread([draw[name] for draw in draws]) for name in found}


def has_ratings(split: Split) -> bool:
    """Whether `rating_measures` can be asked for."""
    parts = (split.train.ratings, split.held_out.ratings)
    return all(ratings is not None and len(ratings) for ratings in parts)


def _foretold(score: Score, split: Split) -> Values:
    """Score (E,) of each held-out choice."""
    starts, columns = split.held_out.chosen.indptr, split.held_out.items
    raters = np.flatnonzero(np.diff(starts))
    found, size = np.empty(len(columns), np.float64), block_size(len(split.train.item_ids))
    for first in range(0, len(raters), size):
        users = raters[first : first + size]
        scores = np.asarray(score(split.train.chosen[users]))
        for row, user in enumerate(users):
            mine = slice(starts[user], starts[user + 1])
            found[mine] = scores[row, columns[mine]]
    return found


def _measures(true: Values, predicted: Values, like_from: float) -> Figures:
    liked, foretold = true > like_from, predicted > like_from
    return {
        "rmse": rmse(true, predicted),
        "mae": mae(true, predicted),
        "like_auc": auc(liked, predicted),
        "like_accuracy": accuracy(liked, foretold),
        "like_f1": f1(liked, foretold),
    }


def _spread(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.std(known, ddof=1)) if len(known) > 1 else float("nan")
