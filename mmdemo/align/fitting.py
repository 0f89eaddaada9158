"""Fit an alignment: what texts and the encoders' own words fix, the towers, the choices made by cross-validation."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from mmdemo.align.alignment import Alignment, Entrance, blend
from mmdemo.align.class_names import FEWEST_ROWS
from mmdemo.align.data import AlignmentData, IntArray, grouped_folds, map_inputs, unit_rows
from mmdemo.align.methods import Method, find
from mmdemo.align.towers import Towers, TrainingRows
from mmdemo.align.words import fit_words
from mmdemo.errors import SpaceMismatchError
from mmdemo.metrics.retrieval import expected_ranks
from mmdemo.progress import Progress, silent
from mmdemo.types import FloatArray, Modality

SMALLEST_PAIRED_GROUPS = 20
"""With fewer different texts than this a fitted map is worse than none."""
SHARES = (0.0, 0.25, 0.4, 0.5, 0.6, 0.75, 1.0)
MOST_VALIDATION_ITEMS = 1500
FOLDS = 5
_FINE = 100
"""Smallest progress told of, as parts of one fit."""


def fit_alignment(name: str, data: AlignmentData, *, seed: int = 0, progress: Progress = silent) -> Alignment:
    """Fit the shared space of a catalogue.

    Where too few items have text and something else, the result is the zero-shot alignment, and says so by its
    `method`.

    Args:
        name: One of `mmdemo.align.methods.METHODS`.
        data: Features of every modality; text may be missing, then only the encoders' own words tie the others.
        seed: For folds and training.
        progress: Told how far it is; may cancel.

    Raises:
        SpaceMismatchError: No such method, or neither texts nor words of an encoder to begin with.
    """
    method = find(name)
    base = _zero_shot(data)
    rows = _training_rows(data, base)
    if not method.trained or len(rows.inputs) < 2:
        return base
    sample = _validation_sample(data, seed=seed)
    sampled_rows = rows if sample is data else _training_rows(sample, base)
    entrances = _choose(method, sample, sampled_rows, base, seed=seed, progress=progress)
    part = _at(progress, 0, 1, f"fitting {name}")
    towers = _fit_towers(method, rows, entrances, seed=seed, progress=part)
    return Alignment(name, base.text_mean, {**base.entrances, **entrances}, towers)


def held_out_vectors(
    data: AlignmentData, fitted: Alignment, *, seed: int = 0, progress: Progress = silent
) -> dict[Modality, FloatArray]:
    """Vectors (N_m, D) of each modality, each item's from towers that were fitted without it and all of its group.

    They show how well the space will do on items it has not seen; the fitted vectors would flatter it. Only vectors of
    one item may be compared: another item's can come from another fold's space.
    """
    rows = _training_rows(data, fitted)
    vectors = {m: _project(fitted, data, m) for m in data.sets if m in fitted.modalities}
    method = find(fitted.method)
    if not method.trained:
        return vectors
    fold_of = _item_folds(rows, FOLDS, seed=seed)
    for fold in range(FOLDS):
        known = {m: entrance for m, entrance in fitted.entrances.items() if m in rows.inputs}
        part = _at(progress, fold, FOLDS, f"fitting {fitted.method} without one fifth")
        towers = _fit_towers(method, _without(rows, fold_of == fold), known, seed=seed, progress=part)
        held = data.subset(fold_of == fold)
        for modality, entry in held.sets.items():
            if modality in vectors:
                at = np.searchsorted(data.sets[modality].rows, entry.rows)
                found = _project(replace(fitted, towers=towers), held, modality)
                vectors[modality][at] = 0.0  # fewer items may span fewer coordinates
                vectors[modality][at, : found.shape[1]] = found
    return vectors


def _zero_shot(data: AlignmentData) -> Alignment:
    """What needs no pairs: the mean of the texts, and the words that the encoders have themselves."""
    text = data.sets.get(Modality.TEXT)
    others = {modality: entry for modality, entry in data.sets.items() if modality is not Modality.TEXT}
    known = [found for entry in others.values() if (found := entry.word_features) is not None]
    if text is not None and len(text.rows):
        enough = len(text.rows) >= FEWEST_ROWS
        text_mean = unit_rows(text.features).mean(axis=0) if enough else np.zeros(text.features.shape[1])
    elif known:
        text_mean = unit_rows(known[0]).mean(axis=0)
    else:
        raise SpaceMismatchError(
            "a catalogue without any text, and encoders without class names or text towers",
            expected="something that ties the modalities to words is needed",
            remedy="give the items titles or descriptions",
        )
    entrances = {
        modality: Entrance(entry.blocks, words, 1.0)
        for modality, entry in others.items()
        if (words := fit_words(entry)) is not None
    }
    towers = find("zero-shot").load().from_arrays({})
    return Alignment("zero-shot", text_mean.astype(np.float32), entrances, towers)


def _training_rows(data: AlignmentData, base: Alignment) -> TrainingRows:
    """Inputs of text and of every modality with enough different texts beside it."""
    inputs, items = {}, {}
    text = data.sets.get(Modality.TEXT)
    if text is not None:
        inputs[Modality.TEXT] = unit_rows(unit_rows(text.features) - base.text_mean)
        items[Modality.TEXT] = text.rows
        for modality, entry in data.sets.items():
            text_rows, _ = data.paired_rows(Modality.TEXT, modality)
            groups = np.unique(data.groups[text.rows[text_rows]])
            if modality is not Modality.TEXT and len(groups) >= SMALLEST_PAIRED_GROUPS:
                inputs[modality] = map_inputs(entry.features, entry.probabilities, entry.blocks)
                items[modality] = entry.rows
    return TrainingRows(inputs, items, data.groups)


def _project(alignment: Alignment, data: AlignmentData, modality: Modality) -> FloatArray:
    entry = data.sets[modality]
    return alignment.project(modality, entry.features, entry.probabilities)


def _fit_towers(
    method: Method, rows: TrainingRows, entrances: Mapping[Modality, Entrance], *, seed: int, progress: Progress
) -> Towers:
    settings = {modality: entrance.setting for modality, entrance in entrances.items()}
    return method.load().fit(rows, settings, seed=seed, progress=progress)


def _choose(
    method: Method, data: AlignmentData, rows: TrainingRows, base: Alignment, *, seed: int, progress: Progress
) -> dict[Modality, Entrance]:
    """Setting and share of each modality with the least held-out mean log rank, to text and back alike."""
    named = {m: _project(base, data, m) if m in base.entrances else None for m in rows.inputs if m is not Modality.TEXT}
    fold_of = _item_folds(rows, FOLDS, seed=seed)
    tried = method.inner_folds * len(method.settings)
    loss = {modality: np.zeros((len(method.settings), len(SHARES))) for modality in named}
    for step in range(tried):
        fold, number = divmod(step, len(method.settings))
        settings = dict.fromkeys(named, method.settings[number])
        part = _at(progress, step, tried + 1, f"choosing settings of {method.name}")
        towers = method.load().fit(_without(rows, fold_of == fold), settings, seed=seed, progress=part)
        for modality, vectors in named.items():
            loss[modality][number] += _log_ranks(towers, rows, modality, vectors, fold_of == fold)
    if not method.independent:
        best = int(np.argmin(sum(found.min(axis=1) for found in loss.values())))
        for found in loss.values():
            found[np.arange(len(found)) != best] = np.inf
    chosen = {}
    for modality, found in loss.items():
        setting, share = np.unravel_index(int(found.argmin()), found.shape)
        known = base.entrances.get(modality)
        words = None if known is None else known.words
        chosen[modality] = Entrance(data.sets[modality].blocks, words, SHARES[share], method.settings[setting])
    return chosen


def _log_ranks(
    towers: Towers, rows: TrainingRows, modality: Modality, named: FloatArray | None, held: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Sum of the log ranks of held-out items for each share, text to `modality` and back; all items are candidates."""
    media, text = rows.pairs(modality, Modality.TEXT)
    items = rows.items[modality][media]
    asked = held[items]
    relevant = rows.groups[items][asked][:, None] == rows.groups[items][None, :]
    texts = unit_rows(towers.embed(Modality.TEXT, rows.inputs[Modality.TEXT][text]))
    fitted = unit_rows(towers.embed(modality, rows.inputs[modality][media]))
    names = None if named is None else unit_rows(towers.embed(Modality.TEXT, named[media]))
    sums = np.full(len(SHARES), np.inf)
    for number, share in enumerate(SHARES if names is not None else SHARES[:1]):
        placed = blend(fitted, names, share)
        to_media = expected_ranks(texts[asked] @ placed.T, relevant)
        to_text = expected_ranks(placed[asked] @ texts.T, relevant)
        sums[number] = np.log(to_media).sum() + np.log(to_text).sum()
    return sums


