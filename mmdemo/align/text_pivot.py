"""The first shared space: every modality is mapped to where a text that describes it would lie.

Two maps are blended. ConSE (Norouzi et al. 2014, eq. 3) puts a picture or a sound at the mean of its class names' text
vectors, weighted by the classifier's probabilities; it needs no pairs. Deviations: all classes count, not the top T;
the result is centred on the catalogue. A ridge map is fitted on the catalogue's own pairs of text and media; its inputs
are the encoder's features and the square roots of the class probabilities (so their Euclidean distance is Hellinger's).
Penalty and blend are chosen by cross-validation on the geometric mean of the rank, never on a pair that was fitted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from mmdemo.align.data import AlignmentData, FeatureSet, IntArray, grouped_folds, unit_rows
from mmdemo.align.ridge import RidgeMap, fit_ridge, ridge_path
from mmdemo.errors import SpaceMismatchError
from mmdemo.metrics.retrieval import expected_ranks
from mmdemo.types import FloatArray, Modality

PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)
BLENDS = (0.0, 0.25, 0.4, 0.5, 0.6, 0.75, 1.0)
SMALLEST_PAIRED_GROUPS = 20
"""With fewer different texts than this a fitted map is worse than none."""
MOST_VALIDATION_PAIRS = 3000
FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class ClassNameMap:
    """ConSE: class probabilities to text vectors.

    Args:
        name_vectors: (C, D) float32, unit length.
        mean: (D,) float32, what is subtracted before the result is scaled to unit length.
    """

    name_vectors: FloatArray
    mean: FloatArray

    def __call__(self, probabilities: FloatArray) -> FloatArray:
        """Map (B, C) to (B, D), unit length."""
        return unit_rows(self._uncentred(probabilities) - self.mean)

    def _uncentred(self, probabilities: FloatArray) -> FloatArray:
        return unit_rows(probabilities @ self.name_vectors)

    @classmethod
    def fit(cls, probabilities: FloatArray, name_features: FloatArray) -> "ClassNameMap":
        """Centre on the catalogue's own rows, or on the class names where those are too few to tell."""
        name_vectors = unit_rows(name_features)
        enough = len(probabilities) >= SMALLEST_PAIRED_GROUPS
        mean = unit_rows(probabilities @ name_vectors).mean(axis=0) if enough else name_vectors.mean(axis=0)
        return cls(name_vectors, mean.astype(np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class ModalityMap:
    """How one modality gets into the text space.

    Args:
        blocks: Column ranges of the features that are scaled to unit length one by one.
        class_names: ConSE map, where the encoder has classes.
        ridge: Fitted map, where there were enough pairs.
        blend: Weight of ConSE in the mean of the two, 0 to 1.
        penalty: What the ridge map was fitted with.
    """

    blocks: tuple[slice, ...]
    class_names: ClassNameMap | None
    ridge: RidgeMap | None
    blend: float
    penalty: float = 0.0

    def __call__(self, features: FloatArray, probabilities: FloatArray) -> FloatArray:
        """Map features (B, D_m) and class probabilities (B, C) to (B, D), unit length."""
        total = np.zeros(1, dtype=np.float32)
        if self.ridge is not None and self.blend < 1.0:
            total = total + (1.0 - self.blend) * unit_rows(self.ridge(map_inputs(features, probabilities, self.blocks)))
        if self.class_names is not None and self.blend > 0.0:
            total = total + self.blend * self.class_names(probabilities)
        return unit_rows(total)


@dataclass(frozen=True, slots=True, eq=False)
class TextPivot:
    """A fitted shared space; width D is the text encoder's.

    Args:
        text_mean: (D,) float32, mean of the catalogue's unit text vectors.
        maps: The map of each other modality that can be compared with text.
    """

    text_mean: FloatArray
    maps: Mapping[Modality, ModalityMap]
    space: str = "text-pivot"

    @property
    def modalities(self) -> frozenset[Modality]:
        """Modalities that this space can hold."""
        return frozenset(self.maps) | {Modality.TEXT}

    def project(self, modality: Modality, features: FloatArray, probabilities: FloatArray) -> FloatArray:
        """Shared vectors (B, D) of unit length.

        Args:
            modality: What the features are of.
            features: (B, D_m) as the encoder gives them.
            probabilities: (B, C) class probabilities; (B, 0) for encoders without classes.

        Raises:
            SpaceMismatchError: Nothing ties this modality to text.
        """
        if modality is Modality.TEXT:
            return unit_rows(unit_rows(features) - self.text_mean)
        if modality not in self.maps:
            raise SpaceMismatchError(
                f"the shared space holds no {modality}",
                expected=f"an encoder with class names, or {SMALLEST_PAIRED_GROUPS} items with text and {modality}",
                remedy="choose another encoder or add such items",
            )
        return self.maps[modality](features, probabilities)


def map_inputs(features: FloatArray, probabilities: FloatArray, blocks: tuple[slice, ...]) -> FloatArray:
    """What the ridge map sees: unit-length feature blocks beside the square roots of the class probabilities."""
    columns = [unit_rows(features[:, block]) for block in blocks]
    if probabilities.shape[1]:
        columns.append(np.sqrt(probabilities / probabilities.sum(axis=1, keepdims=True).clip(1e-12)))
    return np.concatenate(columns, axis=1).astype(np.float32)


def fit_text_pivot(data: AlignmentData, *, seed: int = 0) -> TextPivot:
    """Fit the shared space of a catalogue.

    Args:
        data: Features of every modality; text may be missing, then only ConSE ties the others to text.
        seed: For the folds of the cross-validation.
    """
    text = data.sets.get(Modality.TEXT)
    heads = [entry.head for entry in data.sets.values() if entry.head is not None]
    if text is not None and len(text.rows):
        enough = len(text.rows) >= SMALLEST_PAIRED_GROUPS
        text_mean = unit_rows(text.features).mean(axis=0) if enough else np.zeros(text.features.shape[1])
    elif heads:
        text_mean = unit_rows(heads[0].name_features).mean(axis=0)
    else:
        raise SpaceMismatchError(
            "a catalogue without any text, and encoders without class names",
            expected="something that ties the modalities to words is needed",
            remedy="give the items titles or descriptions",
        )
    maps = {}
    for modality, entry in data.sets.items():
        fitted = None if modality is Modality.TEXT else _fit_map(data, modality, entry, seed=seed)
        if fitted is not None:
            maps[modality] = fitted
    return TextPivot(text_mean.astype(np.float32), maps)


def _fit_map(data: AlignmentData, modality: Modality, entry: FeatureSet, *, seed: int) -> ModalityMap | None:
    probabilities = _probabilities(entry)
    class_names = None if entry.head is None else ClassNameMap.fit(probabilities, entry.head.name_features)
    text = data.sets.get(Modality.TEXT)
    if text is None:
        return None if class_names is None else ModalityMap(entry.blocks, class_names, None, 1.0)
    text_rows, media_rows = data.paired_rows(Modality.TEXT, modality)
    groups = data.groups[text.rows[text_rows]]
    if len(np.unique(groups)) < SMALLEST_PAIRED_GROUPS:
        return None if class_names is None else ModalityMap(entry.blocks, class_names, None, 1.0)
    inputs = map_inputs(entry.features, probabilities, entry.blocks)[media_rows]
    texts = unit_rows(text.features)[text_rows]
    named = None if class_names is None else class_names(probabilities[media_rows])
    penalty, blend = _choose(inputs, texts, named, groups, seed=seed)
    ridge = fit_ridge(inputs, texts - texts.mean(axis=0), penalty=penalty)
    return ModalityMap(entry.blocks, class_names, ridge, blend, penalty)


def held_out_vectors(data: AlignmentData, pivot: TextPivot, modality: Modality, *, seed: int = 0) -> FloatArray:
    """Shared vectors (N_m, D) of `modality`, each from a map that was not fitted on that item or any of its group.

    They show how well the space will do on items it has not seen; the fitted vectors would flatter it.
    """
    entry = data.sets[modality]
    probabilities = _probabilities(entry)
    vectors = pivot.project(modality, entry.features, probabilities)
    fitted = pivot.maps.get(modality)
    if fitted is None or fitted.ridge is None:
        return vectors
    text = data.sets[Modality.TEXT]
    text_rows, media_rows = data.paired_rows(Modality.TEXT, modality)
    inputs = map_inputs(entry.features, probabilities, entry.blocks)
    texts = unit_rows(text.features)[text_rows]
    fold_of = grouped_folds(data.groups[text.rows[text_rows]], FOLDS, seed=seed)
    for fold in range(FOLDS):
        train, held = fold_of != fold, media_rows[fold_of == fold]
        targets = texts[train] - texts[train].mean(axis=0)
        ridge = fit_ridge(inputs[media_rows[train]], targets, penalty=fitted.penalty)
        vectors[held] = replace(fitted, ridge=ridge)(entry.features[held], probabilities[held])
    return vectors


def _probabilities(entry: FeatureSet) -> FloatArray:
    return np.zeros((len(entry.features), 0), np.float32) if entry.head is None else entry.head.probabilities


def _choose(
    inputs: FloatArray, texts: FloatArray, named: FloatArray | None, groups: IntArray, *, seed: int
) -> tuple[float, float]:
    """Penalty and blend with the best held-out mean log rank, text to media and media to text alike."""
    if len(inputs) > MOST_VALIDATION_PAIRS:
        chosen = np.random.default_rng(seed).permutation(len(inputs))[:MOST_VALIDATION_PAIRS]
        inputs, texts, groups = inputs[chosen], texts[chosen], groups[chosen]
        named = None if named is None else named[chosen]
    blends = BLENDS if named is not None else (0.0,)
    fold_of = grouped_folds(groups, FOLDS, seed=seed)
    loss = np.zeros((len(PENALTIES), len(blends)))
    for fold in range(FOLDS):
        held, train = fold_of == fold, fold_of != fold
        mean = texts[train].mean(axis=0)
        queries = unit_rows(texts - mean)
        relevant = groups[held][:, None] == groups[None, :]
        paths = ridge_path(inputs[train], texts[train] - mean, penalties=PENALTIES, evaluate_on=inputs)
        for i, predicted in enumerate(paths):
            fitted = unit_rows(predicted)
            for j, blend in enumerate(blends):
                placed = fitted if named is None else unit_rows((1.0 - blend) * fitted + blend * named)
                to_media = expected_ranks(queries[held] @ placed.T, relevant)
                to_text = expected_ranks(placed[held] @ queries.T, relevant)
                loss[i, j] += np.log(to_media).sum() + np.log(to_text).sum()
    best_penalty, best_blend = np.unravel_index(int(loss.argmin()), loss.shape)
    return PENALTIES[best_penalty], blends[best_blend]
