"""From the features of a catalogue to comparable vectors, the fitted spaces and the calibration."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.align import (
    AlignmentData,
    NativeSpace,
    TextPivot,
    fit_native,
    fit_text_pivot,
    held_out_vectors,
)
from mmdemo.align.storage import native_to_arrays, pivot_to_arrays
from mmdemo.recommend import CalibrationData, Calibrator, PairReport
from mmdemo.recommend.storage import calibration_to_arrays
from mmdemo.types import Embeddings, FloatArray, Modality

SHARED_SPACE = "text-pivot"


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
        reports: How well each modality finds each other one, on held-out pairs.
    """

    tables: Mapping[str, Embeddings]
    arrays: Mapping[str, npt.NDArray]
    reports: Mapping[tuple[Modality, Modality], PairReport]


def fit(data: AlignmentData, probes: Mapping[Modality, Probe], ids: npt.NDArray[np.str_], *, seed: int) -> Fitted:
    """Fit the spaces, place every item, and calibrate.

    Args:
        data: Features of the items.
        probes: Nonsense queries by modality.
        ids: (N,) item ids.
        seed: For folds and samples.
    """
    pivot = fit_text_pivot(data, seed=seed)
    tables: dict[str, Embeddings] = {}
    arrays = pivot_to_arrays(pivot)
    measured: dict[Modality, CalibrationData] = {}
    for modality, entry in data.sets.items():
        native = None if modality is Modality.TEXT else fit_native(entry.features, entry.blocks)
        placed = _place(data, pivot, native, modality, probes.get(modality), seed=seed)
        measured[modality] = placed
        if placed.shared is not None:
            tables[f"shared.{modality}"] = Embeddings(ids[entry.rows], placed.shared, modality, SHARED_SPACE)
        if native is not None:
            tables[f"native.{modality}"] = Embeddings(ids[entry.rows], placed.native, modality, f"native-{modality}")
            arrays |= native_to_arrays(modality, native)
    calibrator = Calibrator(measured, data.groups, seed=seed)
    arrays |= calibration_to_arrays(calibrator.fit())
    return Fitted(tables, arrays, calibrator.reports)


def _place(
    data: AlignmentData,
    pivot: TextPivot,
    native: NativeSpace | None,
    modality: Modality,
    probe: Probe | None,
    *,
    seed: int,
) -> CalibrationData:
    entry = data.sets[modality]
    probabilities = np.zeros((len(entry.rows), 0), np.float32) if entry.head is None else entry.head.probabilities
    holds = modality in pivot.modalities
    shared = pivot.project(modality, entry.features, probabilities) if holds else None
    probe_features = entry.features[:0] if probe is None else probe.features
    probe_probabilities = probabilities[:0] if probe is None else probe.probabilities
    probe_shared = pivot.project(modality, probe_features, probe_probabilities) if holds else None
    if native is None:
        assert shared is not None
        assert probe_shared is not None
        return CalibrationData(entry.rows, shared, shared, shared, probe_shared, probe_shared)
    return CalibrationData(
        entry.rows,
        shared,
        held_out_vectors(data, pivot, modality, seed=seed) if holds else None,
        native.project(entry.features),
        probe_shared,
        native.project(probe_features),
    )
