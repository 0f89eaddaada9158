"""Words, regions and segments of a version's items for fusions that look at them, kept beside the version."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mmdemo.engine.responsive import responsive
from mmdemo.fusion.data import FusionData, ItemParts
from mmdemo.progress import Progress
from mmdemo.store import Manifest, Workspace
from mmdemo.types import FloatArray, Modality

_FORMAT = 1
"""Changes with what is kept; trained models outlive changes of the code beside it."""


@dataclass(frozen=True, slots=True, eq=False)
class PartSpace:
    """How pooled features of one modality become the parts that a fusion is given.

    Args:
        encoder: Name of the encoder that looked.
        key: Its key then.
        mean: (D,) of the training items' features of unit length.
        axes: (D, W) their principal axes, scaled so that the mean squared length of a part is 1.
    """

    encoder: str
    key: str
    mean: FloatArray
    axes: FloatArray

    def project(self, features: FloatArray) -> FloatArray:
        """Parts (T, W) of pooled features (T, D)."""
        return ((unit(features) - self.mean) @ self.axes).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class StoredParts:
    """Parts of all N items of a version.

    Args:
        ids: (N,) their ids.
        items: Their parts.
        spaces: How those of a query are made.
    """

    ids: tuple[str, ...]
    items: Mapping[Modality, ItemParts]
    spaces: Mapping[Modality, PartSpace]


def parts_key(*, seed: int, fold: int, folds: int, exclude: Sequence[str]) -> str:
    """The name that the parts of a division are kept under."""
    said = [_FORMAT, seed, fold, folds, sorted(set(exclude))]
    return f"parts-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:24]}"


def read_parts(workspace: Workspace, version_id: str, key: str) -> StoredParts | None:
    """What `with_parts` kept; None where there is nothing, or it is damaged."""
    kept = workspace.fusions.read(version_id, key)
    return None if kept is None else _unpacked(*kept)


def with_parts(workspace: Workspace, manifest: Manifest, data: FusionData, key: str, progress: Progress) -> FusionData:
    """The same data with the parts kept under `key`, which are made where there are none.

    Raises:
        WeightError: An encoder's weights are out of reach.
        WorkspaceError: The disk is full or read-only.
    """

    def make(report: Progress) -> StoredParts:
        from mmdemo.engine.part_looking import make_parts

        items = workspace.read_version(manifest.version_id).items
        training = frozenset(data.ids[row] for row in data.train)

        def told(done: int, total: int, message: str) -> None:
            report(done, total, f"preparing data: {message}")

        made = make_parts(workspace, manifest, items, training=training, progress=told)
        workspace.fusions.write(manifest.version_id, key, *_packed(made))
        return made

    stored = read_parts(workspace, manifest.version_id, key)
    if stored is None:
        stored = responsive(make, progress)
    position = {item_id: row for row, item_id in enumerate(stored.ids)}
    rows = np.array([position[item_id] for item_id in data.ids], np.intp)
    found = {
        modality: ItemParts(own.features[rows], own.present[rows], own.places[rows])
        for modality, own in stored.items.items()
        if modality in data.shape.native
    }
    shape = replace(data.shape, parts={modality: own.features.shape[2] for modality, own in found.items()})
    looked = ", ".join(f"{modality}: {stored.spaces[modality].key}" for modality in found)
    return replace(data, shape=shape, parts=found, about={**(data.about or {}), "parts": looked})


def unit(features: FloatArray) -> FloatArray:
    """Rows of length 1; zero rows stay zero."""
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)


def _packed(parts: StoredParts) -> tuple[dict[str, npt.NDArray[Any]], dict[str, str]]:
    arrays: dict[str, npt.NDArray[Any]] = {}
    for modality, own in parts.items.items():
        space = parts.spaces[modality]
        arrays |= {f"{name}.{modality}": getattr(own, name) for name in _OF_ITEMS}
        arrays |= {f"{name}.{modality}": getattr(space, name) for name in _OF_SPACE}
    encoders = {str(modality): [space.encoder, space.key] for modality, space in parts.spaces.items()}
    return arrays, {"ids": json.dumps(parts.ids), "encoders": json.dumps(encoders)}


_OF_ITEMS, _OF_SPACE = ("features", "present", "places"), ("mean", "axes")


def _unpacked(arrays: Mapping[str, npt.NDArray[Any]], texts: Mapping[str, str]) -> StoredParts:
    """The inverse of `_packed`."""
    items, spaces = {}, {}
    for name, encoder in json.loads(texts["encoders"]).items():
        items[Modality(name)] = ItemParts(*(arrays[f"{array}.{name}"] for array in _OF_ITEMS))
        spaces[Modality(name)] = PartSpace(*encoder, *(arrays[f"{array}.{name}"] for array in _OF_SPACE))
    return StoredParts(tuple(json.loads(texts["ids"])), items, spaces)
