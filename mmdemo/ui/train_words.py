"""The words for fusions, their settings and training runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from mmdemo.fusion.report import FusionReport
from mmdemo.types import Modality
from mmdemo.ui.modality import look, word
from mmdemo.ui.text import _, markdown_literal

Colour = Literal["gray", "blue", "green", "orange"]


def sentence(words: str) -> str:
    """A summary from a table as a sentence, safe in markdown."""
    words = words.strip()
    return markdown_literal(f"{words[:1].upper()}{words[1:].rstrip('.')}.")


def level(name: str) -> tuple[str, str]:
    """What a level of fusion is called, and what happens at it."""
    return {
        "feature": (_("Feature level"), _("vectors become one vector by one operation")),
        "early": (_("Early"), _("raw vectors first, then one network")),
        "late": (_("Late"), _("each kind ranks by itself, then the lists are merged")),
        "hybrid": (_("Hybrid"), _("early and late at once, a gate decides")),
        "attention": (_("Attention"), _("what counts is decided item by item")),
        "neural": (_("Neural networks"), _("networks of several layers")),
        "graph": (_("Graph"), _("items and their kinds as a network of neighbours")),
    }.get(name, (name.capitalize(), ""))


def state(name: str) -> tuple[str, str, Colour]:
    """What a run's state is called, its icon and the colour of its badge; "stopped": made, but nobody trains it."""
    known: dict[str, tuple[str, str, Colour]] = {
        "queued": (_("waiting"), ":material/schedule:", "gray"),
        "stopped": (_("not started"), ":material/pause_circle:", "gray"),
        "running": (_("training"), ":material/sync:", "blue"),
        "interrupted": (_("interrupted"), ":material/pause_circle:", "orange"),
        "cancelled": (_("cancelled"), ":material/block:", "gray"),
        "failed": (_("failed"), ":material/error:", "orange"),
        "done": (_("trained"), ":material/check:", "green"),
    }
    return known[name]


def setting_labels() -> Mapping[str, str]:
    """What each setting of a run is called, by its name in `TrainSettings`."""
    return {
        "epochs": _("Epochs, at most"),
        "patience": _("Patience in epochs"),
        "seed": _("Seed"),
        "learning_rate": _("Learning rate"),
        "batch": _("Items in a step"),
        "optimizer": _("Optimiser"),
        "schedule": _("Course of the learning rate"),
        "weight_decay": _("Weight decay"),
        "modality_dropout": _("Modality dropout"),
        "most_gradient": _("Longest gradient"),
        "half_precision": _("Half precision"),
    }


def setting_helps() -> Mapping[str, str]:
    """One sentence on each setting of a run."""
    return {
        "epochs": _("Passes over the training items; it stops earlier when the validation loss no longer falls."),
        "patience": _("How many epochs without a better validation loss are waited for before it stops."),
        "seed": _("Everything random is drawn from it: the same seed gives the same run."),
        "learning_rate": _("How far each step goes, at its highest; too high diverges, too low learns little."),
        "batch": _("How many items are compared with each other at once; more give harder examples."),
        "optimizer": _("AdamW suits all fusions; plain SGD is there to compare with."),
        "schedule": _("After a rise over the first tenth: fall along a cosine, along a line, or stay."),
        "weight_decay": _("How strongly weights are pulled towards zero; more keeps it simpler."),
        "modality_dropout": _("Chance that a kind of media is hidden in training, so that it learns to do without."),
        "half_precision": _("On a GPU, products of matrices in bfloat16: faster; on a processor it changes nothing."),
        "most_gradient": _("Longer gradients are cut to this length, so that one odd step cannot wreck the run."),
    }


def weights(values: Mapping[Modality, float]) -> str:
    """What each modality counted: "text 45% · picture 35%", in their colours."""
    return " · ".join(
        f":{look(modality).name}[{look(modality).material}] {word(modality)} **{value:.0%}**"
        for modality, value in values.items()
    )


def task(report: FusionReport) -> str:
    """What was asked."""
    if report.task == "two-to-third":
        return _("finding an item's third kind of media from the two others")
    return _("finding an item's other kind of media from one")


def meaning(report: FusionReport) -> str:
    """What the measures of a run mean."""
    asked = (
        _(
            "Two kinds of media of an item are fused and must find the same item by its third kind alone: for instance "
            "a text and a picture must find the sound. All items that have the third kind are ranked."
        )
        if report.task == "two-to-third"
        else _("One kind of media of an item must find the same item by another kind, among all items that have it.")
    )
    return "\n\n".join(
        (
            asked + " " + _("The items that ask took no part in training, in choosing anything, or in the alignment."),
            _("**Recall@k**: the share of queries with a right answer among the first k. **Chance**: a random order."),
            _("**Interval**: other items like these would give a value within it 95 times in 100 (bootstrap)."),
            _("**MRR**: the mean of 1 over the rank; 1 is always first, 0.5 is second on average."),
            _("**Weights**: what each kind counted, averaged over test items that have all kinds; they sum to 100%."),
        )
    )
