"""Queries to start from, suited to the catalogue that is loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmdemo.store import SourceInfo
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


def for_source(source: SourceInfo | None) -> tuple[Example, ...]:
    """Examples for the catalogue of a built-in source; ones of everyday things for any other."""
    texts = by_title().get(source.title if source is not None else "", by_title()[""])
    return (
        *(Example(words, (Modality.TEXT,), _text(words)) for words in texts),
        Example(_("a picture: traffic light"), (Modality.IMAGE,), _file("traffic-light.png", _("traffic light"))),
        Example(_("a sound: guitar"), (Modality.AUDIO,), _file("guitar.flac", _("guitar"))),
        Example(_("birdsong, with “a bird”"), (Modality.AUDIO, Modality.TEXT), _birdsong_with_words),
        Example(_("an orange, but no fruit"), (Modality.IMAGE, Modality.TEXT), _orange_but_no_fruit),
    )


def by_title() -> dict[str, tuple[str, ...]]:
    """Texts by title of the source they suit; under no title those for every other."""
    return {
        "": (_("an animal"), _("something to eat"), _("a musical instrument")),
        "Everyday things": (_("an animal that can fly"), _("a wind instrument"), _("clothes for winter")),
        "OpenMoji": (_("a happy face"), _("bad weather"), _("something to ride on")),
        "Wesnoth units": (_("an archer of the forest"), _("an undead monster"), _("a dragon breathing fire")),
    }


def _text(words: str) -> Callable[[Draft], None]:
    return lambda draft: draft.add_text(words)


def _file(name: str, label: str) -> Callable[[Draft], None]:
    return lambda draft: draft.add_upload((SAMPLES / name).read_bytes(), label)


def _birdsong_with_words(draft: Draft) -> None:
    _file("birdsong.flac", _("birdsong"))(draft)
    draft.add_text(_("a bird"), weight=0.5)


def _orange_but_no_fruit(draft: Draft) -> None:
    _file("orange.png", _("orange"))(draft)
    draft.add_text(_("fruit"), weight=-1.0)
