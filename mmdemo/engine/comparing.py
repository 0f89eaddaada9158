"""Use case: hold training runs against each other, by figures and on one query."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mmdemo.engine.part_pooling import MOST
from mmdemo.engine.responsive import responsive
from mmdemo.engine.run_training import trained_fusion
from mmdemo.engine.runs import Run, read_run
from mmdemo.errors import FusionError
from mmdemo.fusion.report import FusionReport, Paired
from mmdemo.progress import Progress, silent
from mmdemo.store import Workspace
from mmdemo.types import Query

if TYPE_CHECKING:
    from mmdemo.engine.engine import Engine
    from mmdemo.fusion import FusionBatch
    from mmdemo.fusion.base import Fusion

_TIMES = 15
"""Of as many answers the median is told; the first ones come before and do not count."""
_WARM_UP = 3
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class CompareRow:
    """One run's figures.

    Args:
        run: The run.
        recall10: Recall@10 on its test items.
        interval: Its 95% bootstrap interval, over groups.
        mrr: Mean of one over the rank.
        parameters: Numbers that the fusion learned.
        training_seconds: Preparing and measuring included.
        latency_ms: Fusing one query and scoring every item of the catalogue by it, the median of several.
        memory_mb: The fusion and what it keeps of every item, in megabytes.
    """

    run: Run
    recall10: float
    interval: tuple[float, float]
    mrr: float
    parameters: int
    training_seconds: float
    latency_ms: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several runs.

    Args:
        rows: In the order asked for.
        pairs: Two run ids, in that order too, to how much better the first is on the queries that both were asked; two
            without a common query are left out.
    """

    rows: tuple[CompareRow, ...]
    pairs: Mapping[tuple[str, str], Paired]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """What several runs find for one query.

    Args:
        lists: Run id to the ids found, best first.
        overlap: (R, R) share of the results that two runs have in common, 0 to 1, in the order of `lists`.
        moves: Run id to each result's places won against the first run's list; None for items that are new.
    """

    lists: Mapping[str, tuple[str, ...]]
    overlap: tuple[tuple[float, ...], ...]
    moves: Mapping[str, Mapping[str, int | None]]


def compare(path: Path | str, run_ids: Sequence[str], *, progress: Progress = silent) -> Comparison:
    """Figures, costs and paired differences of finished runs.

    Args:
        path: The workspace.
        run_ids: Which.
        progress: Told how far it is; may cancel.

    Raises:
        FusionError: One of them is not there or not done.
    """
    from mmdemo.fusion.evaluation import significance

    items = Workspace(path).manifest().counts["items"]
    runs = [read_run(path, run_id) for run_id in dict.fromkeys(run_ids)]
    reports = {run.run_id: _report(run) for run in runs}

    def work(report: Progress) -> Comparison:
        rows, pairs = [], {}
        for done, run in enumerate(runs):
            report(done, len(runs), f"timing {run.title}")
            rows.append(_row(run, reports[run.run_id], *_costs(trained_fusion(path, run.run_id), items)))
        for first, second in combinations(reports, 2):
            report(len(runs), len(runs), "comparing query by query")
            if {hit.query for hit in reports[first].hits} & {hit.query for hit in reports[second].hits}:
                pairs[first, second] = significance(reports[first], reports[second])
        return Comparison(tuple(rows), pairs)

    return responsive(work, progress)


def side_by_side(engine: "Engine", query: Query, run_ids: Sequence[str], *, k: int = 10) -> SideBySide:
    """What each run finds for one query on the engine's version.

    Args:
        engine: An open version.
        query: What to ask.
        run_ids: Finished runs that were trained on that version.
        k: How many results of each.

    Raises:
        FusionError: One of the runs cannot rank on this version.
        QueryError: Nothing in the query can be compared.
        MediaError: A part cannot be encoded.
    """
    lists = {}
    for run_id in dict.fromkeys(run_ids):
        engine.fusions.ranker(run_id)  # here a run that cannot rank is an error, not a reason to rank by evidence
        lists[run_id] = engine.recommend(query, run_id=run_id).ids[:k]
    first = next(iter(lists.values()), ())
    return SideBySide(
        lists,
        tuple(tuple(_overlap(a, b) for b in lists.values()) for a in lists.values()),
        {
            run_id: {found: first.index(found) - place if found in first else None for place, found in enumerate(ids)}
            for run_id, ids in lists.items()
        },
    )


def _overlap(first: Sequence[str], second: Sequence[str]) -> float:
    longest = max(len(first), len(second))
    return len(set(first) & set(second)) / longest if longest else 1.0


def _report(run: Run) -> FusionReport:
    if run.report is None:
        raise FusionError(
            f"run '{run.run_id}' is {run.state}", expected="finished runs can be compared", remedy="train it first"
        )
    return run.report


def _row(run: Run, report: FusionReport, latency_ms: float, memory_mb: float) -> CompareRow:
    return CompareRow(
        run,
        report.recall[10],
        report.intervals[10],
        report.mrr,
        run.parameters,
        run.seconds,
        latency_ms,
        memory_mb,
    )


def _costs(fusion: "Fusion", items: int) -> tuple[float, float]:
    """Milliseconds an answer and megabytes, on as many random items as the catalogue has; values do not matter."""
    import torch

    catalogue, query = _random(fusion, items, seed=0), _random(fusion, 1, seed=1)
    with torch.inference_mode():
        blocks = torch.arange(items).split(_AT_ONCE)
        index = torch.cat([fusion.index(catalogue.take(block)) for block in blocks])
        took = []
        for _ in range(_WARM_UP + _TIMES):
            started = time.perf_counter()
            fusion.score(query, index)
            took.append(time.perf_counter() - started)
    kept = [index, *fusion.state_dict().values()]
    memory = sum(tensor.numel() * tensor.element_size() for tensor in kept)
    return float(np.median(took[_WARM_UP:])) * 1e3, memory / 1e6


def _random(fusion: "Fusion", rows: int, *, seed: int) -> "FusionBatch":
    """Random items with every modality, and all the parts that there may be."""
    import torch

    from mmdemo.fusion import FusionBatch, Parts

    rng, shape = np.random.default_rng(seed), fusion.shape

    def random(*size: int) -> "torch.Tensor":
        return torch.from_numpy(rng.standard_normal(size).astype(np.float32))

    vectors = {m: random(rows, shape.width(m)) for m in shape.modalities}
    parts = {m: Parts(random(rows, MOST, width), torch.ones(rows, MOST).bool()) for m, width in shape.parts.items()}
    return FusionBatch(vectors, torch.ones(rows, len(shape.modalities)).bool(), parts)
