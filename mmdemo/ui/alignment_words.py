"""The words for alignments and their measures."""

from __future__ import annotations

import streamlit as st

from mmdemo.align.report import Pair, pair_of
from mmdemo.ui.modality import word
from mmdemo.ui.text import _


def ordered(pair: Pair) -> str:
    """A query and what it looks for: "text → picture"."""
    return f"{word(pair[0])} → {word(pair[1])}"


def named(name: str) -> str:
    """Like `ordered`, for a pair by its name."""
    return ordered(pair_of(name))


def beside(pair: Pair) -> str:
    """Two modalities, neither first: "text and picture"."""
    return _("{first} and {second}").format(first=word(pair[0]), second=word(pair[1]))


def share(value: float) -> str:
    """A share of queries: "62.7%"."""
    return f"{value:.1%}"


def interval(bounds: tuple[float, float]) -> str:
    """An interval of shares: "58.5 to 66.6%"."""
    return _("{low} to {high}").format(low=f"{100 * bounds[0]:.1f}", high=f"{bounds[1]:.1%}")


def rank(place: float, count: int) -> str:
    """A place among all: "place 12 of 581"."""
    shown = f"{place:,.1f}".removesuffix(".0")
    return _("place {rank} of {count}").format(rank=shown, count=f"{count:,}")


def explain(words: str, *, key: str) -> None:
    """Draw the quiet button that says what a measure means."""
    with st.popover(_("What does this mean?"), type="tertiary", icon=":material/help:", key=key):
        st.markdown(words)


def recall_words() -> str:
    """What Recall@k is."""
    return _(
        "**Recall@k**: of all items with both modalities, the share whose one modality finds the other among the first "
        "k results. Items with the same text all count as right.\n\n"
        "It is measured on items that the alignment has not seen: the items are divided into parts, and each part is "
        "asked of an alignment that was trained on the others. **Chance** is what a random order would reach.\n\n"
        "**Interval**: drawing other items like these would give a value within it 95 times in 100 (bootstrap over "
        "texts). Two alignments whose intervals overlap widely may be equally good.\n\n"
        "**Median rank**: half of the queries find their item at this place or earlier."
    )


def gap_words() -> str:
    """What the modality gap is."""
    return _(
        "**Modality gap** (Liang et al. 2022): the distance between the mean of all vectors of one modality and the "
        "mean of the other's, from 0 to 2. With a wide gap all pictures lie in one corner of the space and all texts "
        "in another, so a similarity across modalities says less.\n\n"
        "**Before**: texts as the text encoder gives them, pictures and sounds where their encoders' own words lie, "
        "nothing centred and nothing trained. Vectors of different encoders have no common space before that, so there "
        "is nothing earlier to compare. **After**: this alignment, on items it has not seen."
    )


def hubness_words() -> str:
    """What hubness is."""
    return _(
        "**Hubness** (Radovanović et al. 2010): how unevenly the places among the ten nearest are shared out, as the "
        "skewness of how often each item holds one. Near 0, every item comes up about equally often; above 2, a few "
        "items, the hubs, turn up for many queries they have nothing to do with."
    )


def shape_words() -> str:
    """What alignment and uniformity are."""
    return _(
        "**Alignment** (Wang and Isola 2020): the mean squared distance between an item's two vectors. 0: the same "
        "place; 2: no nearer than two unrelated directions.\n\n"
        "**Uniformity**: how evenly the vectors use the space, as a logarithm. 0: all in one point; −4: as even as can "
        "be in many dimensions. A good space is low in both: partners close together, everything else spread out."
    )


def centring_words() -> str:
    """What centring does, for the switch."""
    return _(
        "The vectors of one modality have much in common with each other. Centring takes that common part, their mean, "
        "away; off, you see what the same alignment would do without it."
    )
