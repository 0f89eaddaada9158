"""A chart for pages under test."""

import numpy as np

from mmdemo.figures import Chart, MapView, space_map
from mmdemo.projection import Map, MapSettings


def small_chart(highlight: int) -> Chart:
    """Six points, one of them highlighted."""
    count = 6
    made_up = Map(
        MapSettings(method="pca"),
        "v1",
        np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32),
        np.arange(count, dtype=np.int32),
        (np.arange(count) % 3).astype(np.uint8),
        np.zeros(count, np.int16),
        ("all",),
        {},
        np.ones(count, np.float32),
        {},
        count,
    )
    return space_map(MapView(made_up, highlighted=np.array([highlight])))
