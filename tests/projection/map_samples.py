"""Vectors with a known structure, and maps made of them."""

from collections.abc import Sequence

import numpy as np

from mmdemo.index import Table
from mmdemo.projection import Map, MapSettings
from mmdemo.projection.fit import FitInput
from mmdemo.types import FloatArray, Item, Modality

VERSION = "000001-0a1b2c3d"
KINDS = ("fox", "boat", "apple")


def silent_report(share: float, message: str) -> None:
    assert 0.0 <= share <= 1.0
    assert message


def unit(vectors: np.ndarray) -> FloatArray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def random_vectors(count: int, width: int = 6, *, seed: int = 0) -> FloatArray:
    return unit(np.random.default_rng(seed).standard_normal((count, width)))


def planted_items(count: int) -> list[Item]:
    """Items of three kinds in turn; every second has a picture, every third a sound."""
    made = []
    for row in range(count):
        kind = KINDS[row % 3]
        media = {Modality.TEXT: f"The {kind} number {row} of them all."}
        if row % 2 == 0:
            media[Modality.IMAGE] = f"{row:064x}"
        if row % 3 == 0:
            media[Modality.AUDIO] = f"{row + 1000:064x}"
        made.append(Item(f"item-{row}", f"A {kind}", media, (f"{kind} kind",)))
    return made


def planted_tables(items: Sequence[Item], *, width: int = 8, noise: float = 0.1, seed: int = 0) -> dict[str, Table]:
    """A direction for each kind; an item's modalities agree, but for noise, in the shared space alone."""
    rng = np.random.default_rng(seed)
    directions = np.linalg.qr(rng.standard_normal((width, width)))[0]
    tables = {}
    for number, modality in enumerate((Modality.TEXT, Modality.IMAGE, Modality.AUDIO)):
        rows = np.array([row for row, item in enumerate(items) if modality in item.media])
        own_noise = rng.standard_normal((len(rows), width)) * noise
        shared = unit(directions[rows % 3] + own_noise)
        tables[f"shared.{modality}"] = Table(shared, None if len(rows) == len(items) else rows)
        if modality is not Modality.TEXT:
            turned = unit(shared @ np.linalg.qr(rng.standard_normal((width, width)))[0])[:, : width - number]
            tables[f"native.{modality}"] = Table(unit(turned), rows)
    return tables


def fit_input(vectors: FloatArray, **settings) -> FitInput:
    """Points of one modality, one an item; item i has the word of its kind."""
    count = len(vectors)
    return FitInput(
        MapSettings(**settings),
        VERSION,
        vectors,
        np.arange(count, dtype=np.int32),
        np.zeros(count, np.uint8),
        count,
        [{KINDS[row % 3], f"only{row}"} for row in range(count)],
    )


def small_map(positions: np.ndarray, **changes) -> Map:
    """A map of texts at given places, one an item, without clusters."""
    count = len(positions)
    fields = {
        "settings": MapSettings(method="pca", dimensions=positions.shape[1]),
        "version_id": VERSION,
        "positions": np.asarray(positions, np.float32),
        "item_rows": np.arange(count, dtype=np.int32),
        "modalities": np.zeros(count, np.uint8),
        "clusters": np.full(count, -1, np.int16),
        "cluster_labels": (),
        "quality": {},
        "trust": np.ones(count, np.float32),
        "measures": {},
        "of_total": count,
    }
    return Map(**{**fields, **changes})
