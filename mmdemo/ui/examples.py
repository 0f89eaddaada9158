"""Queries to start from, suited to the catalogue that is loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmdemo.types import Modality
from mmdemo.ui.draft import Draft
from mmdemo.ui.text import _

SAMPLES = Path(__file__).resolve().parent.parent.parent / "assets" / "samples"


@dataclass(frozen=True, slots=True)
class Example:
    """One example: its words on the button, what it uses, and what it puts into an empty draft."""

    label: str
    modalities: tuple[Modality, ...]
    fill: Callable[[Draft], None]


def for_source(name: str) -> tuple[Example, ...]:
    """Examples for a built-in source; ones of everyday things for any other."""
    texts = {
        "things": (_("an animal that can fly"), _("something to eat for breakfast"), _("a wind instrument")),
        "openmoji": (_("a happy face"), _("bad weather"), _("something to ride on")),
        "wesnoth": (_("an archer of the forest"), _("an undead monster"), _("a dragon breathing fire")),
        "world": (_("a bright red shape"), _("something calm and blue"), _("a fast cheerful tune")),
    }.get(name, (_("an animal"), _("something to eat"), _("a musical instrument")))
    return (
        *(Example(words, (Modality.TEXT,), _text(words)) for words in texts),
        Example(_("a picture: sailing boat"), (Modality.IMAGE,), _files("sailing-boat.png")),
        Example(_("a sound: bell"), (Modality.AUDIO,), _files("bell.flac")),
        Example(_("an orange, but not fruit"), (Modality.IMAGE, Modality.TEXT), _orange_but_not_fruit),
    )


def _text(words: str) -> Callable[[Draft], None]:
    return lambda draft: draft.add_text(words)


def _files(*names: str) -> Callable[[Draft], None]:
    def fill(draft: Draft) -> None:
        for name in names:
            draft.add_upload((SAMPLES / name).read_bytes(), name)

    return fill


def _orange_but_not_fruit(draft: Draft) -> None:
    _files("orange.png")(draft)
    draft.add_text(_("fruit"), weight=-0.5)
