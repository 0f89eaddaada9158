"""How good is an alignment on items it was not fitted on? Cross-validated retrieval and geometry.

The items are divided into folds, items with the same text together. For each fold the alignment is fitted on the rest,
its own choice of settings included, so that nothing is chosen on what it is measured on; then the fold's items ask. A
query of one modality ranks all items' vectors of the other; every item with the query's text is a right answer; ties
count half.
"""

import math
import time
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from mmdemo.align.alignment import Alignment
from mmdemo.align.data import AlignmentData, IntArray, grouped_folds
from mmdemo.align.fitting import fit_alignment
from mmdemo.align.methods import find
from mmdemo.align.report import AlignmentReport, Failure, Pair, PairScores
from mmdemo.align.tally import Tally, Vectors
from mmdemo.errors import SpaceMismatchError
from mmdemo.metrics.geometry import modality_gap
from mmdemo.progress import Progress, silent
from mmdemo.types import FloatArray, Modality

__all__ = ["AlignmentReport", "Failure", "Pair", "PairScores", "best", "evaluate", "evaluate_each", "overall"]

_STEPS = 100
"""Of progress, for each fold."""
_SELECTION_CUTOFF = 10


def evaluate(
    name: str,
    data: AlignmentData,
    *,
    folds: int = 5,
    seed: int = 0,
    exclude: npt.NDArray[np.bool_] | None = None,
    ids: Sequence[str] | None = None,
    centred: bool = True,
    progress: Progress = silent,
) -> AlignmentReport:
    """Measure an alignment by cross-validation.

    Args:
        name: One of `mmdemo.align.METHODS`.
        data: Features of the catalogue.
        folds: How many parts; at least 2, at most the number of different texts.
        seed: For the parts, the fits and the bootstrap.
        exclude: (N,) items that take no part at all, neither in fits nor as queries or candidates.
        ids: (N,) names of the items, for the list of failures; by default their numbers.
        centred: False measures the vectors with the mean of their modality left in.
        progress: Told how far it is; may cancel, within fits too.

    Raises:
        SpaceMismatchError: No such method, too many folds, or nothing to measure with.
    """
    measured = evaluate_each(
        name, data, folds=folds, seed=seed, exclude=exclude, ids=ids, centrings=(centred,), progress=progress
    )
    return measured[centred]


def evaluate_each(
    name: str,
    data: AlignmentData,
    *,
    folds: int = 5,
    seed: int = 0,
    exclude: npt.NDArray[np.bool_] | None = None,
    ids: Sequence[str] | None = None,
    centrings: Sequence[bool] = (True, False),
    progress: Progress = silent,
) -> dict[bool, AlignmentReport]:
    """The same fits measured once for each of `centrings`; for the rest see `evaluate`."""
    started = time.monotonic()
    if exclude is not None:
        data = data.subset(~exclude)
    fold_of = _folds(data, folds, seed=seed)
    tallies = {centred: Tally() for centred in centrings}
    notices = _ask(name, data, fold_of, folds, tallies, seed=seed, progress=progress)
    progress(folds * _STEPS, folds * _STEPS, f"{find(name).title}: drawing intervals")
    names = np.array([str(row) for row in range(len(data.groups))] if ids is None else list(ids), np.str_)
    gap_before = _gap_before(data)
    return {
        centred: AlignmentReport(
            method=name,
            centred=centred,
            folds=folds,
            seed=seed,
            items=int((fold_of >= 0).sum()),
            pairs={pair: asked.scores(data.groups, seed=seed) for pair, asked in tally.pairs.items()},
            gap_before=gap_before,
            gap_after=tally.gaps(),
            alignment={pair: mean.value for pair, mean in tally.closeness.items()},
            uniformity={modality: math.log(mean.value) for modality, mean in tally.potential.items()},
            hubness={pair: asked.hubness() for pair, asked in tally.pairs.items()},
            failures=tuple(entry for pair, asked in tally.pairs.items() for entry in asked.failures(pair, names)),
            notices=notices,
            seconds=round(time.monotonic() - started, 3),
        )
        for centred, tally in tallies.items()
    }


