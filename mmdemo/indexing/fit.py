"""From the features of a catalogue to comparable vectors, the fitted spaces and the calibration."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mmdemo.align import (
    Alignment,
    AlignmentData,
    FeatureSet,
    NativeSpace,
    fit_alignment,
    fit_native,
    held_out_vectors,
)
from mmdemo.align.storage import native_to_arrays
from mmdemo.progress import Progress, silent
from mmdemo.recommend import CalibrationData, Calibrator, PairReport
from mmdemo.recommend.storage import calibration_to_arrays
from mmdemo.types import Embeddings, FloatArray, Modality


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Nonsense queries of one modality: features (Z, D_m) and class probabilities (Z, C)."""

    features: FloatArray
    probabilities: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What a version stores.

    Args:
        tables: Vectors by table name.
        arrays: Fitted arrays by name.
        alignment: The shared space; its method may be simpler than the one asked for.
        reports: How well each modality finds each other one, on held-out pairs.
        unmeasured: Modalities that can be compared with texts, though no item has both to measure it by.
    """

    tables: Mapping[str, Embeddings]
    arrays: Mapping[str, npt.NDArray]
    alignment: Alignment
    reports: Mapping[tuple[Modality, Modality], PairReport]
    unmeasured: frozenset[Modality]


def fit(
    data: AlignmentData,
    probes: Mapping[Modality, Probe],
    ids: npt.NDArray[np.str_],
    *,
    method: str,
    seed: int,
    progress: Progress = silent,
) -> Fitted:
    """Fit the spaces, place every item, and calibrate.

    Args:
        data: Features of the items.
        probes: Nonsense queries by modality.
        ids: (N,) item ids.
        method: Name of the alignment.
        seed: For folds, samples and training.
        progress: Told how far it is; may cancel.
    """
    alignment = fit_alignment(method, data, seed=seed, progress=progress)
    held_out = held_out_vectors(data, alignment, seed=seed, progress=progress)
    tables: dict[str, Embeddings] = {}
    arrays = alignment.to_arrays()
    measured: dict[Modality, CalibrationData] = {}
    for modality, entry in data.sets.items():
        native = None if modality is Modality.TEXT else fit_native(entry.features, entry.blocks)
        probe = probes.get(modality, Probe(entry.features[:0], entry.probabilities[:0]))
        placed = replace(_place(alignment, native, modality, entry, probe), held_out=held_out.get(modality))
        measured[modality] = placed
        if placed.shared is not None:
            tables[f"shared.{modality}"] = Embeddings(ids[entry.rows], placed.shared, modality, alignment.method)
        if native is not None:
            tables[f"native.{modality}"] = Embeddings(ids[entry.rows], placed.native, modality, f"native-{modality}")
            arrays |= native_to_arrays(modality, native)
    if Modality.TEXT not in measured:
        measured |= _words_as_queries(alignment, data, probes[Modality.TEXT])
    calibrator = Calibrator(measured, data.groups, seed=seed)
    arrays |= calibration_to_arrays(calibrator.fit())
    return Fitted(tables, arrays, alignment, calibrator.reports, frozenset(calibrator.unmeasured))


def _words_as_queries(alignment: Alignment, data: AlignmentData, probe: Probe) -> dict[Modality, CalibrationData]:
    """Words that the encoders have themselves, as examples of what people may ask a catalogue without any text."""
    words = next((found for entry in data.sets.values() if (found := entry.word_features) is not None), None)
    if words is None:
        return {}
    rows = np.arange(min(len(words), len(data.groups)))
    chosen = words[np.linspace(0, len(words) - 1, len(rows)).astype(np.intp)]
    queries = FeatureSet(chosen, rows, (slice(0, words.shape[1]),))
    return {Modality.TEXT: _place(alignment, None, Modality.TEXT, queries, probe)}


def _place(
    alignment: Alignment, native: NativeSpace | None, modality: Modality, entry: FeatureSet, probe: Probe
) -> CalibrationData:
    """Where items and nonsense lie in the shared and in the modality's own space; text has no other than the shared."""
    shared = nonsense = None
    if modality in alignment.modalities:
        shared = alignment.project(modality, entry.features, entry.probabilities)
        nonsense = alignment.project(modality, probe.features, probe.probabilities)
    if native is None:
        assert shared is not None
        assert nonsense is not None
        return CalibrationData(entry.rows, shared, None, shared, nonsense, nonsense)
    own = native.project(entry.features), native.project(probe.features)
    return CalibrationData(entry.rows, shared, None, own[0], nonsense, own[1])
