"""Choosing a model's settings on validation, and on nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass

from mmdemo.errors import InteractionsError
from mmdemo.fusion.options import Value
from mmdemo.interactions import Interactions, ItemFeatures
from mmdemo.progress import Progress, silent
from mmdemo.recommend.behaviour.specs import BehaviourSpec
from mmdemo.recommend.behaviour.table import fit
from mmdemo.recommend.judging.evaluate import evaluate
from mmdemo.recommend.judging.splits import Split

MEASURE = "ndcg@20"


@dataclass(frozen=True, slots=True)
class Tried:
    """One entry of a grid, and what it reached on validation.

    Args:
        options: Settings that differ from the defaults.
        value: The measure.
        error: Its standard error.
    """

    options: Mapping[str, Value]
    value: float
    error: float


def choose(
    spec: BehaviourSpec,
    train: Interactions,
    validation: Interactions,
    features: ItemFeatures | None,
    *,
    measure: str = MEASURE,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Value]:
    """Settings of the spec's grid that do best on validation; of equal ones the first. See `try_grid`."""
    tried = try_grid(spec, train, validation, features, measure=measure, seed=seed, progress=progress)
    return dict(max(tried, key=lambda one: one.value).options)


def try_grid(
    spec: BehaviourSpec,
    train: Interactions,
    validation: Interactions,
    features: ItemFeatures | None,
    *,
    measure: str = MEASURE,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[Tried, ...]:
    """Fit every entry of a spec's grid to training choices, and judge each by validation choices.

    Args:
        spec: Whose `grid` is tried.
        train: What each is fitted to.
        validation: What each is judged by.
        features: Of the items.
        measure: With its cut-off, as in `ranked_measures`.
        seed: For the fits.
        progress: Told how far it is; may cancel.

    Raises:
        InteractionsError: There is no such measure, or the model cannot be fitted to these.
    """
    cutoffs = (_cutoff(measure),)
    split = Split("validation", train, validation)
    found: list[Tried] = []
    for number, options in enumerate(spec.grid):
        progress(number, len(spec.grid), f"Trying settings of {spec.title}")
        model = fit(spec.name, train, features, options, seed=seed)
        report = evaluate(model.scores, split, cutoffs=cutoffs, seed=seed)
        if measure not in report.measures:
            raise _no_such(measure)
        found.append(Tried(options, report.measures[measure], report.errors[measure]))
    progress(len(spec.grid), len(spec.grid), f"Trying settings of {spec.title}")
    return tuple(found)


def _cutoff(measure: str) -> int:
    _, at, digits = measure.partition("@")
    if not at:
        return 20
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits) <= 1000):
        raise _no_such(measure)
    return int(digits)


def _no_such(measure: str) -> InteractionsError:
    return InteractionsError(
        f"measure '{measure}'",
        expected="recall, precision, ndcg, mrr, map or hit with a cut-off from 1 to 1000, as ndcg@20, or auc",
        remedy="choose one of these",
    )
