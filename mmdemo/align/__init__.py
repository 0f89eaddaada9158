"""Ways into a space in which vectors can be compared: the shared one across modalities, and each modality's own."""

from mmdemo.align.data import AlignmentData, ClassHead, FeatureSet, grouped_folds, unit_rows
from mmdemo.align.native import NativeSpace, fit_native
from mmdemo.align.text_pivot import TextPivot, fit_text_pivot, held_out_vectors

__all__ = [
    "AlignmentData",
    "ClassHead",
    "FeatureSet",
    "NativeSpace",
    "TextPivot",
    "fit_native",
    "fit_text_pivot",
    "grouped_folds",
    "held_out_vectors",
    "unit_rows",
]