def _validation_sample(data: AlignmentData, *, seed: int) -> AlignmentData:
    """At most `MOST_VALIDATION_ITEMS` items."""
    count = len(data.groups)
    if count <= MOST_VALIDATION_ITEMS:
        return data
    chosen = np.zeros(count, np.bool_)
    chosen[np.random.default_rng(seed).permutation(count)[:MOST_VALIDATION_ITEMS]] = True
    return data.subset(chosen)


def _item_folds(rows: TrainingRows, folds: int, *, seed: int) -> IntArray:
    """Fold (N,) of each item; only groups that have text are dealt out, so the folds are of one size."""
    texts = rows.items.get(Modality.TEXT, np.zeros(0, np.intp))
    fold_of = np.full(len(rows.groups), -1, np.intp)
    fold_of[texts] = grouped_folds(rows.groups[texts], folds, seed=seed)
    return fold_of


def _without(rows: TrainingRows, held: npt.NDArray[np.bool_]) -> TrainingRows:
    """The rows of the items that are not held out."""
    kept = {modality: ~held[items] for modality, items in rows.items.items()}
    return TrainingRows(
        {modality: inputs[kept[modality]] for modality, inputs in rows.inputs.items()},
        {modality: items[kept[modality]] for modality, items in rows.items.items()},
        rows.groups,
    )


def _at(progress: Progress, step: int, steps: int, work: str) -> Progress:
    """What a part of the work reports to: its progress fills one step of the whole, and it can be cancelled."""

    def report(done: int, total: int, message: str) -> None:  # noqa: ARG001
        share = min(done / total, 1.0) if total else 0.0
        progress(round((step + share) * _FINE), steps * _FINE, work)

    return report
