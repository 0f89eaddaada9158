"""Judging many models on several divisions, one after the other, each in a process of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mmdemo.errors import InteractionsError
from mmdemo.fusion.options import Value
from mmdemo.interactions import ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.table import find, possible
from mmdemo.recommend.judging.apart import judge_apart
from mmdemo.recommend.judging.compare import Paired, holm, significance
from mmdemo.recommend.judging.evaluate import CUTOFFS
from mmdemo.recommend.judging.job import Job, Judged
from mmdemo.recommend.judging.splits import Split

BY = "ndcg@20"
"""What models are put in order by."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is spent on each model.

    Args:
        seeds: How often a model that is trained by gradients is fitted; others give the same every time.
        time_limit: Seconds one fit may take; None for no limit.
        cutoffs: The k of the measures.
        options: Model to settings that differ from its defaults.
    """

    seeds: int = 1
    time_limit: float | None = None
    cutoffs: tuple[int, ...] = CUTOFFS
    options: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


def judge_all(
    models: Sequence[str],
    split: Split,
    features: ItemFeatures | None,
    *,
    effort: Effort | None = None,
    progress: Progress = silent,
) -> Iterator[Judged]:
    """Judge models on one division; what cannot be fitted has a `problem` and no report.

    Args:
        models: Names in `BEHAVIOUR`.
        split: The division.
        features: Of the items.
        effort: How much to spend on each; None: once, without a limit.
        progress: Told how far each is; may cancel.

    Raises:
        InteractionsError: There is no such model.
        CancelledError: From `progress`.
    """
    effort = effort or Effort()
    for name in models:
        reason = possible(name, split.train, features)
        if reason:
            yield Judged(name, split.name, None, problem=reason)
            continue
        seeds = tuple(range(effort.seeds)) if find(name).learned else (0,)
        job = Job(name, split, features, effort.options.get(name, {}), seeds, effort.cutoffs)
        try:
            yield judge_apart(job, time_limit=effort.time_limit, progress=progress)
        except InteractionsError as error:
            yield Judged(name, split.name, None, problem=str(error))


def against_best(judged: Sequence[Judged], measure: str = BY, *, seed: int = 0) -> tuple[str, dict[str, Paired]]:
    """The best model of one division, and how every other differs from it; p is corrected for all comparisons (Holm).

    Args:
        judged: Models on one division; those without a report are left out.
        measure: What is compared.
        seed: For the bootstrap.

    Returns:
        The best one's name, empty where there is none; and model to its difference, the best one's own left out.
    """
    reports = {one.model: one.report for one in judged if one.report is not None}
    if not reports:
        return "", {}
    best = max(reports, key=lambda name: reports[name].measures[measure])
    pairs = {
        name: significance(report, reports[best], measure, seed=seed)
        for name, report in reports.items()
        if name != best
    }
    corrected = holm([pair.p for pair in pairs.values()])
    return best, {
        name: Paired(pair.measure, pair.difference, pair.error, pair.interval, p, pair.users)
        for (name, pair), p in zip(pairs.items(), corrected, strict=True)
    }
