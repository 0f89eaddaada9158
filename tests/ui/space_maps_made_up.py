"""A small map with items, for tests of what the Space page does with them."""

import numpy as np

from mmdemo.projection import MAP_MODALITIES, Map, MapSettings
from mmdemo.types import Item, Modality

TEXT, IMAGE, AUDIO = MAP_MODALITIES


def item(number: int, *, sound: bool = False, **columns: str) -> Item:
    media = {Modality.TEXT: f"text of {number}", Modality.IMAGE: f"{number:064x}"}
    if sound:
        media[Modality.AUDIO] = f"{number:064x}"
    tags = ("even" if number % 2 == 0 else "odd", "all")
    return Item(f"item-{number}", f"Item {number}", media, tags, dict(columns))


def items(count: int = 6) -> list[Item]:
    """Items 0 to count - 1; every third has a sound."""
    return [item(number, sound=number % 3 == 0, maker="Ann" if number < 3 else "Ben") for number in range(count)]


def map_of(catalogue: list[Item], *, version: str = "000001-aa", settings: MapSettings | None = None) -> Map:
    """A map on which every item's points lie at x = its row, y = the code of its modality."""
    settings = settings or MapSettings()
    points = [
        (row, code)
        for code, modality in enumerate(MAP_MODALITIES)
        for row, one in enumerate(catalogue)
        if modality in one.media
    ]
    rows = np.array([row for row, _ in points], np.int32)
    codes = np.array([code for _, code in points], np.uint8)
    flat = np.column_stack([rows, codes, *([codes] if settings.dimensions == 3 else [])]).astype(np.float32)
    count = len(points)
    hubness = np.arange(count, dtype=np.float32)
    partner = np.where(codes == 2, np.nan, rows).astype(np.float32)
    return Map(
        settings=settings,
        version_id=version,
        positions=flat.reshape(count, settings.dimensions),
        item_rows=rows,
        modalities=codes,
        clusters=np.where(rows < 2, 0, -1).astype(np.int16),
        cluster_labels=("first two",),
        quality={"trustworthiness": 0.9, "continuity": 0.8, "knn_preservation": 0.5},
        trust=np.linspace(0, 1, count, dtype=np.float32),
        measures={"hubness": hubness, "partner_rank": partner},
        of_total=count,
    )
