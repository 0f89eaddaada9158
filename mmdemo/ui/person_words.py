"""The words of the page about a person: tastes, reasons, changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmdemo.recommend.behaviour.because import BEHAVIOUR_PART
from mmdemo.types import Modality
from mmdemo.ui.modality import word
from mmdemo.ui.text import _

if TYPE_CHECKING:
    from mmdemo.engine.person_reasons import Reason
    from mmdemo.engine.personas import Persona

_WORTH_SAYING = 90.0
"""Items that are less alike than this (percent) are not called alike."""


def title(persona: Persona) -> str:
    """What a persona is called: "Birds and houses"."""
    if not persona.likes:
        return _("Person {name}").format(name=persona.person_id)
    said = persona.likes[0]
    if len(persona.likes) > 1:
        said = _("{first} and {second}").format(first=persona.likes[0], second=persona.likes[1])
    return said[:1].upper() + said[1:]


def because(reason: Reason, of: str) -> str:
    """Why a liked item brought a result: "Because of “A frog”: people chose both"."""
    if not reason.liked:
        return _("Held back by “{item}”, which was disliked").format(item=of)
    how = how_came(reason)
    said = _("Because of “{item}”").format(item=of)
    return f"{said}: {how}" if how else said


def how_came(reason: Reason) -> str:
    """By what a rated item brought a result; empty where that cannot be said."""
    kind = modality(reason.through)
    if kind is not None:
        return _("alike in {modality}").format(modality=word(kind))
    if reason.through == BEHAVIOUR_PART and alike(reason):
        return _("people chose both, {alike}").format(alike=alike(reason))
    return _("people chose both") if reason.through == BEHAVIOUR_PART else alike(reason)


def alike(reason: Reason) -> str:
    """In what a rated item and a result are alike, where they are: "alike in picture"."""
    kind = modality(reason.alike_in)
    if kind is None or reason.alike < _WORTH_SAYING:
        return ""
    return _("alike in {modality}").format(modality=word(kind))


def modality(name: str | None) -> Modality | None:
    """The modality that a table of features is named after; None where it is none."""
    return Modality(name) if name in set(Modality) else None


def how_measured(how: str | None) -> str:
    """How exact the values of a reason are."""
    return {
        "exact": _("Exact: the score is the sum of these values and of what the item scores for everybody."),
        "shapley": _(
            "Shapley values: each item's fair share, from the scores of every part of the history. They sum to the "
            "score, with what the item scores for everybody."
        ),
        "left out": _(
            "How much the score falls when that one item is left out of the history. These do not sum to the score."
        ),
        None: "",
    }[how]


def rated(kind: str, item: str) -> str:
    """What was just done: "After liking A frog"."""
    return {
        "like": _("After liking {item}"),
        "dislike": _("After disliking {item}"),
        "skip": _("After skipping {item}"),
        "clear": _("After taking back {item}"),
    }[kind].format(item=item)
