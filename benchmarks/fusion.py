"""Every fusion on "find the item from two of its modalities", and whether learned weights follow the signal.

On `things` each seed is one of five folds of the catalogue, so that together the seeds ask with every item; on `world`
each seed is another generated world of which a fifth asks. Queries are pooled over seeds. Every result is kept in the
folder given by --cache, and a run that was stopped goes on from there. Results of other settings or of other code of
fusions are measured again; delete the folder after changing the catalogue. `fusion_missing.py` asks what is lost where
pictures are missing.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.engine import import_into, reindex
from mmdemo.engine.fusion_data import prepare
from mmdemo.engine.truth import FUSIONS_ASKED, fusion_code_hash, measure_truth
from mmdemo.fusion import FUSIONS
from mmdemo.fusion.data import FusionData
from mmdemo.fusion.report import FusionReport, Hit
from mmdemo.fusion.settings import TrainSettings
from mmdemo.fusion.truth_report import TruthReport
from mmdemo.metrics.bootstrap import recall_intervals
from mmdemo.metrics.report import BenchmarkReport
from mmdemo.store import Workspace
from mmdemo.types import Modality

DATA = ("things", "world")
FOLDS = 5
K = 10
PLAIN = "plain-concat"
"""Concatenation trained without modality dropout, as is usual; what missing pictures are held against."""
MISSING = (0.0, 0.5)
DRAWS = 10
"""Of whose pictures are missing; one draw alone differs by several queries from another."""
TRUTH_LEAST = 0.9
SECONDS_MOST = 60.0


@dataclass(frozen=True, slots=True)
class Result:
    """One fusion, trained and measured once.

    Args:
        hits: One a query.
        missing: Recall@10 with the shares `MISSING` of pictures missing.
        seconds: Training took.
        processor_seconds: Of processor time; on a busy machine less than the time that passed.
        settings: It was trained with.
    """

    hits: tuple[Hit, ...]
    missing: tuple[float, ...]
    seconds: float
    processor_seconds: float
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pooled:
    """One fusion over all seeds."""

    hits: tuple[Hit, ...]
    recall: float
    interval: tuple[float, float]
    missing: tuple[float, ...]
    seconds: float
    processor_seconds: float

    @property
    def loss(self) -> float:
        """What of Recall@10 is lost where half the pictures are missing."""
        return self.missing[0] - self.missing[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--workspace", default=os.environ.get("MMDEMO_WORKSPACE", "workspace"), type=Path)
    parser.add_argument("--cache", default=Path(tempfile.gettempdir()) / "mmdemo-fusion-benchmark", type=Path)
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--seeds", type=int, default=5, help=f"how many, 1 to {FOLDS}")
    parser.add_argument("--fusions", nargs="+", choices=FUSIONS, default=list(FUSIONS))
    parser.add_argument("--items", type=int, default=400, help="of each world")
    parser.add_argument("--truth-items", type=int, default=200, help="of each world with known shares; 0: none")
    parser.add_argument("--epochs", type=int, help="at most, instead of the default")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not 1 <= arguments.seeds <= FOLDS:
        parser.error(f"--seeds {arguments.seeds}: 1 to {FOLDS}")
    arguments.cache.mkdir(parents=True, exist_ok=True)
    report = BenchmarkReport("fusion")
    found: dict[str, dict[str, list[Result]]] = {name: {} for name in arguments.data}
    for seed in range(arguments.seeds):  # a run that is stopped early has all fusions of the first seeds
        for name in arguments.data:
            for fusion, result in results(arguments, name, seed):
                found[name].setdefault(fusion, []).append(result)
    for name in arguments.data:
        add_data(report, name, {fusion: pooled(results) for fusion, results in found[name].items()})
    if "world" in arguments.data and arguments.truth_items:
        add_truth(report, truth(arguments))
    report.print_out(as_json=arguments.json)
    return 0 if report.holds() else 1


def results(arguments: argparse.Namespace, name: str, seed: int) -> Iterator[tuple[str, Result]]:
    """Every fusion on one set of data; what is known is read."""
    data: FusionData | None = None
    for fusion in (*arguments.fusions, *([PLAIN] if "concat" in arguments.fusions else [])):
        settings = settings_of(fusion, seed=seed, epochs=arguments.epochs)
        sizes = f"{arguments.items}-" if name == "world" else ""
        file = arguments.cache / f"{name}-{sizes}{seed}-{fusion}.json"
        result = read(file, settings)
        if result is None:
            if data is None:
                data = prepared(arguments, name, seed)
            result = measure(data, settings)
            write(file, result)
            told = sum(hit.rank <= K for hit in result.hits) / len(result.hits)
            print(f"{name} {seed} {fusion}: Recall@{K} {told:.3f} in {result.seconds:.1f} s", file=sys.stderr)
        yield fusion, result


def settings_of(fusion: str, *, seed: int, epochs: int | None) -> TrainSettings:
    """The defaults; only plain concatenation is trained with nothing hidden."""
    settings = TrainSettings("concat", modality_dropout=0.0) if fusion == PLAIN else TrainSettings(fusion)
    return replace(settings, seed=seed, epochs=settings.epochs if epochs is None else epochs)


def prepared(arguments: argparse.Namespace, name: str, seed: int) -> FusionData:
    """The data of one seed."""
    if name == "things":
        return prepare(arguments.workspace, seed=0, fold=seed, folds=FOLDS)
    return prepare(world_workspace(arguments, seed), seed=seed, fold=0, folds=FOLDS)


def world_workspace(arguments: argparse.Namespace, seed: int) -> Path:
    """A workspace with the world of a seed, indexed; made where it is not there yet."""
    path = arguments.cache / f"world-{seed}-{arguments.items}"
    workspace = Workspace(path)
    if not workspace.exists() or workspace.current_catalog_id() is None:
        import_into(path, "world", n=arguments.items, seed=seed)
    if workspace.current_version_id() is None:
        reindex(path)
    return path


def measure(data: FusionData, settings: TrainSettings) -> Result:
    """Train, ask, and ask again without half of the pictures."""
    from mmdemo.fusion.evaluation import evaluate
    from mmdemo.fusion.fit import fit
    from mmdemo.fusion.stress import stress

    started, worked = time.perf_counter(), time.process_time()
    trained = fit(data, settings)
    seconds, processor_seconds = time.perf_counter() - started, time.process_time() - worked
    hits = evaluate(trained.fusion, data, seed=settings.seed).hits
    draws = [
        stress(trained.fusion, data, kind="missing", modality=Modality.IMAGE, levels=MISSING, seed=draw)
        for draw in range(DRAWS)
    ]
    missing = np.mean([[point.recall10 for point in points] for points in draws], axis=0)
    return Result(hits, tuple(missing.tolist()), seconds, processor_seconds, settings.as_json())


def read(file: Path, settings: TrainSettings) -> Result | None:
    """A result that was kept; None where there is none of these settings and this code."""
    if not file.exists():
        return None
    kept = json.loads(file.read_text())
    if kept["settings"] != json.loads(json.dumps(settings.as_json())) or kept.get("code") != fusion_code_hash():
        return None
    hits = tuple(
        Hit(item, tuple(map(Modality, asked)), Modality(target), rank, group)
        for item, asked, target, rank, group in kept["hits"]
    )
    return Result(hits, tuple(kept["missing"]), kept["seconds"], kept["processor_seconds"], kept["settings"])


def write(file: Path, result: Result) -> None:
    """Keep a result: the whole file or none."""
    hits = [[hit.item_id, hit.asked, hit.target, hit.rank, hit.group] for hit in result.hits]
    content = asdict(result) | {"hits": hits, "code": fusion_code_hash()}
    unfinished = file.with_suffix(".part")
    unfinished.write_text(json.dumps(content))
    unfinished.replace(file)


def pooled(results: Sequence[Result]) -> Pooled:
    """All seeds together; items and groups of different seeds are different ones."""
    hits = tuple(
        replace(hit, item_id=f"{seed}/{hit.item_id}", group=hit.group * len(results) + seed)
        for seed, result in enumerate(results)
        for hit in result.hits
    )
    ranks, groups = np.array([hit.rank for hit in hits]), np.array([hit.group for hit in hits])
    return Pooled(
        hits,
        float((ranks <= K).mean()),
        recall_intervals(ranks, groups, (K,), seed=0)[K],
        tuple(np.average([r.missing for r in results], axis=0, weights=[len(r.hits) for r in results]).tolist()),
        max(result.seconds for result in results),
        max(result.processor_seconds for result in results),
    )


def add_data(report: BenchmarkReport, name: str, found: dict[str, Pooled]) -> None:
    """The table of one set of data, and the figures."""
    fusions = {fusion: entry for fusion, entry in found.items() if fusion != PLAIN}
    ordered = sorted(fusions, key=lambda fusion: -fusions[fusion].recall)
    print(f"\n{name}: Recall@{K} of {len(fusions[ordered[0]].hits)} queries, the item from two of its modalities")
    for fusion in ordered:
        entry, kind = fusions[fusion], "learned" if FUSIONS[fusion].learned else "fixed"
        low, high = entry.interval
        print(
            f"  {fusion:14} {kind:8} {entry.recall:.3f} [{low:.3f}, {high:.3f}]  trained in {entry.seconds:.1f} s"
            f" ({entry.processor_seconds:.1f} s of processor time)"
        )
    print()
    for fusion, entry in fusions.items():
        report.add(f"{name}.{fusion}.recall@{K}", entry.recall)
        report.add(f"{name}.{fusion}.recall@{K}.low", entry.interval[0])
        report.add(f"{name}.{fusion}.recall@{K}.high", entry.interval[1])
        if name == "things" and FUSIONS[fusion].learned:
            report.add(f"train_seconds.{fusion}", entry.seconds, at_most=SECONDS_MOST)
    learned = next((fusion for fusion in ordered if FUSIONS[fusion].learned), None)
    fixed = next((fusion for fusion in ordered if not FUSIONS[fusion].learned), None)
    if learned is not None and fixed is not None:
        add_difference(report, name, learned, fixed, fusions)
    if learned is not None and PLAIN in found:
        report.add(f"{name}.missing_image_50.best_learned_loss", found[learned].loss)
        report.add(f"{name}.missing_image_50.concat_loss", found[PLAIN].loss)


def add_difference(report: BenchmarkReport, name: str, learned: str, fixed: str, fusions: dict[str, Pooled]) -> None:
    """Best learned less best fixed, on the same queries."""
    from mmdemo.fusion.evaluation import significance

    paired = significance(*(as_report(fusions[fusion]) for fusion in (learned, fixed)), seed=0)
    print(f"{name}: best learned {learned}, best fixed {fixed}\n")
    report.add(f"{name}.best_learned_minus_best_fixed", paired.difference, at_least=round(1 / paired.queries, 6))
    report.add(f"{name}.best_learned_minus_best_fixed.low", paired.interval[0])
    report.add(f"{name}.best_learned_minus_best_fixed.high", paired.interval[1])
    report.add(f"{name}.best_learned_minus_best_fixed.p", paired.p)


def as_report(entry: Pooled) -> FusionReport:
    """What `significance` takes."""
    recall, intervals = {K: entry.recall}, {K: entry.interval}
    return FusionReport("two-to-third", len(entry.hits), recall, intervals, 0.0, {}, {}, {}, entry.hits)


def truth(arguments: argparse.Namespace) -> TruthReport:
    """Weights against shares of signal, of every fusion that learns, over three worlds a seed."""
    fusions = [fusion for fusion in arguments.fusions if FUSIONS[fusion].learned]
    runs = []
    for seed in range(arguments.seeds):
        path = world_workspace(arguments, seed)
        runs += measure_truth(path, fusions=fusions, seeds=(seed,), items=arguments.truth_items).runs
    return TruthReport(tuple(runs))


def add_truth(report: BenchmarkReport, found: TruthReport) -> None:
    """Rank correlations over all worlds and modalities, and how much is named right."""
    for fusion, value in found.spearman.items():
        least = TRUTH_LEAST if fusion in FUSIONS_ASKED else None
        report.add(f"world.{fusion}.weight_spearman", value, at_least=least)
        report.add(f"world.{fusion}.factor_accuracy", found.accuracy[fusion])
    report.add("world.weight_spearman.worlds", len(found.worlds))


if __name__ == "__main__":
    sys.exit(main())
