"""Fitted spaces as named arrays, for the workspace, and back."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mmdemo.align.alignment import Alignment, Entrance, blocks_from_array, blocks_to_array
from mmdemo.align.anchored import AnchoredTowers
from mmdemo.align.methods.ridge import LinearMap
from mmdemo.align.native import NativeSpace
from mmdemo.align.towers import Arrays
from mmdemo.align.words import words_from_arrays
from mmdemo.types import Modality

FIRST_METHOD = "text-pivot"
"""What the versions of mmdemo 0.1 call their only alignment: ridge maps with a share of class names."""


def alignment_from_arrays(method: str, arrays: Mapping[str, npt.NDArray]) -> Alignment:
    """The alignment of a stored version, of mmdemo 0.1 too.

    Raises:
        SpaceMismatchError: There is no such method.
    """
    return _first_alignment(arrays) if method == FIRST_METHOD else Alignment.from_arrays(method, arrays)


def native_to_arrays(modality: Modality, native: NativeSpace) -> Arrays:
    """Everything a `NativeSpace` is made of, under names that start with "native.MODALITY."."""
    prefix = f"native.{modality}."
    return {
        prefix + "blocks": blocks_to_array(native.blocks),
        prefix + "mean": native.mean,
        prefix + "components": native.components,
    }


def natives_from_arrays(arrays: Mapping[str, npt.NDArray]) -> dict[Modality, NativeSpace]:
    """Every `NativeSpace` that is among the arrays."""
    return {
        modality: NativeSpace(
            blocks_from_array(arrays[f"native.{modality}.blocks"]),
            arrays[f"native.{modality}.mean"],
            arrays[f"native.{modality}.components"],
        )
        for modality in Modality
        if f"native.{modality}.mean" in arrays
    }


def _first_alignment(arrays: Mapping[str, npt.NDArray]) -> Alignment:
    entrances: dict[Modality, Entrance] = {}
    maps: dict[Modality, LinearMap] = {}
    for modality in Modality:
        prefix = f"pivot.{modality}."
        if prefix + "blocks" not in arrays:
            continue
        share = float(np.asarray(arrays[prefix + "blend_penalty"])[0])
        words = words_from_arrays(arrays, prefix)
        entrances[modality] = Entrance(blocks_from_array(arrays[prefix + "blocks"]), words, share)
        if prefix + "ridge_weights" in arrays:
            maps[modality] = LinearMap(arrays[prefix + "ridge_weights"], arrays[prefix + "ridge_mean"])
    return Alignment("ridge", arrays["pivot.text_mean"], entrances, AnchoredTowers(maps))
