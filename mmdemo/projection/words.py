"""The words of items, for naming clusters and telling groups apart."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from mmdemo.types import Item, Modality

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LONGEST_WORD = 40


def item_words(item: Item) -> frozenset[str]:
    """Different words of an item's title, tags and text, in small letters, without stop words and single letters.

    Each counts once an item, so that a title that is repeated in the text weighs no more than one that is not.
    """
    text = "\n".join((item.title, *item.tags, item.media.get(Modality.TEXT, "")))
    return frozenset(words_of(text))


def words_of(text: str) -> Iterable[str]:
    """The words of a text as `item_words` counts them, in order, repeated as they are."""
    stop_words = _stop_words()
    for found in _WORD.findall(text.casefold().replace("’", "'")):
        word = found.removesuffix("'s")
        if 1 < len(word) <= _LONGEST_WORD and word not in stop_words:
            yield word


def is_variant(word: str, others: Sequence[str]) -> bool:
    """Whether one of `others` is the same word but for a plural's ending."""
    return any(_stem(word) == _stem(other) for other in others)


def _stem(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + instead
    return word.removesuffix("s") if len(word) > 3 and not word.endswith("ss") else word


@cache
def _stop_words() -> frozenset[str]:
    """Scikit-learn's English list; words of other languages are told by how common they are."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)
