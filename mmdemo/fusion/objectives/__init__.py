"""What a fusion is trained for: every objective by name. Importing this loads no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

import numpy as np

from mmdemo.errors import FusionError
from mmdemo.fusion.data import FusionData
from mmdemo.fusion.table import Option

if TYPE_CHECKING:
    from mmdemo.fusion.objectives.base import Objective

Needs = Literal["pairs", "labels", "numbers", "interactions"]


@dataclass(frozen=True, slots=True)
class ObjectiveSpec:
    """One objective.

    Args:
        name: In settings files and on the command line.
        title: For people.
        summary: One sentence: what is learned from what.
        needs: "pairs": items with two modalities; "labels", "numbers" or "interactions" of `FusionData`.
        place: "module:Class".
        options: Its settings.
        paper: Where it comes from; empty for textbook losses.
    """

    name: str
    title: str
    summary: str
    needs: Needs
    place: str
    options: tuple[Option, ...] = ()
    paper: str = ""

    def load(self) -> "type[Objective]":
        """The class; imports torch."""
        module, _, name = self.place.partition(":")
        return getattr(import_module(f"{__name__}.{module}"), name)


_SPECS: tuple[ObjectiveSpec, ...] = (
    ObjectiveSpec(
        "self-supervised",
        "Find the item again",
        "From some modalities of an item, with others hidden at random, find the rest of it among other items.",
        "pairs",
        "self_supervised:SelfSupervised",
        (
            Option(
                "target",
                "rest",
                "What must be found: the rest of the item, or the whole item (easier: it holds the query itself).",
                choices=("rest", "whole"),
            ),
            Option(
                "temperature",
                0.07,
                "How sharply a near miss is punished at the start; lower is sharper. It is learned on.",
                0.01,
                1.0,
            ),
        ),
        "van den Oord et al. 2018, arXiv:1807.03748 (InfoNCE); Radford et al. 2021, arXiv:2103.00020 (symmetric)",
    ),
    ObjectiveSpec(
        "classify",
        "Name the tags",
        "Each tag is a yes-or-no question to the fused vector (binary cross-entropy).",
        "labels",
        "labels:Classify",
    ),
    ObjectiveSpec(
        "cross-entropy",
        "Choose one answer a question",
        "Of the possible answers to each question (a category, a factor), one is right (softmax cross-entropy).",
        "labels",
        "labels:CrossEntropy",
    ),
    ObjectiveSpec(
        "regress",
        "Predict a number",
        "A number of the catalogue, a rating or a price, is predicted from the fused vector (mean squared error).",
        "numbers",
        "regress:Regress",
    ),
    ObjectiveSpec(
        "bpr",
        "Rank what users chose first",
        "Of two items, the one that a user chose must score higher than one the user did not (BPR).",
        "interactions",
        "two_tower:Bpr",
        paper="Rendle et al. 2009, UAI (arXiv:1205.2618)",
    ),
    ObjectiveSpec(
        "sampled-softmax",
        "Pick what users chose among many",
        "The item that a user chose must score highest among items drawn from what all users chose (sampled softmax).",
        "interactions",
        "two_tower:SampledSoftmax",
        (
            Option("negatives", 64, "How many drawn items each choice is held against.", 1, 1000),
            Option(
                "draw",
                "popular",
                "Draw items as often as users chose them, which is allowed for in the loss, or all alike.",
                choices=("popular", "uniform"),
            ),
        ),
        "Bengio & Senecal 2008, IEEE TNN 19(4); Yi et al. 2019, RecSys (correction by log Q)",
    ),
)
OBJECTIVES: Mapping[str, ObjectiveSpec] = {spec.name: spec for spec in _SPECS}
"""The self-supervised one first, as it needs nothing but the items."""

LEAST_ITEMS = 8
"""Fewer training items (or users' choices) than this teach nothing."""


def find_objective(name: str) -> ObjectiveSpec:
    """An objective by name.

    Raises:
        FusionError: There is none.
    """
    if name not in OBJECTIVES:
        raise FusionError(
            f"objective '{name}'", expected=f"one of {', '.join(OBJECTIVES)}", remedy="choose one of these"
        )
    return OBJECTIVES[name]


def available(data: FusionData) -> dict[str, str]:
    """Every objective's name to "" where the data allow it, else to the reason why not, a plain sentence."""
    reasons: dict[Needs, str] = {
        "pairs": _without_pairs(data),
        "labels": _without_labels(data),
        "numbers": _without_numbers(data),
        "interactions": _without_interactions(data),
    }
    found = {name: reasons[spec.needs] for name, spec in OBJECTIVES.items()}
    if not found["cross-entropy"] and not questions(data):
        found["cross-entropy"] = "Items have several tags each, so there is no question with a single right answer."
    return found


def questions(data: FusionData) -> tuple[slice, ...]:
    """Columns of the labels that are the answers to one question each.

    Those of the data; where there are none, all labels are the answers to one question if most labelled items have
    exactly one.
    """
    if data.labels is None or data.labels.questions:
        return () if data.labels is None else data.labels.questions
    counts = data.labels.values[data.train].sum(axis=1)
    labelled = counts > 0
    single = labelled.any() and (counts[labelled] == 1).mean() > 0.5
    return (slice(0, len(data.labels.names)),) if single and len(data.labels.names) > 1 else ()


def _without_pairs(data: FusionData) -> str:
    several = int((data.present[data.train].sum(axis=1) > 1).sum())
    return _too_few(several, "have two modalities")


def _without_labels(data: FusionData) -> str:
    if data.labels is None or not data.labels.names:
        return "The items have no tags."
    return _too_few(int((data.labels.values[data.train].sum(axis=1) > 0).sum()), "have a tag")


def _without_numbers(data: FusionData) -> str:
    if data.numbers is None:
        return "The items have no number to predict, such as a rating or a price."
    known = data.numbers[data.train]
    known = known[np.isfinite(known)]
    if len(known) and np.ptp(known) == 0:
        return "The number is the same for all items."
    return _too_few(len(known), "have the number")


def _without_interactions(data: FusionData) -> str:
    if data.interactions is None:
        return "Nobody's choices of items are known; give a file of users and items."
    several = int((np.diff(data.interactions.indptr) > 1).sum())
    return "" if several >= LEAST_ITEMS else f"Only {several} users chose two items or more; {LEAST_ITEMS} are needed."


def _too_few(count: int, what: str) -> str:
    return "" if count >= LEAST_ITEMS else f"Only {count} items to train on {what}; {LEAST_ITEMS} are needed."
