"""Interactions and features of items out of files: what others measured, clicked or extracted.

`read_interactions` takes CSV, TSV, Parquet, MMRec's .inter, SciPy's .npz and MovieLens; `read_features` takes .npy and
YouTube-8M's TFRecord, which needs no TensorFlow. What is wrong with a row is counted in a report; what is wrong with a
file is an `InteractionsError`.
"""

from mmdemo.catalog.interactions.features import read_features
from mmdemo.catalog.interactions.joining import placed, same_ids
from mmdemo.catalog.interactions.reading import Parts, read_interactions, read_parts
from mmdemo.catalog.interactions.report import InteractionReport, LeftOut
from mmdemo.catalog.interactions.writing import write_interactions

__all__ = [
    "InteractionReport",
    "LeftOut",
    "Parts",
    "placed",
    "read_features",
    "read_interactions",
    "read_parts",
    "same_ids",
    "write_interactions",
]
