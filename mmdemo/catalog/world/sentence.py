"""How the world's factors read: a sentence with one word for each factor that text carries."""

from collections.abc import Mapping

import numpy as np

from mmdemo.catalog.world.factors import FACTORS, NEUTRAL

WORDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "kind": (
        ("box", "crate"),
        ("tent", "canopy"),
        ("star", "starfish"),
        ("cross", "crossroads sign"),
        ("heart", "valentine"),
        ("kite", "paper kite"),
        ("ring", "hoop"),
        ("moon", "crescent moon"),
    ),
    "colour": (
        ("red", "scarlet"),
        ("orange", "amber"),
        ("yellow", "golden"),
        ("green", "emerald"),
        ("turquoise", "teal"),
        ("blue", "navy"),
        ("violet", "purple"),
        ("pink", "rosy"),
    ),
    "mood": (("calm", "peaceful"), ("cheerful", "happy"), ("sad", "gloomy"), ("tense", "nervous")),
    "tempo": (
        ("moving slowly", "drifting along"),
        ("walking steadily", "going at an even pace"),
        ("moving quickly", "hurrying"),
        ("racing frantically", "rushing wildly"),
    ),
    "size": (("huge", "enormous"), ("medium-sized", "middling"), ("tiny", "little")),
    "place": (
        ("by the sea", "on the beach"),
        ("in the forest", "under the trees"),
        ("in the city", "between tall houses"),
        ("in the desert", "on hot sand"),
        ("on a mountain", "high in the mountains"),
    ),
}
"""Ways to say each value of each factor; each belongs to one value only."""


def write_sentence(shown: Mapping[str, int], rng: np.random.Generator) -> str:
    """A sentence that names what text carries, in one of several wordings.

    Args:
        shown: Index of each factor's value, `NEUTRAL` for those the text does not carry.
        rng: Choice of words and word order.

    Example:
        >>> write_sentence(dict.fromkeys(FACTORS, NEUTRAL), np.random.default_rng(0))
        'A thing.'
    """
    choice = rng.integers(2, size=len(FACTORS) + 1).tolist()
    word = {
        name: "" if shown[name] == NEUTRAL else WORDS[name][shown[name]][choice[position]]
        for position, name in enumerate(FACTORS)
    }
    described = " ".join(filter(None, (word["mood"], word["size"], word["colour"], word["kind"] or "thing")))
    article = "An" if described[0] in "aeiou" else "A"
    doing = " ".join(filter(None, (word["tempo"], word["place"])))
    if doing and choice[-1]:
        return f"{doing[0].upper()}{doing[1:]}: {article.lower()} {described}."
    return f"{article} {described}{' ' if doing else ''}{doing}."


def short_title(shown: Mapping[str, int], number: int) -> str:
    """A title that says no more than the sentence."""
    names = [FACTORS[name][shown[name]] for name in ("size", "colour") if shown[name] != NEUTRAL]
    noun = "thing" if shown["kind"] == NEUTRAL else FACTORS["kind"][shown["kind"]]
    words = " ".join((*names, noun))
    return f"{words[0].upper()}{words[1:]} {number}"
