"""Sentences on which two text towers are tied to each other."""

import hashlib
from collections.abc import Iterable, Sequence

from mmdemo.types import Item, Modality

MOST_SENTENCES = 2000


def shared_sentences(items: Sequence[Item], class_names: Iterable[str]) -> list[str]:
    """At most `MOST_SENTENCES` different sentences: the catalogue's own first, then names of things in general.

    The catalogue's words are those that matter; names of classes add what a small catalogue never mentions. Where there
    are too many, which ones stay is drawn by their content, so that adding an item changes few of them.

    Args:
        items: The catalogue.
        class_names: Names of things.
    """
    own = {item.media[Modality.TEXT] for item in items if item.media.get(Modality.TEXT)}
    own |= {tag for item in items for tag in item.tags}
    general = set(class_names) - own
    drawn = [*sorted(own, key=_draw), *sorted(general, key=_draw)]
    return sorted(drawn[:MOST_SENTENCES])


def _draw(sentence: str) -> str:
    return hashlib.sha256(sentence.encode()).hexdigest()
