"""Maps of one version's vectors: found on disk or made in the background, and queries placed on them."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from mmdemo.errors import MapError
from mmdemo.index import Table
from mmdemo.progress import Progress, silent
from mmdemo.projection import Map, MapSettings, Placed
from mmdemo.projection.placing import Placer, Spot
from mmdemo.projection.points import MapPoints, select_points
from mmdemo.projection.storage import map_from_content, map_to_content
from mmdemo.recommend import RankedPart
from mmdemo.store import Workspace
from mmdemo.types import Item, Modality

REMEMBERED_MAPS = 4

Value = TypeVar("Value")

_APART = (
    "Before alignment only vectors of one modality can be compared: each part is placed among the points of its own."
)


@dataclass(frozen=True, slots=True, eq=False)
class PartToPlace:
    """A part of a query, encoded, and the item it is, if it is one of the catalogue."""

    part: RankedPart
    item_row: int | None


class EngineMaps:
    """The maps of one version; safe to use from several threads.

    Args:
        workspace: Where maps are kept.
        version_id: Whose vectors.
        items: Of the version, in order.
        tables: Of the version, by name.
    """

    def __init__(
        self, workspace: Workspace, version_id: str, items: Sequence[Item], tables: Mapping[str, Table]
    ) -> None:
        self._workspace = workspace
        self._version_id = version_id
        self._items = items
        self._tables = tables
        self._maps: OrderedDict[str, Map] = OrderedDict()
        self._placers: OrderedDict[str, Placer] = OrderedDict()
        self._lock = threading.Lock()

    def points(self, settings: MapSettings) -> MapPoints:
        """The points of a map; see `select_points`."""
        return select_points(self._tables, len(self._items), settings)

    def read(self, settings: MapSettings) -> Map | None:
        """See `Engine.map`."""
        key = settings.key()
        with self._lock:
            found = self._maps.get(key)
        if found is None:
            found = stored_map(self._workspace, self._version_id, settings)
            if found is None or len(found) != len(self.points(settings)):
                return None
        found = found if found.settings == settings else replace(found, settings=settings)
        self._remember(key, found)
        return found

    def fit(self, settings: MapSettings, progress: Progress = silent) -> Map:
        """See `Engine.fit_map`."""
        from mmdemo.projection.fit import FitInput
        from mmdemo.projection.process import fit_in_process
        from mmdemo.projection.words import item_words

        progress(0, 0, "collecting the vectors")
        points = self.points(settings)
        words = [item_words(item) for item in self._items]
        given = FitInput(
            settings,
            self._version_id,
            points.vectors(),
            points.item_rows,
            points.modalities,
            points.of_total,
            words,
        )
        found = fit_in_process(given, progress=progress)
        if self._version_id in self._workspace.versions():  # it may have been removed meanwhile
            self._workspace.maps.write(self._version_id, settings.key(), *map_to_content(found))
        self._remember(settings.key(), found)
        return found

    def place(self, parts: Sequence[PartToPlace], fitted: Map, *, k: int, notices: Sequence[str]) -> Placed:
        """See `Engine.place`."""
        if fitted.version_id != self._version_id:
            raise MapError(
                f"a map of version {fitted.version_id}",
                expected=f"one of version {self._version_id} is needed",
                remedy="open that version to place something on its map",
            )
        placer = self._placer(fitted)
        apart = fitted.settings.space == "unaligned"
        told = list(notices)
        asked = []
        for part in parts:
            for place in part.part.places:
                vector = place.native if apart else place.shared
                if vector is None or (apart and not placer.holds(place.modality)):
                    told.append(_not_held(fitted, place.modality, part.part.label))
                    continue
                point = None if part.item_row is None else placer.point_of(part.item_row, place.modality)
                asked.append((part.part.label, place.modality, vector, point))
        k = min([k, *(placer.most_neighbours(m if apart else None, point) for _, m, _, point in asked)])
        spots = [
            placer.place(vector, k, among=m if apart else None)
            if point is None
            else placer.own(point, k, among=m if apart else None)
            for _, m, vector, point in asked
        ]
        if apart and spots and len(np.unique(fitted.modalities)) > 1:
            told.append(_APART)
        return _placed([(label, m) for label, m, _, _ in asked], spots, fitted.settings.dimensions, k, told)

    def _placer(self, fitted: Map) -> Placer:
        key = fitted.settings.key()
        with self._lock:
            placer = self._placers.get(key)
        if placer is None or placer.map is not fitted:
            placer = Placer(fitted, self.points(fitted.settings))
        with self._lock:
            _keep(self._placers, key, placer)
        return placer

    def _remember(self, key: str, found: Map) -> None:
        with self._lock:
            _keep(self._maps, key, found)


def stored_map(workspace: Workspace, version_id: str, settings: MapSettings) -> Map | None:
    """The map that a workspace keeps; None where there is none, or none that this release can read.

    Raises:
        WorkspaceError: The disk cannot be read.
    """
    content = workspace.maps.read(version_id, settings.key())
    if content is None:
        return None
    try:
        found = map_from_content(*content)
    except MapError:
        return None
    return found if found.version_id == version_id else None


def _keep(kept: OrderedDict[str, Value], key: str, value: Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > REMEMBERED_MAPS:
        kept.popitem(last=False)


def _not_held(fitted: Map, modality: Modality, label: str) -> str:
    return f"The {fitted.settings.space} space of this catalogue holds no {modality}: “{label}” was not placed."


def _placed(
    asked: Sequence[tuple[str, Modality]], spots: Sequence[Spot], dimensions: int, k: int, notices: Sequence[str]
) -> Placed:
    count = len(spots)
    return Placed(
        labels=tuple(label for label, _ in asked),
        modalities=tuple(modality for _, modality in asked),
        positions=np.array([spot.position for spot in spots], np.float32).reshape(count, dimensions),
        neighbours=np.array([spot.neighbours for spot in spots], np.int32).reshape(count, k),
        similarities=np.array([spot.similarities for spot in spots], np.float32).reshape(count, k),
        trust=np.array([spot.trust for spot in spots], np.float32),
        notices=tuple(dict.fromkeys(notices)),
    )
