"""`mmdemo tune`."""

import argparse
import json

from mmdemo.cli import terminal
from mmdemo.engine.tuning import Tuned, tune_encoder


def tune(arguments: argparse.Namespace) -> int:
    """Train an encoder, and say how good it is beside guessing and how to index with it."""
    tuned = tune_encoder(
        arguments.workspace,
        arguments.family,
        labels=arguments.labels,
        name=arguments.name,
        epochs=arguments.epochs,
        seed=arguments.seed,
        progress=terminal.progress(),
    )
    if arguments.json:
        print(json.dumps(tuned.as_json(), ensure_ascii=False))
    else:
        print(_told(tuned))
    return 0


def _told(tuned: Tuned) -> str:
    verdict = "better than guessing" if tuned.better_than_chance else "NO BETTER THAN GUESSING: do not index with it"
    skipped = f", {tuned.skipped} skipped" if tuned.skipped else ""
    modality = "image" if tuned.family == "cnn" else "audio"
    return (
        f"{tuned.name}\n"
        f"{tuned.items} items{skipped}, {tuned.epochs} epochs (epoch {tuned.best_epoch} kept), {tuned.seconds:.0f} s\n"
        f"{tuned.measure}, on {tuned.scored} items held out: {tuned.metric:.3f}\n"
        f"guessing: {tuned.chance:.3f} on average, below {tuned.lucky:.3f} 19 times in 20; {verdict}\n"
        f"to use it: mmdemo index --{modality} {tuned.name}"
    )
