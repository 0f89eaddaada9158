"""How good is a fusion? "Find the item from two of its modalities", on items that nothing was fitted on.

Every pair of modalities of a test item asks for each of its other modalities: the query is the fusion of the pair, and
the candidates are all items that have the modality looked for, each described by that modality alone, fused by the same
model. (With whole items as candidates the query's own vectors would be among them, and every fusion, even the mean,
would find its item at once.) Items of the query's group are right answers; candidates that tie count half. Where fewer
than 20 items have three modalities, or none of the test's, one modality asks for another; all parts of one division
are asked alike.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.errors import FusionError
from mmdemo.fusion.data import FusionData, IntArray
from mmdemo.fusion.report import CUTOFFS, FusionReport, Hit, Paired, Task
from mmdemo.metrics.bootstrap import difference_test, recall_intervals
from mmdemo.metrics.retrieval import chance_recall_at, expected_ranks, recall_at
from mmdemo.types import Modality

if TYPE_CHECKING:
    from torch import Tensor

    from mmdemo.fusion.base import Fusion
    from mmdemo.fusion.batch import FusionBatch
    from mmdemo.fusion.objectives.base import Objective

FEWEST = 20
"""Items with three modalities for "find the item from two of its modalities"."""
_AT_ONCE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """All queries that ask with the same modalities for the same one.

    Args:
        asked: The modalities of the query.
        target: The modality looked for.
        rows: (Q,) the test items that ask.
    """

    asked: tuple[Modality, ...]
    target: Modality
    rows: IntArray


Change = Callable[[Search, "FusionBatch"], "FusionBatch"]
"""Queries of a search, reduced to what they ask with, to queries under stress; the mask may lose all of a row."""


def evaluate(
    fusion: "Fusion", data: FusionData, *, objective: "Objective | None" = None, seed: int = 0
) -> FusionReport:
    """Measure a fusion on `data.test`.

    Args:
        fusion: In evaluation mode.
        data: What it was trained on, with the same parts.
        objective: What it was trained for, if its own measures are wanted too.
        seed: For the bootstrap.

    Raises:
        FusionError: No test item has two modalities.
    """
    finder = Finder(fusion, data)
    ranks = [finder.ranks(search) for search in finder.searches]
    everything, groups = np.concatenate(ranks), finder.groups
    looked_for = np.concatenate([np.full(len(search.rows), search.target) for search in finder.searches])
    return FusionReport(
        task=finder.task,
        queries=len(everything),
        recall=dict(recall_at(everything, CUTOFFS)),
        intervals=recall_intervals(everything, groups, CUTOFFS, seed=seed),
        mrr=float(np.mean(1.0 / everything)),
        chance=finder.chance(),
        by_target={
            modality: float(np.mean(everything[looked_for == modality] <= 10))
            for modality in data.shape.modalities
            if (looked_for == modality).any()
        },
        weights=dict(zip(data.shape.modalities, _test_weights(fusion, data), strict=True)),
        hits=tuple(
            Hit(data.ids[row], search.asked, search.target, float(rank), int(data.groups[row]))
            for search, found in zip(finder.searches, ranks, strict=True)
            for row, rank in zip(search.rows, found, strict=True)
        ),
        objective={} if objective is None else objective.measures(fusion, data),
    )


def significance(first: FusionReport, second: FusionReport, *, seed: int = 0) -> Paired:
    """Whether the first fusion's Recall@10 is better than the second's, on the queries that both were asked.

    Raises:
        FusionError: They were asked nothing in common.
    """
    theirs = {hit.query: hit.rank for hit in second.hits}
    shared = [hit for hit in first.hits if hit.query in theirs]
    if not shared:
        raise FusionError(
            "two reports without a common query",
            expected="fusions that were measured on the same items",
            remedy="train both on the same version of the catalogue",
        )
    differences = np.array([float(hit.rank <= 10) - float(theirs[hit.query] <= 10) for hit in shared])
    interval, p = difference_test(differences, np.array([hit.group for hit in shared]), seed=seed)
    return Paired(float(differences.mean()), interval, p, len(shared))


class Finder:
    """Asks one fusion for items; the candidates are fused once.

    Args:
        fusion: In evaluation mode.
        data: What it was trained on.

    Attributes:
        task: What is asked.
        searches: The queries.
        groups: (Q,) group of each query, all searches one after the other.

    Raises:
        FusionError: No test item has two modalities.
    """

    def __init__(self, fusion: "Fusion", data: FusionData) -> None:
        from mmdemo.fusion.objectives.base import device_of

        self._fusion, self._data, self._device = fusion, data, device_of(fusion)
        self.task: Task
        self.task, self.searches = searches(data)
        self.groups = np.concatenate([data.groups[search.rows] for search in self.searches])
        self._candidates = {search.target: self._with(search.target) for search in self.searches}
        self._index: dict[Modality, Tensor] = {}

    def ranks(self, search: Search, change: Change | None = None) -> npt.NDArray[np.float64]:
        """Rank (Q,) of each query of a search; a query that has nothing left to ask with comes last."""
        import torch

        candidates = self._candidates[search.target]
        if search.target not in self._index:
            self._index[search.target] = self._fused_alone(candidates, search.target)
        queries = self._data.batch(search.rows, device=self._device)
        queries = queries.only(self._mask(search.asked))
        if change is not None:
            queries = change(search, queries)
        ranks = np.full(len(queries), float(len(candidates)))
        able = queries.present.any(dim=1).nonzero()[:, 0]
        with torch.no_grad():
            for rows in able.split(_AT_ONCE):
                scores = self._fusion.score(queries.take(rows), self._index[search.target]).float().cpu().numpy()
                place = rows.cpu().numpy()
                ranks[place] = expected_ranks(scores, self._right(search.rows[place], candidates))
        return ranks

    def chance(self) -> dict[int, float]:
        """Recall@k of a random order, over all queries."""
        found = []
        for search in self.searches:
            candidates = self._candidates[search.target]
            right = self._right(search.rows, candidates).sum(axis=1)
            chance = chance_recall_at(right, len(candidates), CUTOFFS)
            found.append([len(search.rows) * chance[k] for k in CUTOFFS])
        return dict(zip(CUTOFFS, (np.sum(found, axis=0) / len(self.groups)).tolist(), strict=True))

    def _with(self, modality: Modality) -> IntArray:
        """Items of all parts that have a modality."""
        data = self._data
        rows = np.sort(np.concatenate([data.train, data.validation, data.test]))
        return rows[data.present[rows, data.shape.modalities.index(modality)]]

    def _right(self, rows: IntArray, candidates: IntArray) -> npt.NDArray[np.bool_]:
        return self._data.groups[rows][:, None] == self._data.groups[candidates][None]

    def _fused_alone(self, rows: IntArray, modality: Modality) -> "Tensor":
        """The index of items described by one modality."""
        import torch

        items = self._data.batch(rows, device=self._device).only(self._mask((modality,)))
        blocks = torch.arange(len(rows), device=self._device).split(4 * _AT_ONCE)
        with torch.no_grad():
            return torch.cat([self._fusion.index(items.take(block)) for block in blocks])

    def _mask(self, modalities: tuple[Modality, ...]) -> "Tensor":
        import torch

        names = self._data.shape.modalities
        return torch.tensor([[name in modalities for name in names]], device=self._device)


def searches(data: FusionData) -> tuple[Task, tuple[Search, ...]]:
    """What test items ask, and whether with two modalities or with one.

    Raises:
        FusionError: No test item has two modalities.
    """
    modalities, present = data.shape.modalities, data.present[data.test]
    three = data.present.sum(axis=1) > 2
    two = three.sum() >= FEWEST and three[data.test].any()
    task: Task = "two-to-third" if two else "one-to-other"
    found = []
    for asked, target in _askings(modalities, 2 if two else 1):
        columns = [modalities.index(modality) for modality in (*asked, target)]
        rows = data.test[present[:, columns].all(axis=1)]
        if len(rows):
            found.append(Search(asked, target, rows))
    if not found:
        raise FusionError(
            "no item to measure on has two modalities",
            expected="items with text and pictures or sound are needed",
            remedy="choose a catalogue that has some",
        )
    return task, tuple(found)


def with_everything(data: FusionData, rows: IntArray) -> IntArray:
    """Those of `rows` whose items have every modality; where none has, those with at least one."""
    present = data.present[rows]
    complete = present.all(axis=1)
    return rows[complete if complete.any() else present.any(axis=1)]


def mean_weights(fusion: "Fusion", items: "FusionBatch") -> tuple[float, ...]:
    """Mean weight (M,) of each modality over items."""
    import torch

    with torch.no_grad():
        return tuple(fusion(items).weights.double().mean(dim=0).tolist())


def _test_weights(fusion: "Fusion", data: FusionData) -> tuple[float, ...]:
    from mmdemo.fusion.objectives.base import device_of

    return mean_weights(fusion, data.batch(with_everything(data, data.test), device=device_of(fusion)))


def _askings(modalities: tuple[Modality, ...], count: int) -> Iterator[tuple[tuple[Modality, ...], Modality]]:
    """Every choice of `count` modalities to ask with, and of another one to look for."""
    if count == 1:
        yield from (((asked,), target) for asked, target in permutations(modalities, 2))
        return
    for asked in combinations(modalities, count):
        yield from ((asked, target) for target in modalities if target not in asked)
