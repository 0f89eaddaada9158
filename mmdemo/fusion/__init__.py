"""Fusions: vectors of the present modalities to one vector, with a weight per modality."""

from mmdemo.fusion.batch import AttentionMap, Fused, FusionBatch, FusionShape, Parts
from mmdemo.fusion.table import FUSIONS, FusionSpec, Option, build, find

__all__ = [
    "FUSIONS",
    "AttentionMap",
    "Fused",
    "FusionBatch",
    "FusionShape",
    "FusionSpec",
    "Option",
    "Parts",
    "build",
    "find",
]
