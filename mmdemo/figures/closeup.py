"""A few points of a map close up, as pictures and words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mmdemo.figures.chart import Chart
from mmdemo.figures.map_view import MapView
from mmdemo.figures.space_map import space_map


def closeup(view: MapView, indices: NDArray[np.integer], thumbnails: Mapping[int, str]) -> Chart:
    """Draw at most 60 points with their pictures.

    Args:
        view: The map.
        indices: Point indices.
        thumbnails: Point index to the data URI of its picture.
    """
    return space_map(view)
