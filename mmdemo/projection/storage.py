"""A map as arrays and texts for a file, and back."""

import json
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mmdemo.errors import MapError
from mmdemo.projection.map import Map
from mmdemo.projection.settings import MapSettings

_ARRAYS = ("positions", "item_rows", "modalities", "clusters", "trust")
_FACTS = ("version_id", "of_total", "quality_k", "quality_points", "seconds")
_MEASURE = "measure."


def map_to_content(found: Map) -> tuple[dict[str, npt.NDArray], dict[str, str]]:
    """Everything a map is made of: arrays by name, and one text."""
    arrays = {name: np.asarray(getattr(found, name)) for name in _ARRAYS}
    arrays |= {_MEASURE + name: values for name, values in found.measures.items()}
    about = {
        "settings": found.settings.as_json(),
        "cluster_labels": found.cluster_labels,
        "quality": dict(found.quality),
        "notices": found.notices,
        **{name: getattr(found, name) for name in _FACTS},
    }
    return arrays, {"map": json.dumps(about)}


def map_from_content(arrays: Mapping[str, npt.NDArray], texts: Mapping[str, str]) -> Map:
    """The map that `map_to_content` took apart.

    Raises:
        MapError: Something is missing or does not belong together.
    """
    try:
        about = json.loads(texts["map"])
        return Map(
            settings=MapSettings.from_json(about["settings"]),
            **{name: arrays[name] for name in _ARRAYS},
            **{name: about[name] for name in _FACTS},
            cluster_labels=tuple(about["cluster_labels"]),
            quality=about["quality"],
            notices=tuple(about["notices"]),
            measures={
                name.removeprefix(_MEASURE): values for name, values in arrays.items() if name.startswith(_MEASURE)
            },
        )
    except (KeyError, ValueError, TypeError) as error:
        raise MapError(
            f"a map's file without {error}", expected="a map as mmdemo keeps it is needed", remedy="make the map again"
        ) from error
