"""Fitted spaces as named arrays, for the workspace, and back."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mmdemo.align.native import NativeSpace
from mmdemo.align.ridge import RidgeMap
from mmdemo.align.text_pivot import ClassNameMap, ModalityMap, TextPivot
from mmdemo.types import Modality

Arrays = dict[str, npt.NDArray]


def pivot_to_arrays(pivot: TextPivot) -> Arrays:
    """Everything a `TextPivot` is made of, under names that start with "pivot."."""
    arrays: Arrays = {"pivot.text_mean": pivot.text_mean}
    for modality, fitted in pivot.maps.items():
        prefix = f"pivot.{modality}."
        arrays[prefix + "blocks"] = _blocks_to_array(fitted.blocks)
        arrays[prefix + "blend_penalty"] = np.array([fitted.blend, fitted.penalty], np.float64)
        if fitted.class_names is not None:
            arrays[prefix + "class_vectors"] = fitted.class_names.name_vectors
            arrays[prefix + "class_mean"] = fitted.class_names.mean
        if fitted.ridge is not None:
            arrays[prefix + "ridge_weights"] = fitted.ridge.weights
            arrays[prefix + "ridge_mean"] = fitted.ridge.input_mean
    return arrays


def pivot_from_arrays(arrays: Mapping[str, npt.NDArray]) -> TextPivot:
    """The `TextPivot` that `pivot_to_arrays` took apart."""
    maps = {}
    for modality in Modality:
        prefix = f"pivot.{modality}."
        if prefix + "blocks" not in arrays:
            continue
        named = prefix + "class_vectors" in arrays
        paired = prefix + "ridge_weights" in arrays
        blend, penalty = arrays[prefix + "blend_penalty"].tolist()
        maps[modality] = ModalityMap(
            _blocks_from_array(arrays[prefix + "blocks"]),
            ClassNameMap(arrays[prefix + "class_vectors"], arrays[prefix + "class_mean"]) if named else None,
            RidgeMap(arrays[prefix + "ridge_weights"], arrays[prefix + "ridge_mean"]) if paired else None,
            blend,
            penalty,
        )
    return TextPivot(arrays["pivot.text_mean"], maps)


def native_to_arrays(modality: Modality, native: NativeSpace) -> Arrays:
    """Everything a `NativeSpace` is made of, under names that start with "native.MODALITY."."""
    prefix = f"native.{modality}."
    return {
        prefix + "blocks": _blocks_to_array(native.blocks),
        prefix + "mean": native.mean,
        prefix + "components": native.components,
    }


def natives_from_arrays(arrays: Mapping[str, npt.NDArray]) -> dict[Modality, NativeSpace]:
    """Every `NativeSpace` that is among the arrays."""
    return {
        modality: NativeSpace(
            _blocks_from_array(arrays[f"native.{modality}.blocks"]),
            arrays[f"native.{modality}.mean"],
            arrays[f"native.{modality}.components"],
        )
        for modality in Modality
        if f"native.{modality}.mean" in arrays
    }


def _blocks_to_array(blocks: tuple[slice, ...]) -> npt.NDArray[np.int64]:
    return np.array([(block.start, block.stop) for block in blocks], np.int64)


def _blocks_from_array(array: npt.NDArray) -> tuple[slice, ...]:
    return tuple(slice(int(start), int(stop)) for start, stop in array)
