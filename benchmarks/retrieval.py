"""How well words find pictures, pictures words, and sounds their like, on the `things` catalogue.

Five folds grouped by text: the shared space, with its penalty and blend, is fitted on four of them and asked with the
fifth (nested, so nothing is chosen on what it is measured on). A query ranks all pictures, or all texts; items with
the same text count as hits. Symbols (letters, digits, coins, ...) are left out. Sound is measured by the category of
the nearest other sound, in the audio encoder's own space. Each figure stands beside what chance reaches.
"""

import argparse
import os
import sys
from pathlib import Path

import numpy as np

from mmdemo.align import AlignmentData, ClassHead, FeatureSet, fit_native, fit_text_pivot, grouped_folds
from mmdemo.encoders import DEFAULTS
from mmdemo.engine import Engine
from mmdemo.indexing import IndexingRun
from mmdemo.metrics.report import BenchmarkReport
from mmdemo.metrics.retrieval import chance_recall_at, expected_ranks, nearest_label_accuracy, recall_at
from mmdemo.recommend import RankedPart
from mmdemo.recommend.nonsense import nonsense
from mmdemo.store import Workspace
from mmdemo.types import Item, Modality

FOLDS = 5
CUTOFFS = (1, 5, 10)
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
    """Text to image and back, on items that are no symbols."""
    kept = np.array(["symbols" not in item.tags for item in items])
    text_rows, image_rows = data.paired_rows(Modality.TEXT, Modality.IMAGE)
    chosen = kept[data.sets[Modality.TEXT].rows[text_rows]]
    text, image = _rows_of(data, Modality.TEXT, text_rows[chosen]), _rows_of(data, Modality.IMAGE, image_rows[chosen])
    groups = data.groups[data.sets[Modality.TEXT].rows[text_rows[chosen]]]
    fold_of = grouped_folds(groups, FOLDS, seed=seed)
    to_image, to_text = np.zeros(len(groups)), np.zeros(len(groups))
    for fold in range(FOLDS):
        held, train = fold_of == fold, fold_of != fold
        pivot = fit_text_pivot(_subset(text, image, groups, train), seed=seed)
        head = image.head
        assert head is not None
        texts = pivot.project(Modality.TEXT, text.features, text.features[:, :0])
        images = pivot.project(Modality.IMAGE, image.features, head.probabilities)
        relevant = groups[held][:, None] == groups[None, :]
        to_image[held] = expected_ranks(texts[held] @ images.T, relevant)
        to_text[held] = expected_ranks(images[held] @ texts.T, relevant)
    chance = chance_recall_at(groups[:, None] == groups[None, :], CUTOFFS)
    limits = {("text_to_image", 1): 0.175, ("text_to_image", 10): 0.545}
    for name, ranks in (("text_to_image", to_image), ("image_to_text", to_text)):
        for k, recall in recall_at(ranks, CUTOFFS).items():
            report.add(f"{name}.recall@{k}", recall, at_least=limits.get((name, k)))
            report.add(f"{name}.chance@{k}", chance[k])
        report.add(f"{name}.median_rank", float(np.median(ranks)))
    report.add("text_to_image.pictures", len(groups))


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


def _rows_of(data: AlignmentData, modality: Modality, rows: np.ndarray) -> FeatureSet:
    entry = data.sets[modality]
    head = None if entry.head is None else ClassHead(entry.head.probabilities[rows], entry.head.name_features)
    return FeatureSet(entry.features[rows], np.arange(len(rows)), entry.blocks, head)


def _subset(text: FeatureSet, image: FeatureSet, groups: np.ndarray, chosen: np.ndarray) -> AlignmentData:
    rows = np.flatnonzero(chosen)
    whole = AlignmentData({Modality.TEXT: text, Modality.IMAGE: image}, groups)
    return AlignmentData({m: _rows_of(whole, m, rows) for m in whole.sets}, groups[rows])


if __name__ == "__main__":
    sys.exit(main())
