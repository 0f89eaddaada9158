"""How well words find pictures, pictures words, and sounds their like, on the `things` catalogue.

Five folds grouped by text: the shared space is fitted on four of them and asked with the fifth, as
`mmdemo.align.evaluation` does it. A query ranks all pictures, or all texts; items with the same text count as hits.
Symbols (letters, digits, coins, ...) are left out. Sound is measured by the category of the nearest other sound, in the
audio encoder's own space. Each figure stands beside what chance reaches.
"""

import argparse
import os
import sys
from pathlib import Path

import numpy as np

from mmdemo.align import DEFAULT_METHOD, AlignmentData, fit_native
from mmdemo.align.evaluation import evaluate
from mmdemo.align.report import pair_name
from mmdemo.encoders import DEFAULTS
from mmdemo.engine import Engine
from mmdemo.indexing import IndexingRun
from mmdemo.metrics.report import BenchmarkReport
from mmdemo.metrics.retrieval import nearest_label_accuracy
from mmdemo.recommend import RankedPart
from mmdemo.recommend.nonsense import nonsense
from mmdemo.store import Workspace
from mmdemo.types import Item, Modality

FOLDS = 5
SMALLEST_CATEGORY = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--workspace", default=os.environ.get("MMDEMO_WORKSPACE", "workspace"), type=Path)
    parser.add_argument("--seed", default=0, type=int)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    workspace = Workspace(arguments.workspace)
    items = workspace.read_catalog().items
    data, _ = IndexingRun(workspace, items, DEFAULTS).encode()
    report = BenchmarkReport("retrieval")
    measure_pictures(report, data, items, seed=arguments.seed)
    measure_sounds(report, data, items)
    measure_no_match(report, Engine.open(arguments.workspace))
    report.print_out(as_json=arguments.json)
    return 0 if report.holds() else 1


def measure_pictures(report: BenchmarkReport, data: AlignmentData, items: tuple[Item, ...], *, seed: int) -> None:
    """Text to image and back, on items with both that are no symbols."""
    kept = AlignmentData({modality: data.sets[modality] for modality in (Modality.TEXT, Modality.IMAGE)}, data.groups)
    exclude = np.array(["symbols" in item.tags or Modality.IMAGE not in item.media for item in items])
    measured = evaluate(DEFAULT_METHOD, kept, folds=FOLDS, seed=seed, exclude=exclude)
    limits = {("text_to_image", 1): 0.175, ("text_to_image", 10): 0.545}
    for pair, scores in measured.pairs.items():
        name = pair_name(pair)
        for k, recall in scores.recall.items():
            report.add(f"{name}.recall@{k}", recall, at_least=limits.get((name, k)))
            report.add(f"{name}.chance@{k}", scores.chance[k])
        report.add(f"{name}.median_rank", scores.median_rank)
    report.add("text_to_image.pictures", measured.items)


def measure_sounds(report: BenchmarkReport, data: AlignmentData, items: tuple[Item, ...]) -> None:
    """Category of the nearest other sound, for categories with enough sounds."""
    entry = data.sets[Modality.AUDIO]
    categories, labels = np.unique([items[row].tags[0] for row in entry.rows], return_inverse=True)
    sizes = np.bincount(labels)
    kept = sizes[labels] >= SMALLEST_CATEGORY
    vectors = fit_native(entry.features, entry.blocks).project(entry.features)[kept]
    accuracy = nearest_label_accuracy(vectors @ vectors.T, labels[kept])
    counts = sizes[sizes >= SMALLEST_CATEGORY]
    report.add("audio_to_audio.category_1nn", accuracy, at_least=0.65)
    report.add("audio_to_audio.chance", float((counts * (counts - 1)).sum() / (counts.sum() * (counts.sum() - 1))))
    report.add("audio_to_audio.sounds", int(kept.sum()))
    report.add("audio_to_audio.categories", int((sizes[: len(categories)] >= SMALLEST_CATEGORY).sum()))


def measure_no_match(report: BenchmarkReport, engine: Engine) -> None:
    """How often "no good match" is said: of fresh nonsense, and of real queries whose own item is hidden."""
    everything = np.ones(len(engine.items), np.bool_)
    titles = np.array([item.title for item in engine.items])
    for modality in (Modality.TEXT, Modality.IMAGE, Modality.AUDIO):
        flagged = [
            _is_flagged(engine, modality, engine.encoder.place(modality, media), everything)
            for media in nonsense(modality, seed=1)
        ]
        real = []
        for position, item in enumerate(engine.items):
            place = next((p for p in engine.ranker.places(position) if p.modality is modality), None)
            if place is not None and "symbols" not in item.tags:
                real.append(_is_flagged(engine, modality, place, titles != item.title))
        report.add(f"no_match.{modality}.nonsense_flagged", float(np.mean(flagged)))
        report.add(f"no_match.{modality}.real_flagged", float(np.mean(real)))


def _is_flagged(engine: Engine, modality: Modality, place, allowed: np.ndarray) -> bool:
    part = RankedPart((place,), 1.0, modality.value, "query")
    return engine.ranker.rank([part], allowed, 1).no_good_match


if __name__ == "__main__":
    sys.exit(main())
