"""`mmdemo align`."""

import argparse
import json
from collections.abc import Mapping

from mmdemo.align import find
from mmdemo.align.evaluation import best, overall
from mmdemo.align.report import AlignmentReport, PairScores, pair_name
from mmdemo.catalog.things import INFO
from mmdemo.cli import terminal
from mmdemo.engine.alignments import EXCLUDED, Question, measure_alignments, train_alignment
from mmdemo.metrics.report import BenchmarkReport
from mmdemo.store import Workspace
from mmdemo.types import Modality

LIMITS = {1: 0.20, 10: 0.58}
"""Recall@k, text to image, that the best alignment reaches on `things`."""
_TEXT_TO_IMAGE = (Modality.TEXT, Modality.IMAGE)


def align(arguments: argparse.Namespace) -> int:
    """Cross-validate alignments, print their figures, and train one where that is asked for.

    Returns:
        0; 1 where a limit does not hold.
    """
    exclude = EXCLUDED if arguments.exclude is None else tuple(tag for tag in arguments.exclude if tag)
    question = Question(arguments.folds, arguments.seed, exclude)
    methods = [] if arguments.method == "all" else [arguments.method]
    measured = measure_alignments(
        arguments.workspace, methods, question=question, again=arguments.again, progress=terminal.progress()
    )
    reports = {name: found.centred for name, found in measured.items()}
    figures = figures_of(reports, limits=exclude == EXCLUDED and _holds_things(Workspace(arguments.workspace)))
    _print_tables(reports)
    for name, limit in figures.limits.items():
        if not limit["holds"]:
            print(f"{name} is {figures.figures[name]:.4f}; at least {limit['at_least']:.4f} is needed")
    if arguments.write or arguments.use:
        _train(arguments, best(reports), question)
    if arguments.json:
        print(json.dumps(figures.as_json()))
    return 0 if figures.holds() else 1


def figures_of(reports: Mapping[str, AlignmentReport], *, limits: bool) -> BenchmarkReport:
    """Every figure of every report as "METHOD.PAIR.FIGURE", those of the best of several once more as "best".

    Args:
        reports: By method.
        limits: Whether to hold them to what is known to be possible on `things`.
    """
    figures = BenchmarkReport("align")
    base = reports["zero-shot"].pairs.get(_TEXT_TO_IMAGE) if limits and "zero-shot" in reports else None
    for name, report in reports.items():
        held = base is not None and find(name).trained
        _add(figures, name, report, {10: base.recall[10]} if base is not None and held else {})
        figures.add(f"{name}.overall.recall@10", overall(reports)[name])
    if len(reports) > 1:
        _add(figures, "best", reports[best(reports)], LIMITS if limits else {})
    figures.add("seconds", sum(report.seconds for report in reports.values()))
    return figures


def _add(figures: BenchmarkReport, name: str, report: AlignmentReport, least: Mapping[int, float]) -> None:
    for pair, scores in report.pairs.items():
        at = f"{name}.{pair_name(pair)}"
        for k, recall in scores.recall.items():
            limit = least.get(k) if pair == _TEXT_TO_IMAGE else None
            figures.add(f"{at}.recall@{k}", recall, at_least=limit)
            figures.add(f"{at}.recall@{k}.low", scores.intervals[k][0])
            figures.add(f"{at}.recall@{k}.high", scores.intervals[k][1])
            figures.add(f"{at}.chance@{k}", scores.chance[k])
        figures.add(f"{at}.median_rank", scores.median_rank)
        figures.add(f"{at}.pairs", scores.pairs)
    for measure in ("gap_before", "gap_after", "alignment", "hubness"):
        for pair, value in getattr(report, measure).items():
            figures.add(f"{name}.{pair_name(pair)}.{measure}", value)
    for modality, value in report.uniformity.items():
        figures.add(f"{name}.{modality}.uniformity", value)
    figures.add(f"{name}.seconds", report.seconds)


def _print_tables(reports: Mapping[str, AlignmentReport]) -> None:
    """The retrieval scores, a block a method, and which is best."""
    for name, report in reports.items():
        share = overall(reports)[name]
        print(f"{name}: {share:.1%} of all queries among the first ten; {report.items} items, {report.seconds:.1f} s")
        for pair, scores in report.pairs.items():
            print(f"  {pair_name(pair).replace('_', ' '):16} {_row(scores)}")
        for notice in report.notices:
            print(f"  {notice}")
    if len(reports) > 1:
        print(f"best: {best(reports)} (the first within one standard error of the highest)")


def _row(scores: PairScores) -> str:
    recall = "  ".join(
        f"R@{k} {share:5.1%} [{low:5.1%} {high:5.1%}] chance {scores.chance[k]:5.1%}"
        for (k, share), (low, high) in zip(scores.recall.items(), scores.intervals.values(), strict=True)
    )
    return f"{recall}  median rank {scores.median_rank:g} of {scores.candidates}"


def _train(arguments: argparse.Namespace, method: str, question: Question) -> None:
    version = train_alignment(
        arguments.workspace,
        method,
        seed=arguments.seed,
        question=question,
        use=arguments.use,
        progress=terminal.progress(),
    )
    print(f"version {version} is aligned by {method}" + (" and in use" if arguments.use else ""))


def _holds_things(workspace: Workspace) -> bool:
    source = workspace.manifest().source
    return source is not None and source.title == INFO.title
