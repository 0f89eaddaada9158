"""What a map of the vectors is made with."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mmdemo.errors import MapError

FORMAT = 1
"""Goes into every key: raise it when the same settings would give another map."""

METHODS = ("umap", "pca")
SPACES = ("shared", "unaligned")
METRICS = ("cosine", "euclidean")
MOST_NEIGHBORS = 200
_LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True, slots=True)
class MapSettings:
    """Everything a map depends on beside the vectors.

    Args:
        method: "umap" (McInnes et al. 2018: neighbours stay neighbours) or "pca" (the directions of most variance).
        dimensions: 2 or 3.
        n_neighbors: UMAP: how many neighbours each point is tied to, 2 to 200; more keep more of the whole.
        min_dist: UMAP: how close points may come on the map, 0 to 0.99.
        metric: "cosine" or "euclidean"; what near means among the vectors.
        space: "shared" (where the modalities can be compared) or "unaligned" (each modality's own vectors, padded with
            zeros to one width: what the encoders give before any alignment ties them).
        seed: The same seed gives the same map.

    Raises:
        MapError: A setting is out of its range.

    Example:
        >>> MapSettings(n_neighbors=30).words()
        'UMAP of the shared space in 2-D, 30 neighbours, minimum distance 0.1, cosine'
    """

    method: str = "umap"
    dimensions: int = 2
    n_neighbors: int = 15
    min_dist: float = 0.1
    metric: str = "cosine"
    space: str = "shared"
    seed: int = 0

    def __post_init__(self) -> None:
        _one_of("map method", self.method, METHODS)
        _one_of("metric", self.metric, METRICS)
        _one_of("space", self.space, SPACES)
        _one_of("number of dimensions", self.dimensions, (2, 3))
        _between("n_neighbors", self.n_neighbors, 2, MOST_NEIGHBORS)
        _between("min_dist", self.min_dist, 0.0, 0.99)
        _between("seed", self.seed, 0, _LARGEST_SEED)

    def key(self) -> str:
        """Name of the map's file: equal for settings that give the same map (PCA knows no neighbours)."""
        relevant: dict[str, Any] = {**asdict(self), "min_dist": round(float(self.min_dist), 6)}
        if self.method == "pca":
            del relevant["n_neighbors"], relevant["min_dist"]
        content = json.dumps({"format": FORMAT, **relevant}, sort_keys=True).encode("ascii")
        return hashlib.sha256(content).hexdigest()[:24]

    def words(self) -> str:
        """The settings as a caption."""
        name = f"{self.method.upper()} of the {self.space} space in {self.dimensions}-D"
        if self.method == "pca":
            return f"{name}, {self.metric}"
        return f"{name}, {self.n_neighbors} neighbours, minimum distance {self.min_dist:g}, {self.metric}"

    def as_json(self) -> dict[str, Any]:
        """The settings by name, for a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "MapSettings":
        """What `as_json` gave.

        Raises:
            MapError: A setting is unknown or out of its range.
        """
        try:
            return cls(**fields)
        except TypeError as error:
            raise MapError(
                f"map settings {sorted(fields)}",
                expected=f"only {', '.join(cls.__dataclass_fields__)} are known",
                remedy="make the map again",
            ) from error


def _one_of(what: str, given: object, allowed: tuple[object, ...]) -> None:
    if isinstance(given, bool) or given not in allowed:
        raise MapError(
            f"{what} {given!r}",
            expected=f"one of {', '.join(map(str, allowed))} is needed",
            remedy="choose one of those",
        )


def _between(what: str, given: object, least: float, most: float) -> None:
    kinds = (int,) if isinstance(least, int) else (int, float)
    if isinstance(given, bool) or not isinstance(given, kinds) or not least <= given <= most:
        raise MapError(
            f"{what} is {given!r}",
            expected=f"{'a whole number' if kinds == (int,) else 'a number'} from {least} to {most} is needed",
            remedy="move it into that range",
        )