def overall(reports: Mapping[str, AlignmentReport]) -> dict[str, float]:
    """Of all queries of every ordered pair, the share answered among the first ten, by method.

    A pair that one report lacks and another has counts there as not answered.
    """
    asked: dict[Pair, int] = {}
    for report in reports.values():
        for pair, scores in report.pairs.items():
            asked[pair] = max(asked.get(pair, 0), scores.pairs)
    return {
        name: sum(
            report.pairs[pair].recall[_SELECTION_CUTOFF] * count
            for pair, count in asked.items()
            if pair in report.pairs
        )
        / max(1, sum(asked.values()))
        for name, report in reports.items()
    }


def best(reports: Mapping[str, AlignmentReport]) -> str:
    """The first method that is within one standard error of the highest `overall` share.

    Differences below that are luck with the items, and methods are listed from simple to elaborate (the rule of Breiman
    et al. 1984, section 3.4.3). The queries of one item are taken for one trial.
    """
    shares = overall(reports)
    highest = max(shares, key=lambda name: shares[name])
    top = shares[highest]
    error = math.sqrt(top * (1.0 - top) / max(1, reports[highest].items))
    return next(name for name, share in shares.items() if share >= top - error)


def _ask(
    name: str,
    data: AlignmentData,
    fold_of: IntArray,
    folds: int,
    tallies: Mapping[bool, Tally],
    *,
    seed: int,
    progress: Progress,
) -> tuple[str, ...]:
    """Fit for every fold and add its items' answers to the tallies; returns the notices."""
    method = find(name)
    always = frozenset(Modality)
    fell_back = 0
    for fold in range(folds):
        told = _part(progress, fold, folds, method.title)
        told(0, 1, "fitting")
        fitted = fit_alignment(name, data.subset((fold_of >= 0) & (fold_of != fold)), seed=seed, progress=told)
        told(1, 1, "asking")
        always &= fitted.modalities
        fell_back += fitted.method != name
        for centred, tally in tallies.items():
            tally.add(data, _project(fitted, data, centred=centred), fold_of == fold, seed=seed)
    for tally in tallies.values():
        tally.keep(always)
    if not fell_back:
        return ()
    return (
        f"In {fell_back} of {folds} parts too few items had text and another modality to train on; "
        f"there the zero-shot alignment stood in for {method.title}.",
    )


def _folds(data: AlignmentData, folds: int, *, seed: int) -> IntArray:
    """Fold (N,) of each item; -1 for those without anything."""
    present = np.zeros(len(data.groups), np.bool_)
    for entry in data.sets.values():
        present[entry.rows] = True
    different = len(np.unique(data.groups[present]))
    if not 2 <= folds <= different:
        raise SpaceMismatchError(
            f"{folds} folds over {different} different texts",
            expected="at least 2 folds, each with one text or more, are needed",
            remedy="choose another number of folds, or measure a larger catalogue",
        )
    fold_of = np.full(len(data.groups), -1, np.intp)
    fold_of[present] = grouped_folds(data.groups[present], folds, seed=seed)
    return fold_of


def _project(fitted: Alignment, data: AlignmentData, *, centred: bool) -> Vectors:
    held = [modality for modality in data.sets if modality in fitted.modalities]
    return {modality: _place(fitted, data, modality, centred) for modality in held}


def _place(fitted: Alignment, data: AlignmentData, modality: Modality, centred: bool) -> FloatArray:
    entry = data.sets[modality]
    return fitted.project(modality, entry.features, entry.probabilities, centred=centred)


def _gap_before(data: AlignmentData) -> dict[Pair, float]:
    """Gaps between the texts' vectors and what class names alone make of the other modalities, nothing centred."""
    vectors = _project(fit_alignment("zero-shot", data), data, centred=False)
    gaps = {}
    for pair in combinations([modality for modality in Modality if modality in vectors], 2):
        rows, partners = data.paired_rows(*pair)
        if len(rows) > 1:
            gaps[pair] = modality_gap(vectors[pair[0]][rows], vectors[pair[1]][partners])
    return gaps


def _part(progress: Progress, part: int, parts: int, title: str) -> Progress:
    """Progress of one part as a share of the whole, never going back."""
    reached = 0

    def report(done: int, total: int, message: str) -> None:
        nonlocal reached
        reached = max(reached, min(_STEPS - 1, _STEPS * done // total)) if total else reached
        progress(part * _STEPS + reached, parts * _STEPS, f"{title}, part {part + 1} of {parts}: {message}")

    return report
