"""What becomes of a fusion when a modality of the queries is missing or noisy.

The task is that of `evaluation`; the candidates stay as they are. Each level spoils what the level before spoiled and
more: whose modality is hidden, and what noise is added, is drawn once for all levels, so that a curve shows the level
and not the draw.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from mmdemo.errors import FusionError
from mmdemo.fusion.data import FusionData
from mmdemo.fusion.evaluation import Change, Finder, Search
from mmdemo.fusion.report import StressPoint
from mmdemo.metrics.bootstrap import recall_intervals
from mmdemo.metrics.retrieval import recall_at
from mmdemo.types import FloatArray, Modality

if TYPE_CHECKING:
    from mmdemo.fusion.base import Fusion
    from mmdemo.fusion.batch import FusionBatch

Kind = Literal["missing", "noise"]
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)


def stress(
    fusion: "Fusion",
    data: FusionData,
    *,
    kind: Kind,
    modality: Modality,
    levels: Sequence[float] = LEVELS,
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
        points.append(StressPoint(float(level), recall_at(ranks, (10,))[10], interval))
    return tuple(points)


def _hidden(data: FusionData, modality: Modality, level: float, seed: int) -> Change:
    """Hide the modality of those items whose number, drawn once, is below the level."""
    import torch

    lost = np.random.default_rng([seed, 1]).random(len(data.ids)) < level
    column = data.shape.modalities.index(modality)

    def change(search: Search, queries: "FusionBatch") -> "FusionBatch":
        present = queries.present.clone()
        present[:, column] &= ~torch.from_numpy(lost[search.rows]).to(present.device)
        return queries.only(present)

    return change


def _noisy(data: FusionData, modality: Modality, level: float, seed: int) -> Change:
    """Mix noise, drawn once an item, into both vectors of the modality."""
    import torch

    vectors = data.vectors[modality]
    noise = np.random.default_rng([seed, 2]).standard_normal(vectors.shape).astype(np.float32)
    halves = (slice(0, data.shape.shared), slice(data.shape.shared, vectors.shape[1]))
    mixed = np.concatenate([_mixed(vectors[:, half], noise[:, half], level) for half in halves], axis=1)

    def change(search: Search, queries: "FusionBatch") -> "FusionBatch":
        own = torch.from_numpy(mixed[search.rows]).to(queries.present.device)
        return replace(queries, vectors={**queries.vectors, modality: own})

    return change


def _mixed(vectors: FloatArray, noise: FloatArray, level: float) -> FloatArray:
    """`unit(sqrt(1 - level) x + sqrt(level) e)` of rows (N, W); W may be 0. At level 0 exactly the vectors."""
    if level == 0.0 or not vectors.shape[1]:
        return vectors
    found = np.sqrt(1.0 - level) * vectors + np.sqrt(level / vectors.shape[1]) * noise
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
