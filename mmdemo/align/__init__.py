"""Ways into a space in which vectors can be compared: the shared one across modalities, and each modality's own."""

from mmdemo.align.alignment import Alignment
from mmdemo.align.data import AlignmentData, ClassHead, FeatureSet, TextTie, grouped_folds, unit_rows
from mmdemo.align.fitting import fit_alignment, held_out_vectors
from mmdemo.align.methods import METHODS, Method, find
from mmdemo.align.native import NativeSpace, fit_native

DEFAULT_METHOD = "kernel"
"""Best of all on `things` by cross-validation; see `mmdemo align --method all`."""

__all__ = [
    "DEFAULT_METHOD",
    "METHODS",
    "Alignment",
    "AlignmentData",
    "ClassHead",
    "FeatureSet",
    "Method",
    "NativeSpace",
    "TextTie",
    "find",
    "fit_alignment",
    "fit_native",
    "grouped_folds",
    "held_out_vectors",
    "unit_rows",
]
