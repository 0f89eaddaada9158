"""What `mmdemo evaluate` prints: lines of a table, and its figures by name."""

import math
from collections.abc import Iterator, Sequence

from mmdemo.metrics.report import BenchmarkReport
from mmdemo.recommend.judging.board import BY, against_best
from mmdemo.recommend.judging.job import Judged
from mmdemo.recommend.judging.leaks import Leak
from mmdemo.recommend.judging.splits import Split

_SHOWN = ("recall@20", "ndcg@20")
_ALSO = ("precision@20", "mrr@20", "map@20", "auc")
_LISTS = ("coverage@20", "gini@20", "novelty@20", "diversity@20")


def lines_about(split: Split, found: Sequence[Leak]) -> Iterator[str]:
    """What the division is, and a warning for each leak."""
    yield (
        f"{split.name}: {len(split.train):,} choices to learn from, {len(split.held_out):,} held out; "
        f"{len(split.train.item_ids):,} items are ranked for each user"
    )
    for leak in found:
        yield f"  WARNING: {leak.message}"


def title_row() -> str:
    """Names of the columns of `row`."""
    ranges = " ".join(f"{name:>10} {'± error':>7} {'95 %':>15}" for name in _SHOWN)
    rest = " ".join(f"{name:>12}" for name in (*_ALSO, *_LISTS))
    return f"  {'model':18} {ranges} {rest} {'fit s':>8} {'rank s':>7} {'MB':>7}"


def row(judged: Judged) -> str:
    """One model, or why it could not be judged."""
    report = judged.report
    if report is None:
        return f"  {judged.model:18} {judged.problem}"
    ranges = " ".join(
        f"{report.measures[name]:10.4f} {report.errors[name]:7.4f} [{low:.4f} {high:.4f}]"
        for name in _SHOWN
        for low, high in [report.intervals[name]]
    )
    values = {**report.measures, **report.beyond}
    rest = " ".join(f"{values[name]:12.4f}" if name in values else f"{'-':>12}" for name in (*_ALSO, *_LISTS))
    cost = f"{judged.fit_seconds:8.1f} {judged.rank_seconds:7.1f} {judged.memory_mb:7.0f}"
    return f"  {judged.model:18} {ranges} {rest} {cost}"


def lines_after(judged: Sequence[Judged]) -> Iterator[str]:
    """What a reader must know of the table as a whole."""
    reports = [one.report for one in judged if one.report is not None]
    if not reports:
        return
    first = reports[0]
    yield f"  {first.users:,} users, {first.targets:,} targets. {' '.join(first.notices)}".rstrip()
    yield from _apart(judged, "cold_items", "targets without a training choice")
    yield from _apart(judged, "cold_users", "no history")
    best, others = against_best(judged)
    if others:
        alike = [name for name, pair in others.items() if pair.p >= 0.05]
        yield f"  Best by {BY}: {best}; not told apart from it (p of 0.05 or more): {', '.join(alike) or 'none'}"
    for one in judged:
        if one.report is not None and one.report.ratings:
            yield f"  Ratings by {one.model}: " + ", ".join(
                f"{name} {value:.4f} ± {one.report.rating_errors[name]:.4f}"
                for name, value in one.report.ratings.items()
            )
    several = [(one.model, one.report) for one in judged if one.report is not None and one.report.seeds > 1]
    if several:
        spread = ", ".join(f"{name} {report.between_seeds[_SHOWN[0]]:.4f}" for name, report in several)
        yield f"  Standard deviation of {_SHOWN[0]} between seeds: {spread}"


def _apart(judged: Sequence[Judged], part: str, what: str) -> Iterator[str]:
    """One line on a part of the users, where there is such a part."""
    found = [(one.model, getattr(one.report, part)) for one in judged if one.report is not None]
    shown = [(name, apart) for name, apart in found if apart is not None]
    if shown:
        values = ", ".join(f"{name} {apart.measures[_SHOWN[0]]:.4f}" for name, apart in shown)
        yield f"  {shown[0][1].users:,} users with {what}: {_SHOWN[0]} {values}"


def figures_of(figures: BenchmarkReport, split: Split, judged: Sequence[Judged], found: Sequence[Leak]) -> None:
    """Add every figure as "MODEL.SPLIT.FIGURE", and each leak's share as "leak.SPLIT.KIND".

    "against_best" is the difference from the best model of the division, with its p corrected for all comparisons.
    """
    for leak in found:
        figures.add(f"leak.{split.name}.{leak.kind}", leak.share)
    for name, pair in against_best(judged)[1].items():
        _add(figures, f"{name}.{split.name}.against_best.{BY}", pair.difference, pair.error)
        _add(figures, f"{name}.{split.name}.against_best.p", pair.p)
    for one in judged:
        report, start = one.report, f"{one.model}.{split.name}"
        if report is None:
            continue
        for name, value in report.measures.items():
            low, high = report.intervals[name]
            _add(figures, f"{start}.{name}", value, report.errors[name])
            _add(figures, f"{start}.{name}.low", low)
            _add(figures, f"{start}.{name}.high", high)
            if report.seeds > 1:
                _add(figures, f"{start}.{name}.between_seeds", report.between_seeds[name])
        for name, value in report.beyond.items():
            _add(figures, f"{start}.{name}", value, report.beyond_errors[name])
        for name, value in report.ratings.items():
            _add(figures, f"{start}.{name}", value, report.rating_errors[name])
        for part in ("warm", "cold_items", "cold_users"):
            apart = getattr(report, part)
            if apart is not None:
                _add(figures, f"{start}.{part}.users", apart.users)
                for name in _SHOWN:
                    _add(figures, f"{start}.{part}.{name}", apart.measures[name], apart.errors[name])
        _add(figures, f"{start}.users", report.users)
        _add(figures, f"{start}.one_target", report.one_target)
        _add(figures, f"{start}.seconds", one.fit_seconds)
        _add(figures, f"{start}.rank_seconds", one.rank_seconds)
        _add(figures, f"{start}.memory_mb", one.memory_mb)


def _add(figures: BenchmarkReport, name: str, value: float, error: float = math.nan) -> None:
    """A figure and its standard error, where they are known."""
    if math.isfinite(value):
        figures.add(name, value)
    if math.isfinite(error):
        figures.add(f"{name}.error", error)
