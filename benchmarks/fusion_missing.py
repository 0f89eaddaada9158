"""What learned fusions lose where half of the pictures are missing, held against plain concatenation.

The task is naming an item's tags. In "find the item from two of its modalities" a query that lost its picture keeps
one modality, and no fusion can do more than that modality can; here whatever is left can still tell the tags. Each
fusion is trained on five folds of the catalogue, at its best: with half of the modalities hidden in training, until its
validation loss no longer falls. Plain concatenation is trained with nothing hidden, as is usual, at the learning rate
with the lowest validation loss. Every result is kept in the folder given by --cache.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mmdemo.engine.fusion_data import prepare
from mmdemo.engine.truth import fusion_code_hash
from mmdemo.fusion import FUSIONS
from mmdemo.fusion.data import FusionData
from mmdemo.fusion.settings import TrainSettings
from mmdemo.metrics.report import BenchmarkReport
from mmdemo.types import Modality

FOLDS = 5
PLAIN = "plain-concat"
PLAIN_RATES = (0.01, 0.1, 0.3)
MEASURE = "mean average precision"
MISSING = 0.5
DRAWS = 10
"""Of whose pictures are missing."""
LEARNED = tuple(name for name, spec in FUSIONS.items() if spec.learned)


@dataclass(frozen=True, slots=True)
class Result:
    """One fusion, trained and measured on one fold.

    Args:
        validation: Lowest validation loss.
        whole: Mean average precision of the tags of the test items.
        half: The same with half of the pictures missing, the mean of `DRAWS` draws.
    """

    validation: float
    whole: float
    half: float

    @property
    def loss(self) -> float:
        """What is lost."""
        return self.whole - self.half


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--workspace", default=os.environ.get("MMDEMO_WORKSPACE", "workspace"), type=Path)
    parser.add_argument("--cache", default=Path(tempfile.gettempdir()) / "mmdemo-fusion-benchmark", type=Path)
    parser.add_argument("--folds", type=int, default=FOLDS, help=f"how many of the {FOLDS} folds")
    parser.add_argument("--fusions", nargs="+", choices=LEARNED, default=list(LEARNED))
    parser.add_argument("--epochs", type=int, default=100, help="at most")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not 1 <= arguments.folds <= FOLDS:
        parser.error(f"--folds {arguments.folds}: 1 to {FOLDS}")
    arguments.cache.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[Result]] = {name: [] for name in (PLAIN, *arguments.fusions)}
    for fold in range(arguments.folds):
        data = Folded(arguments.workspace, fold)
        plain = [result(arguments, data, plain_settings(rate, arguments.epochs)) for rate in PLAIN_RATES]
        found[PLAIN].append(min(plain, key=lambda known: known.validation))
        for fusion in arguments.fusions:
            found[fusion].append(result(arguments, data, settings_of(fusion, arguments.epochs)))
    report = BenchmarkReport("fusion_missing")
    add(report, found)
    report.print_out(as_json=arguments.json)
    return 0 if report.holds() else 1


def settings_of(fusion: str, epochs: int) -> TrainSettings:
    """A fusion at its best."""
    return TrainSettings(fusion, objective="classify", modality_dropout=0.5, epochs=epochs)


def plain_settings(rate: float, epochs: int) -> TrainSettings:
    """Concatenation with nothing hidden in training."""
    return TrainSettings("concat", objective="classify", modality_dropout=0.0, learning_rate=rate, epochs=epochs)


class Folded:
    """The data of one fold, read when they are first needed."""

    def __init__(self, workspace: Path, fold: int) -> None:
        self.workspace, self.fold = workspace, fold
        self._data: FusionData | None = None

    def read(self) -> FusionData:
        """The data; the first time this may take minutes."""
        if self._data is None:
            self._data = prepare(self.workspace, seed=0, fold=self.fold, folds=FOLDS)
        return self._data


def result(arguments: argparse.Namespace, data: Folded, settings: TrainSettings) -> Result:
    """What is known of these settings and this code, or a new measurement."""
    said = settings.as_json() | {"code": fusion_code_hash()}
    name = f"tags-{data.fold}-{settings.fusion}-{settings.modality_dropout:g}-{settings.learning_rate:g}.json"
    file: Path = arguments.cache / name
    if file.exists():
        kept = json.loads(file.read_text())
        if kept["settings"] == json.loads(json.dumps(said)):
            return Result(**kept["result"])
    measured = measure(data.read(), settings)
    unfinished = file.with_suffix(".part")
    unfinished.write_text(json.dumps({"settings": said, "result": asdict(measured)}))
    unfinished.replace(file)
    print(f"fold {data.fold} {name}: {measured.whole:.3f}, lost {measured.loss:.3f}", file=sys.stderr)
    return measured


def measure(data: FusionData, settings: TrainSettings) -> Result:
    """Train, name the tags, and again without half of the pictures."""
    from mmdemo.fusion.fit import fit
    from mmdemo.fusion.stress import spoiled

    trained = fit(data, settings)
    halves = [spoiled(data, kind="missing", modality=Modality.IMAGE, level=MISSING, seed=draw) for draw in range(DRAWS)]
    known = [epoch.validation for epoch in trained.epochs if epoch.validation is not None]
    return Result(
        min(known, default=0.0),
        trained.objective.measures(trained.fusion, data)[MEASURE],
        float(np.mean([trained.objective.measures(trained.fusion, half)[MEASURE] for half in halves])),
    )


def add(report: BenchmarkReport, found: dict[str, list[Result]]) -> None:
    """The table, and the figures; every fold counts alike. The best is the one with the lowest validation loss."""
    print(f"\nthings: {MEASURE} of the tags, and what is lost where {MISSING:.0%} of the pictures are missing")
    learned = sorted((name for name in found if name != PLAIN), key=lambda name: -mean(found[name], "whole"))
    for name in (*learned, PLAIN):
        whole, loss = mean(found[name], "whole"), mean(found[name], "loss")
        folds = ", ".join(f"{result.loss:.3f}" for result in found[name])
        print(f"  {name:14} {whole:.3f}  lost {loss:.3f}  (folds: {folds})")
        report.add(f"things.{name}.tags.map", whole)
        report.add(f"things.{name}.tags.missing_image_50.loss", loss)
    plain = mean(found[PLAIN], "loss")
    best = min(learned, key=lambda name: mean(found[name], "validation"))
    print(f"best learned, by validation: {best}\n")
    less = np.array([p.loss - b.loss for p, b in zip(found[PLAIN], found[best], strict=True)])
    report.add("things.tags.missing_image_50.concat_loss", plain)
    report.add("things.tags.missing_image_50.best_learned_loss", mean(found[best], "loss"), at_most=plain)
    report.add("things.tags.missing_image_50.loss_spared", float(less.mean()))
    if len(less) > 1:
        report.add("things.tags.missing_image_50.loss_spared.se", float(less.std(ddof=1) / len(less) ** 0.5))


def mean(results: Sequence[Result], name: str) -> float:
    """Mean over the folds."""
    return float(np.mean([getattr(result, name) for result in results]))


if __name__ == "__main__":
    sys.exit(main())
