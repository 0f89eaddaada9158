"""`mmdemo train`."""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from mmdemo.catalog.things import INFO
from mmdemo.cli import terminal
from mmdemo.engine.fusion_data import prepare, split_of
from mmdemo.engine.run_training import train_run
from mmdemo.engine.runs import Run, create_run, use_run
from mmdemo.errors import FusionError
from mmdemo.fusion import FUSIONS, find
from mmdemo.fusion.objectives import available, find_objective
from mmdemo.fusion.settings import TrainSettings
from mmdemo.fusion.table import Option, checked_options
from mmdemo.metrics.report import BenchmarkReport
from mmdemo.store import Workspace

MOST_SECONDS = 60.0
"""What training one fusion on `things` may take on two cores, once the data are prepared."""


def train(arguments: argparse.Namespace) -> int:
    """Train fusions, print how well each finds what it has not seen, and let the best rank where that is asked for.

    Returns:
        0; 1 where a limit does not hold.
    """
    names = list(FUSIONS) if arguments.fusion == "all" else [find(arguments.fusion).name]
    settings = [settings_of(arguments, name) for name in names]
    started = time.monotonic()
    progress = terminal.progress()
    seed, fold = split_of(arguments.seed)
    data = prepare(
        arguments.workspace,
        seed=seed,
        fold=fold,
        interactions=arguments.interactions,
        parts=any(each.needs_parts for each in settings),
        progress=terminal.progress(),
    )
    if reason := available(data)[arguments.objective]:
        raise FusionError(
            f"objective '{arguments.objective}': {reason}",
            expected="what it learns from must be in the catalogue",
            remedy="choose another objective",
        )
    prepared = time.monotonic() - started
    runs = []
    for each in settings:
        run_id = create_run(arguments.workspace, each, interactions=arguments.interactions)
        runs.append(train_run(arguments.workspace, run_id, progress=progress))
        _print_row(runs[-1])
    figures = figures_of(runs, prepared=prepared, limits=_holds_things(Workspace(arguments.workspace)))
    if arguments.use:
        chosen = best(runs)
        use_run(arguments.workspace, chosen.run_id)
        print(f"{chosen.title} ranks from now on")
    if arguments.json:
        print(json.dumps(figures.as_json()))
    return 0 if figures.holds() else 1


def settings_of(arguments: argparse.Namespace, name: str) -> TrainSettings:
    """Settings of one fusion; what was not said has its default.

    Raises:
        FusionError: No such objective or option, or a value does not fit.
    """
    spec, objective = find(name), find_objective(arguments.objective)
    given = dict(_pair(entry) for entry in arguments.option)
    every = arguments.fusion == "all"  # then an option is for those fusions that have it
    known = {option.name for option in (*spec.options, *objective.options)}
    elsewhere = {option.name for other in FUSIONS.values() for option in other.options} if every else set()
    unknown = sorted(set(given) - known - elsewhere)
    if unknown:
        raise FusionError(
            f"option '{unknown[0]}'", expected=f"one of {', '.join(sorted(known)) or 'none'}", remedy="leave it out"
        )
    plain = {
        field: value
        for field in ("epochs", "batch", "learning_rate", "modality_dropout", "seed")
        if (value := getattr(arguments, field)) is not None
    }
    return TrainSettings(
        name,
        objective.name,
        fusion_options=_chosen(spec.options, given),
        objective_options=_chosen(objective.options, given),
        **plain,
    )


def figures_of(runs: Sequence[Run], *, prepared: float, limits: bool) -> BenchmarkReport:
    """Every figure of every run as "FUSION.FIGURE", those of the best of several once more as "best".

    Args:
        runs: Finished.
        prepared: Seconds that preparing the data took.
        limits: Whether to hold them to what is promised for `things`.
    """
    figures = BenchmarkReport("train")
    for run in runs:
        _add(figures, run.settings.fusion, run, most_seconds=MOST_SECONDS if limits else None)
    if len(runs) > 1:
        _add(figures, "best", best(runs))
    figures.add("prepare.seconds", prepared)
    return figures


def best(runs: Sequence[Run]) -> Run:
    """The run with the highest Recall@10, of equal ones the first."""
    return max(runs, key=lambda run: run.report.recall[10] if run.report is not None else 0.0)


def _add(figures: BenchmarkReport, name: str, run: Run, *, most_seconds: float | None = None) -> None:
    assert run.report is not None
    for k, recall in run.report.recall.items():
        figures.add(f"{name}.recall@{k}", recall)
        figures.add(f"{name}.recall@{k}.low", run.report.intervals[k][0])
        figures.add(f"{name}.recall@{k}.high", run.report.intervals[k][1])
        figures.add(f"{name}.chance@{k}", run.report.chance[k])
    figures.add(f"{name}.mrr", run.report.mrr)
    figures.add(f"{name}.queries", run.report.queries)
    for modality, recall in run.report.by_target.items():
        figures.add(f"{name}.to_{modality}.recall@10", recall)
    for modality, weight in run.report.weights.items():
        figures.add(f"{name}.weight.{modality}", weight)
    for measure, value in run.report.objective.items():
        figures.add(f"{name}.objective.{measure}", value)
    figures.add(f"{name}.parameters", run.parameters)
    figures.add(f"{name}.epochs", len(run.epochs))
    figures.add(f"{name}.seconds", run.seconds, at_most=most_seconds)


def _print_row(run: Run) -> None:
    assert run.report is not None
    low, high = run.report.intervals[10]
    weights = "  ".join(f"{modality} {weight:4.0%}" for modality, weight in run.report.weights.items())
    recall, chance = run.report.recall[10], run.report.chance[10]
    print(
        f"{run.run_id:24} R@10 {recall:5.1%} [{low:5.1%} {high:5.1%}] chance {chance:5.1%}"
        f"  MRR {run.report.mrr:.3f}  {weights}  {run.parameters:,} parameters, {run.seconds:.1f} s",
        flush=True,
    )


def _chosen(options: tuple[Option, ...], given: Mapping[str, str]) -> dict[str, Any]:
    """The options that were given, as what they are."""
    known = {option.name: option for option in options}
    chosen = {name: _as(known[name], text) for name, text in given.items() if name in known}
    checked = checked_options(options, chosen)
    return {name: checked[name] for name in chosen}


def _as(option: Option, text: str) -> object:
    """The text as a value of the option's type; where it is none, the text, which the option then refuses."""
    kind = type(option.default)
    if kind is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        return kind(text)
    except ValueError:
        return text


def _pair(entry: str) -> tuple[str, str]:
    name, equals, value = entry.partition("=")
    if not equals:
        raise FusionError(f"--option {entry}", expected="NAME=VALUE", remedy="write for example --option heads=4")
    return name.strip(), value.strip()


def _holds_things(workspace: Workspace) -> bool:
    source = workspace.manifest().source
    return source is not None and source.title == INFO.title
