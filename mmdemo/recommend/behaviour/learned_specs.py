"""Entries of the models that are trained by gradients."""

from mmdemo.fusion.options import Option
from mmdemo.recommend.behaviour.specs import FEATURES, RATINGS, BehaviourSpec

_EPOCHS = Option("epochs", 30, "Passes over all choices.", 1, 10_000)
_BATCH = Option("batch", 4096, "Most choices in one step.", 1, 65_536)
_RATE = Option("learning_rate", 0.01, "Of training.", 1e-6, 1.0)

LEARNED: tuple[BehaviourSpec, ...] = (
    BehaviourSpec(
        "lightgcn",
        "LightGCN",
        "Learns vectors of people and items, averaged over the graph that joins them.",
        "lightgcn:LightGcn",
        "He et al. 2020",
        learned=True,
        options=(
            Option("size", 64, "Numbers in a vector.", 1, 1024),
            Option("layers", 3, "Steps over the graph.", 1, 8),
            Option("ridge", 1e-3, "The higher, the shorter the vectors.", 0.0, 10.0),
            _EPOCHS,
            _BATCH,
            _RATE,
        ),
        grid=tuple({"layers": layers, "ridge": ridge} for layers in (2, 3) for ridge in (1e-4, 1e-2)),
    ),
    BehaviourSpec(
        "vbpr",
        "VBPR",
        "Learns vectors of people and items, half of an item's from its features.",
        "vbpr:Vbpr",
        "He & McAuley 2016",
        frozenset({FEATURES}),
        learned=True,
        options=(
            Option("size", 32, "Numbers in either half of a vector.", 1, 1024),
            Option("ridge", 0.01, "The higher, the shorter the vectors.", 0.0, 10.0),
            _EPOCHS,
            _BATCH,
            _RATE,
        ),
        grid=tuple({"ridge": ridge, "epochs": epochs} for ridge in (1e-3, 1e-2, 1e-1) for epochs in (15, 60)),
    ),
    BehaviourSpec(
        "mf",
        "Matrix factorisation",
        "Foretells ratings from what people and items are like in a few learned respects.",
        "mf:MatrixFactorisation",
        "Koren, Bell & Volinsky 2009",
        frozenset({RATINGS}),
        learned=True,
        options=(
            Option("size", 16, "Respects.", 1, 512),
            Option("ridge", 0.1, "The higher, the closer to the average.", 1e-4, 100.0),
            Option("sweeps", 10, "How often either side is solved for.", 1, 1000),
        ),
        grid=tuple({"size": size, "ridge": ridge} for size in (8, 32) for ridge in (0.03, 0.1, 0.3)),
    ),
    BehaviourSpec(
        "multimodal-graph",
        "Multimodal graph",
        "Several graph networks over people, items and their features, with what was chosen together counted in.",
        "multimodal_graph:MultimodalGraph",
        learned=True,
        options=(
            Option("towers", 8, "Networks whose scores are averaged; more are steadier and take longer.", 1, 64),
            Option("steps", 60, "Of training, for each of them.", 1, 100_000),
            Option("batch", 1024, "Most choices foretold in one step.", 1, 65_536),
            Option("learning_rate", 0.01, "Of training.", 1e-6, 1.0),
            Option("size", 64, "Numbers in a vector.", 1, 1024),
            Option("temperature", 0.22, "The lower, the more alike a choice has to be.", 0.01, 10.0),
            Option("keep", 0.3, "What an item's own vector counts beside those of items like it.", 0.0, 1.0),
            Option("neighbours", 10, "Items like it that each item names.", 1, 1000),
            Option("popular", 0.6, "How much of the popularity is given rather than learned.", 0.0, 2.0),
            Option("together", 0.7, "Weight of what was chosen together.", 0.0, 10.0),
            Option(
                "most_items",
                300,
                "People with more choices say less of what is popular or goes together.",
                1,
                1_000_000,
            ),
        ),
        grid=tuple({"temperature": temperature, "steps": steps} for temperature in (0.2, 0.3) for steps in (60, 240)),
    ),
)
"""From simple to elaborate."""
