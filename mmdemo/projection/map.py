"""A finished map: where every vector lies on it, and how far that can be believed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.errors import MapError
from mmdemo.projection.settings import MapSettings
from mmdemo.types import FloatArray, Modality

MAP_MODALITIES = (Modality.TEXT, Modality.IMAGE, Modality.AUDIO)
"""What the codes in `Map.modalities` stand for; a video's pictures are among the images."""

NO_CLUSTER = -1


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """One point for each modality of each item; P points, in the order text, image, audio, within it by item.

    Args:
        settings: What it was made with.
        version_id: The workspace version whose vectors it shows.
        positions: (P, 2 or 3) float32, finite.
        item_rows: (P,) int32, which item of the version each point is of.
        modalities: (P,) uint8, positions in `MAP_MODALITIES`.
        clusters: (P,) int16, positions in `cluster_labels`; -1 for points in no cluster.
        cluster_labels: At most three of its items' own words each; all different.
        quality: Of the whole map, each in [0, 1], 1 is best: trustworthiness (neighbours on the map are true ones),
            continuity (true neighbours are neighbours on the map), knn_preservation (share of the true `quality_k`
            nearest that are among the `quality_k` nearest on the map). Empty for fewer than four points.
        trust: (P,) float32 in [0, 1], knn_preservation of each point alone.
        measures: Name to (P,) float32, NaN where there is none. "hubness": how many points of other modalities have
            this point among their 10 nearest of its modality. "partner_rank": at which rank (1 is best) the item's
            other modality is found among all points of that modality.
        of_total: Points there would be without sampling.
        quality_k: Neighbours that quality and trust look at.
        quality_points: Points on which `quality` was measured; fewer than P on a large map.
        seconds: How long the fit took.
        notices: Plain sentences the user must see (too few points for the method asked for, a sample).

    Raises:
        MapError: The arrays do not belong together.
    """

    settings: MapSettings
    version_id: str
    positions: FloatArray
    item_rows: npt.NDArray[np.int32]
    modalities: npt.NDArray[np.uint8]
    clusters: npt.NDArray[np.int16]
    cluster_labels: tuple[str, ...]
    quality: Mapping[str, float]
    trust: FloatArray
    measures: Mapping[str, FloatArray]
    of_total: int
    quality_k: int = 15
    quality_points: int = 0
    seconds: float = 0.0
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.positions)
        _check("positions", self.positions, np.float32, (count, self.settings.dimensions))
        _check("item_rows", self.item_rows, np.int32, (count,))
        _check("modalities", self.modalities, np.uint8, (count,))
        _check("clusters", self.clusters, np.int16, (count,))
        _check("trust", self.trust, np.float32, (count,))
        for name, values in self.measures.items():
            _check(name, values, np.float32, (count,))
        _require(bool(np.isfinite(self.positions).all()), "positions that are not finite", "finite positions")
        _require(self.of_total >= count, f"{count} points of {self.of_total}", "no more points than there are")
        if not count:
            return
        _require(int(self.item_rows.min()) >= 0, "a negative item row", "rows from 0")
        _require(int(self.modalities.max()) < len(MAP_MODALITIES), "an unknown modality", "codes of MAP_MODALITIES")
        lowest, highest = int(self.clusters.min()), int(self.clusters.max())
        _require(
            lowest >= NO_CLUSTER and highest < len(self.cluster_labels),
            f"clusters {lowest} to {highest}",
            f"-1 or one of the {len(self.cluster_labels)} labels",
        )
        _require(bool(((self.trust >= 0) & (self.trust <= 1)).all()), "a trust outside [0, 1]", "shares")

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def is_sample(self) -> bool:
        """Whether there are more points than the map shows."""
        return self.of_total > len(self)

    def of_modality(self, modality: Modality) -> npt.NDArray[np.intp]:
        """Points of one modality, ascending."""
        if modality not in MAP_MODALITIES:
            return np.zeros(0, np.intp)
        return np.flatnonzero(self.modalities == MAP_MODALITIES.index(modality))

    def points_of(self, item_rows: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Points of some items, ascending."""
        return np.flatnonzero(np.isin(self.item_rows, np.asarray(item_rows, np.int32)))


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Where the parts of a query lie on a map; Q places, one a vector (an item gives one for each modality).

    Args:
        labels: (Q,) what each is called.
        modalities: (Q,) what each was made from; None where that is unknown.
        positions: (Q, 2 or 3) float32.
        neighbours: (Q, k) int32 points of the map, the true nearest among the vectors, nearest first.
        similarities: (Q, k) float32 their cosines.
        trust: (Q,) float32 in [0, 1], share of the true neighbours that are among the k nearest on the map.
        notices: Plain sentences the user must see (parts that could not be placed, what they can be compared with).

    Raises:
        MapError: The arrays do not belong together.
    """

    labels: tuple[str, ...]
    modalities: tuple[Modality | None, ...]
    positions: FloatArray
    neighbours: npt.NDArray[np.int32]
    similarities: FloatArray
    trust: FloatArray
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.labels)
        _require(len(self.modalities) == count, f"{len(self.modalities)} modalities", f"one for each of {count}")
        _require(self.positions.ndim == 2, f"positions of shape {self.positions.shape}", "(Q, 2 or 3)")
        _require(self.neighbours.ndim == 2, f"neighbours of shape {self.neighbours.shape}", "(Q, k)")
        _check("positions", self.positions, np.float32, (count, self.positions.shape[1]))
        _check("neighbours", self.neighbours, np.int32, (count, self.neighbours.shape[1]))
        _check("similarities", self.similarities, np.float32, self.neighbours.shape)
        _check("trust", self.trust, np.float32, (count,))
        _require(bool(np.isfinite(self.positions).all()), "positions that are not finite", "finite positions")
        _require(bool(((self.trust >= 0) & (self.trust <= 1)).all()), "a trust outside [0, 1]", "shares")

    def __len__(self) -> int:
        return len(self.labels)


def _check(name: str, array: npt.NDArray, dtype: npt.DTypeLike, shape: tuple[int, ...]) -> None:
    _require(
        array.dtype == dtype and array.shape == shape,
        f"{name} are {array.dtype} {array.shape}",
        f"{np.dtype(dtype).name} {shape}",
    )


def _require(holds: bool, given: str, expected: str) -> None:
    if not holds:
        raise MapError(f"a map with {given}", expected=f"{expected} is needed", remedy="make the map again")
