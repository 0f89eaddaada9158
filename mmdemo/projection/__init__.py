"""Maps of a version's vectors: fitting them, judging them, and placing new vectors on them."""

from mmdemo.projection.compare import (
    GroupDifference,
    MeasureDifference,
    ShareDifference,
    WordDifference,
    compare_groups,
)
from mmdemo.projection.map import MAP_MODALITIES, NO_CLUSTER, Map, Placed
from mmdemo.projection.settings import METHODS, METRICS, SPACES, MapSettings

__all__ = [
    "MAP_MODALITIES",
    "METHODS",
    "METRICS",
    "NO_CLUSTER",
    "SPACES",
    "GroupDifference",
    "Map",
    "MapSettings",
    "MeasureDifference",
    "Placed",
    "ShareDifference",
    "WordDifference",
    "compare_groups",
]
