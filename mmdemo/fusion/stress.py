"""What becomes of a fusion when a modality of the queries is missing or noisy.

The task is that of `evaluation`; the candidates stay as they are. What a run was trained for besides (tags, a rating)
is measured on the same test items, spoiled likewise. Each level spoils what the level before spoiled and more: whose
modality is hidden, and what noise is added, is drawn once for all levels, so that a curve shows the level and not the
draw.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from mmdemo.errors import FusionError
from mmdemo.fusion.data import BoolArray, FusionData
from mmdemo.fusion.evaluation import Change, Finder, Search
from mmdemo.fusion.report import StressPoint
from mmdemo.metrics.bootstrap import recall_intervals
from mmdemo.metrics.retrieval import recall_at
from mmdemo.types import FloatArray, Modality

if TYPE_CHECKING:
    from mmdemo.fusion.base import Fusion
    from mmdemo.fusion.batch import FusionBatch
    from mmdemo.fusion.objectives.base import Objective

Kind = Literal["missing", "noise"]
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)


def stress(
    fusion: "Fusion",
    data: FusionData,
    *,
    kind: Kind,
    modality: Modality,
    levels: Sequence[float] = LEVELS,
    objective: "Objective | None" = None,
    seed: int = 0,
) -> tuple[StressPoint, ...]:
    """Recall@10 over all queries, those that do not ask with `modality` included, at each level.

    "missing": in each query that asks with `modality`, it is hidden with probability `level`; a query that has nothing
    else to ask with is a miss: its rank is the last. "noise": the modality's vector x of the query, the shared and its
    own one each, becomes `unit(sqrt(1 - level) x + sqrt(level) e)` with Gaussian e of expected squared length 1; at
    level 1 nothing of it is left.

    Args:
        fusion: In evaluation mode.
        data: What it was trained on.
        kind: What happens to the modality.
        modality: Which.
        levels: 0 to 1 each; at 0 this is the Recall@10 of `evaluate`.
        objective: What it was trained for, if its own measures are wanted too; see `spoiled`.
        seed: For who loses the modality, the noise, and the bootstrap.

    Raises:
        FusionError: The data have no such modality, or a level is out of range.
    """
    if modality not in data.shape.modalities:
        raise FusionError(
            f"stress on {modality}",
            expected=f"one of {', '.join(data.shape.modalities)}",
            remedy="choose one of these",
        )
    if not all(0.0 <= level <= 1.0 for level in levels):
        raise FusionError(f"levels {list(levels)}", expected="numbers from 0 to 1", remedy="choose others")
    finder = Finder(fusion, data)
    points = []
    for level in levels:
        change = _hidden(data, modality, level, seed) if kind == "missing" else _noisy(data, modality, level, seed)
        ranks = np.concatenate([finder.ranks(search, change) for search in finder.searches])
        interval = recall_intervals(ranks, finder.groups, (10,), seed=seed)[10]
        own: dict[str, float] = {}
        if objective is not None:
            own = objective.measures(fusion, spoiled(data, kind=kind, modality=modality, level=level, seed=seed))
        points.append(StressPoint(float(level), recall_at(ranks, (10,))[10], interval, own))
    return tuple(points)


def spoiled(data: FusionData, *, kind: Kind, modality: Modality, level: float, seed: int = 0) -> FusionData:
    """The same data whose test items are under stress, each as in `stress`; all others stay as they are.

    "missing": an item that has nothing else keeps the modality, so that at every level the same items are measured.
    """
    column, test = data.shape.modalities.index(modality), np.zeros(len(data.ids), bool)
    test[data.test] = True
    if kind == "noise":
        mixed = np.where(test[:, None], _noisy_vectors(data, modality, level, seed), data.vectors[modality])
        parts = dict(data.parts)
        if modality in parts:
            noisy = np.where(test[:, None, None], _noisy_parts(data, modality, level, seed), parts[modality].features)
            parts[modality] = replace(parts[modality], features=noisy)
        return replace(data, vectors={**data.vectors, modality: mixed}, parts=parts)
    present = data.present.copy()
    present[:, column] &= ~(_lost(data, level, seed) & test & (present.sum(axis=1) > 1))
    return replace(data, present=present)


def _lost(data: FusionData, level: float, seed: int) -> BoolArray:
    """Items (N,) whose number, drawn once, is below the level."""
    return np.random.default_rng([seed, 1]).random(len(data.ids)) < level


def _hidden(data: FusionData, modality: Modality, level: float, seed: int) -> Change:
    """Hide the modality of the lost items."""
    import torch

    lost = _lost(data, level, seed)
    column = data.shape.modalities.index(modality)

    def change(search: Search, queries: "FusionBatch") -> "FusionBatch":
        present = queries.present.clone()
        present[:, column] &= ~torch.from_numpy(lost[search.rows]).to(present.device)
        return queries.only(present)

    return change


def _noisy_vectors(data: FusionData, modality: Modality, level: float, seed: int) -> FloatArray:
    """Both vectors (N, D + d_m) of the modality with noise, drawn once an item, mixed in."""
    vectors = data.vectors[modality]
    noise = np.random.default_rng([seed, 2]).standard_normal(vectors.shape).astype(np.float32)
    halves = (slice(0, data.shape.shared), slice(data.shape.shared, vectors.shape[1]))
    return np.concatenate([_mixed(vectors[:, half], noise[:, half], level) for half in halves], axis=1)


def _noisy_parts(data: FusionData, modality: Modality, level: float, seed: int) -> FloatArray:
    """Features (N, T, W) of its parts likewise; their mean squared length is 1, and so is that of the noise."""
    features = data.parts[modality].features
    if level == 0.0:
        return features
    noise = np.random.default_rng([seed, 3]).standard_normal(features.shape).astype(np.float32)
    return (np.sqrt(1.0 - level) * features + np.sqrt(level / features.shape[2]) * noise).astype(np.float32)


def _noisy(data: FusionData, modality: Modality, level: float, seed: int) -> Change:
    """Give the modality its noisy vectors, and its words, regions or segments theirs."""
    import torch

    mixed = _noisy_vectors(data, modality, level, seed)
    inside = _noisy_parts(data, modality, level, seed) if modality in data.parts else None

    def change(search: Search, queries: "FusionBatch") -> "FusionBatch":
        own = torch.from_numpy(mixed[search.rows]).to(queries.present.device)
        parts = dict(queries.parts)
        if inside is not None:
            features = torch.from_numpy(inside[search.rows]).to(queries.present.device)
            parts[modality] = replace(parts[modality], features=features)
        return replace(queries, vectors={**queries.vectors, modality: own}, parts=parts)

    return change


def _mixed(vectors: FloatArray, noise: FloatArray, level: float) -> FloatArray:
    """`unit(sqrt(1 - level) x + sqrt(level) e)` of rows (N, W); W may be 0. At level 0 exactly the vectors."""
    if level == 0.0 or not vectors.shape[1]:
        return vectors
    found = np.sqrt(1.0 - level) * vectors + np.sqrt(level / vectors.shape[1]) * noise
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
