"""One report of a model that was fitted several times, each time from another seed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from mmdemo.errors import InteractionsError
from mmdemo.metrics.user_bootstrap import mean_intervals, standard_errors
from mmdemo.recommend.judging.report import BehaviourReport, Part


def averaged(reports: Sequence[BehaviourReport], *, seed: int = 0) -> BehaviourReport:
    """The mean of several seeds' reports, user by user.

    Measures, their errors and intervals are those of each user's mean over the seeds: the doubt that is left is that of
    which users were asked; `between_seeds` is that of the seed. Errors of parts, lists and ratings are the mean of the
    seeds' errors, which is a little too much.

    Args:
        reports: Of one split and the same users, at least one.
        seed: For the bootstrap.

    Raises:
        InteractionsError: There is none, or they are of different users.
    """
    if not reports or any((one.split, one.user_ids) != (reports[0].split, reports[0].user_ids) for one in reports):
        raise InteractionsError(
            f"{len(reports)} reports of different users",
            expected="at least one, all on the same users of one split, is needed",
            remedy="evaluate every seed on one split",
        )
    first = reports[0]
    if len(reports) == 1:
        return first
    per_user = {name: np.mean([one.per_user[name] for one in reports], axis=0) for name in first.per_user}
    table = np.stack(list(per_user.values()), axis=1)
    return replace(
        first,
        per_user=per_user,
        measures=dict(zip(per_user, table.mean(axis=0).tolist(), strict=True)),
        errors=dict(zip(per_user, standard_errors(table).tolist(), strict=True)),
        intervals=dict(zip(per_user, mean_intervals(table, seed=seed), strict=True)),
        between_seeds={name: float(np.std([one.measures[name] for one in reports], ddof=1)) for name in first.measures},
        seeds=len(reports),
        warm=_mean_part([one.warm for one in reports]),
        cold_items=_mean_part([one.cold_items for one in reports]),
        cold_users=_mean_part([one.cold_users for one in reports]),
        beyond=_means(one.beyond for one in reports),
        beyond_errors=_means(one.beyond_errors for one in reports),
        ratings=_means(one.ratings for one in reports),
        rating_errors=_means(one.rating_errors for one in reports),
    )


def _mean_part(parts: Sequence[Part | None]) -> Part | None:
    found = [part for part in parts if part is not None]
    if not found:
        return None
    return Part(found[0].users, _means(part.measures for part in found), _means(part.errors for part in found))


def _means(several: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Means of the numbers of each name that all have."""
    each = list(several)
    return {name: float(np.mean([one[name] for one in each])) for name in each[0] if all(name in one for one in each)}
