"""Every fusion and its settings; importing this loads no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from mmdemo.fusion.options import Option
from mmdemo.types import Modality

if TYPE_CHECKING:
    from mmdemo.fusion.base import Fusion


@dataclass(frozen=True, slots=True)
class FusionSpec:
    """One fusion.

    Args:
        name: In settings files and on the command line.
        title: For people.
        summary: One sentence: what it does.
        level: "feature", "early", "late", "hybrid", "attention", "neural" or "graph".
        learned: Whether it has anything to train.
        place: "module:Class".
        options: Its settings.
        paper: Where it comes from; empty for plain operations.
    """

    name: str
    title: str
    summary: str
    level: str
    learned: bool
    place: str
    options: tuple[Option, ...] = ()
    paper: str = ""

    def load(self) -> "type[Fusion]":
        """The class; imports torch."""
        module, _, name = self.place.partition(":")
        return getattr(import_module(f"mmdemo.fusion.{module}"), name)


_WEIGHTS = tuple(
    Option(modality.value, 1.0, f"How much {what} count beside the others.", 0.0, 1.0)
    for modality, what in zip(Modality, ("texts", "pictures", "sounds", "videos"), strict=True)
)
_DROPOUT = Option(
    "dropout", 0.3, "Share of the inputs hidden at random in training, so that nothing is learned by heart.", 0.0, 0.9
)
_HIDDEN = Option("hidden", 256, "Width of the hidden layers.", 4, 4096)
_START = Option(
    "start",
    "shared",
    "Start from the shared space as it is, or from random maps that keep nothing of it.",
    choices=("shared", "free"),
)
_DEPTH = Option("depth", 2, "Hidden layers.", 2, 6)
_HEADS = Option("heads", 4, "Ways of looking at once.", 1, 16)
_HEAD_WIDTH = Option("head_width", 16, "Width of each of these ways.", 2, 256)
_TOKENS = Option(
    "tokens",
    "modalities",
    "Look at each modality as a whole, or also at its words, regions and segments; those are found once, in minutes.",
    choices=("modalities", "parts"),
)
_LAYERS = Option("layers", 2, "Layers of self-attention.", 1, 8)

_SPECS: tuple[FusionSpec, ...] = (
    FusionSpec(
        "concat",
        "Concatenation",
        "Puts the vectors side by side and maps them back to one by a learned matrix.",
        "feature",
        True,
        "concat:Concat",
        paper="Ngiam et al. 2011",
    ),
    FusionSpec("mean", "Mean", "The mean of the vectors that are there.", "feature", False, "mean:Mean"),
    FusionSpec(
        "sum", "Sum", "Adds the vectors up; items whose modalities agree score higher.", "feature", False, "sum:Sum"
    ),
    FusionSpec(
        "max", "Maximum", "In every direction, the modality that points there most.", "feature", False, "max:Max"
    ),
    FusionSpec(
        "weighted",
        "Weighted mean",
        "One weight a modality, chosen by you or learned.",
        "feature",
        True,
        "weighted:Weighted",
        (
            Option("learned", True, "Learn the weights; they start at those chosen below."),
            *_WEIGHTS,
        ),
    ),
    FusionSpec(
        "product",
        "Product",
        "Multiplies the vectors: only what all agree on stays.",
        "feature",
        False,
        "product:Product",
    ),
    FusionSpec(
        "early",
        "Early fusion",
        "Puts all features side by side into one network.",
        "early",
        True,
        "early:Early",
        (_HIDDEN, _DROPOUT),
        "Snoek et al. 2005",
    ),
    FusionSpec(
        "late-average",
        "Late fusion, averaged",
        "One recommender a modality; their scores are averaged.",
        "late",
        False,
        "late_average:LateAverage",
        _WEIGHTS,
        "Snoek et al. 2005",
    ),
    FusionSpec(
        "late-borda",
        "Late fusion, voting",
        "One recommender a modality; each gives points by place, and points are averaged.",
        "late",
        False,
        "late_borda:LateBorda",
        paper="Borda 1781",
    ),
    FusionSpec(
        "late-rrf",
        "Late fusion, reciprocal ranks",
        "One recommender a modality; the first places of each count most.",
        "late",
        False,
        "late_rrf:LateRRF",
        (Option("k", 60, "The larger, the less the first places stand out.", 1, 1000),),
        "Cormack et al. 2009",
    ),
    FusionSpec(
        "hybrid",
        "Hybrid",
        "Early and late fusion, mixed for each query by a learned gate.",
        "hybrid",
        True,
        "hybrid:Hybrid",
        (_HIDDEN, _DROPOUT, *_WEIGHTS),
    ),
    FusionSpec(
        "attention",
        "Attention",
        "Looks at what is in each modality and weighs it accordingly.",
        "attention",
        True,
        "attention:Attention",
        (Option("hidden", 64, "Width in which modalities are compared.", 4, 1024), _START, _DROPOUT),
        "Bahdanau et al. 2015",
    ),
    FusionSpec(
        "mmnn",
        "Multimodal network",
        "Several hidden layers on all modalities, trained end to end.",
        "neural",
        True,
        "mmnn:MMNN",
        (_HIDDEN, _DEPTH, _START, _DROPOUT),
        "Ngiam et al. 2011",
    ),
    FusionSpec(
        "transformer",
        "Transformer",
        "Modalities look at each other, and candidates look at the query.",
        "attention",
        True,
        "transformer:Transformer",
        (_LAYERS, _HEADS, _HEAD_WIDTH, _TOKENS, _START, _DROPOUT),
        "Vaswani et al. 2017",
    ),
    FusionSpec(
        "gat",
        "Graph attention",
        "Items and their modalities are nodes of a graph; attention runs along its edges.",
        "graph",
        True,
        "gat:GAT",
        (_HEADS, _HEAD_WIDTH, _START, _DROPOUT),
        "Brody et al. 2022",
    ),
    FusionSpec(
        "hmdf",
        "HMDF",
        "The network, the Transformer and the graph together, mixed by learned shares.",
        "neural",
        True,
        "hmdf:HMDF",
        (_HIDDEN, _DEPTH, _LAYERS, _HEADS, _HEAD_WIDTH, _TOKENS, _START, _DROPOUT),
    ),
)
FUSIONS: Mapping[str, FusionSpec] = {spec.name: spec for spec in _SPECS}
"""From simple to elaborate."""
