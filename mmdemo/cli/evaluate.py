"""`mmdemo evaluate`."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from mmdemo.catalog.interactions import Parts, read_features, read_interactions, read_parts, same_ids
from mmdemo.cli import terminal
from mmdemo.cli.evaluate_words import figures_of, lines_about, lines_after, row, title_row
from mmdemo.engine.behaviour import features_in_use, interactions_in_use, opened
from mmdemo.errors import InteractionsError
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.metrics.report import BenchmarkReport
from mmdemo.progress import Progress
from mmdemo.recommend.behaviour.table import BEHAVIOUR, find, possible
from mmdemo.recommend.judging.board import Effort, judge_all
from mmdemo.recommend.judging.id_order import shuffled
from mmdemo.recommend.judging.leaks import leaks
from mmdemo.recommend.judging.splits import Split, leave_last_out, resplit
from mmdemo.recommend.judging.tuning import choose

Given = tuple[Interactions, Interactions | None, Interactions | None]
"""Training, validation and test choices over the same users and items."""


def evaluate(arguments: argparse.Namespace) -> int:
    """Judge models on each division, print a table of each with its leaks, and every figure.

    Returns:
        0; 1 where no model could be judged.
    """
    models = list(BEHAVIOUR) if arguments.model == "all" else [find(name).name for name in arguments.model.split(",")]
    _check(arguments)
    progress = terminal.progress()
    given, features = _read(arguments, progress)
    if arguments.shuffle_ids is not None:
        given, features = _dealt_anew(given, features, arguments.shuffle_ids)
    options = _chosen(models, given, features, progress) if arguments.choose else {}
    effort = Effort(arguments.seeds, arguments.time_limit, options=options)
    figures = BenchmarkReport("evaluate")
    finished = 0
    for split in _splits(given, arguments.split):
        judged = []
        print("\n".join([*lines_about(split, found := leaks(split.train, split.held_out)), title_row()]), flush=True)
        for each in judge_all(models, split, features, effort=effort, progress=progress):
            judged.append(each)
            print(row(each), flush=True)
        print("\n".join([*lines_after(judged), ""]), flush=True)
        figures_of(figures, split, judged, found)
        finished += sum(each.report is not None for each in judged)
    if arguments.json:
        print(json.dumps(figures.as_json()))
    return 0 if finished else 1


def _check(arguments: argparse.Namespace) -> None:
    limit = arguments.time_limit
    seed = arguments.shuffle_ids
    if arguments.seeds < 1 or (limit is not None and not limit > 0) or (seed is not None and seed < 0):
        raise InteractionsError(
            f"--seeds {arguments.seeds}, --time-limit {limit}, --shuffle-ids {seed}",
            expected="at least one seed, a limit above 0 and a seed from 0 are needed",
            remedy="choose other values",
        )


def _read(arguments: argparse.Namespace, progress: Progress) -> tuple[Given, ItemFeatures | None]:
    """What the files hold, or else the workspace."""
    if arguments.train is None:
        if arguments.validation or arguments.test or arguments.features:
            raise InteractionsError(
                "files without --train", expected="the training choices are needed, too", remedy="add --train FILE"
            )
        engine = opened(arguments.workspace)
        used = interactions_in_use(engine)
        print(used.about)
        return (used.interactions, None, None), features_in_use(engine)
    train, validation, test = _files(arguments.train, arguments.validation, arguments.test, progress)
    vectors = {name: read_features(path, train.item_ids) for name, path in map(_pair, arguments.features)}
    return (train, validation, test), ItemFeatures(train.item_ids, vectors) if vectors else None


def _files(train: Path, validation: Path | None, test: Path | None, progress: Progress) -> Given:
    """The parts over the same users and items; an .inter file names its own parts."""
    if train.suffix.casefold() == ".inter" and validation is None:
        parts: Parts = read_parts(train, progress=progress)
        if test is not None and test != train:
            raise InteractionsError(
                f"'{test.name}' beside '{train.name}', which holds its own parts",
                expected="the same file, whose test part is taken, is needed",
                remedy=f"write --test {train}",
            )
        return parts.train, parts.validation, parts.test if test is not None else None
    paths = [path for path in (train, validation, test) if path is not None]
    alike = iter(same_ids(*(read_interactions(path, progress=progress)[0] for path in paths)))
    first = next(alike)
    return first, next(alike) if validation is not None else None, next(alike) if test is not None else None


def _splits(given: Given, which: str) -> Iterator[Split]:
    """The divisions asked for; without parts, each user's last choice takes the place of the one that is given."""
    train, validation, test = given
    if which in ("given", "both"):
        if validation is not None:
            yield Split("validation", train, validation)
        if test is not None:
            yield Split("test", train, test)
        if validation is None and test is None and train.times is not None:
            yield leave_last_out(train, seed=0)
        elif validation is None and test is None and which == "given":
            raise InteractionsError(
                "one part without times",
                expected="a validation part, or the time of each choice, is needed",
                remedy="give --validation FILE, or divide at random with --split resplit",
            )
    if which in ("resplit", "both"):
        yield resplit(train, validation, 0)


def _dealt_anew(given: Given, features: ItemFeatures | None, seed: int) -> tuple[Given, ItemFeatures | None]:
    """All parts with the ids and places of users and items dealt anew, the same way in each."""
    train, features = shuffled(given[0], features, seed=seed)
    rest = [None if part is None else shuffled(part, seed=seed)[0] for part in given[1:]]
    print(f"Ids and places of users and items are dealt anew (seed {seed}): results must stay the same.")
    return (train, rest[0], rest[1]), features


def _chosen(models: list[str], given: Given, features: ItemFeatures | None, progress: Progress) -> dict:
    """Settings of each model, chosen on the validation part alone."""
    train, validation, _ = given
    if validation is None:
        raise InteractionsError(
            "--choose without a validation part",
            expected="settings are chosen on validation only",
            remedy="give --validation FILE, or leave --choose out",
        )
    names = [name for name in models if not possible(name, train, features) and len(find(name).grid) > 1]
    chosen = {name: choose(find(name), train, validation, features, progress=progress) for name in names}
    for name, options in chosen.items():
        print(f"{name}: {', '.join(f'{key}={value}' for key, value in options.items())}")
    return chosen


def _pair(entry: str) -> tuple[str, Path]:
    name, equals, path = entry.partition("=")
    if not equals or not name:
        raise InteractionsError(
            f"--features {entry}", expected="NAME=FILE", remedy="write for example --features image=image.npy"
        )
    return name, Path(path)
