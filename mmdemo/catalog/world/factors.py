"""The latent factors of the generated world: what each item truly is, before any modality shows a part of it."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mmdemo.types import Modality

FACTORS: Mapping[str, tuple[str, ...]] = {
    "kind": ("box", "tent", "star", "cross", "heart", "kite", "ring", "moon"),
    "colour": ("red", "orange", "yellow", "green", "turquoise", "blue", "violet", "pink"),
    "mood": ("calm", "cheerful", "sad", "tense"),
    "tempo": ("slow", "steady", "quick", "frantic"),
    "size": ("huge", "medium", "tiny"),
    "place": ("sea", "forest", "city", "desert", "mountain"),
}
"""Every factor with its values; all values are equally likely, and the factors independent of each other."""

LEVELS = tuple(len(values) for values in FACTORS.values())
NEUTRAL = -1
"""Shown instead of a value by a modality that does not carry the factor: the same for every item."""

# Streams of random numbers of one item or user; a new use takes a new number, so that old worlds stay as they are.
_FACTORS_STREAM, _TEXT_STREAM, _IMAGE_STREAM, _AUDIO_STREAM, _PRESENCE_STREAM, _CARRIED_STREAM, _USER_STREAM = range(7)
_STREAM_OF = {Modality.TEXT: _TEXT_STREAM, Modality.IMAGE: _IMAGE_STREAM, Modality.AUDIO: _AUDIO_STREAM}


def true_values(seed: int, index: int) -> npt.NDArray[np.int64]:
    """Value of each factor of item `index`, (F,) int64, a function of these two numbers only."""
    return np.random.default_rng((seed, _FACTORS_STREAM, index)).integers(LEVELS)


def rendering_rng(seed: int, index: int, modality: Modality) -> np.random.Generator:
    """Randomness for what is no factor (jitter, choice of words) in one modality of one item."""
    return np.random.default_rng((seed, _STREAM_OF[modality], index))


def presence_rng(seed: int, index: int) -> np.random.Generator:
    """Randomness for which modalities an item lacks."""
    return np.random.default_rng((seed, _PRESENCE_STREAM, index))


def user_rng(seed: int, index: int) -> np.random.Generator:
    """Randomness of one simulated user."""
    return np.random.default_rng((seed, _USER_STREAM, index))


def carried_factors(shares: Mapping[Modality, float], seed: int) -> dict[Modality, tuple[str, ...]]:
    """Which factors each modality carries.

    The factors are dealt out in one random order, each modality going on where the one before stopped: they overlap
    only as far as the shares add up to more than 1, so together they carry as much as they can.

    Args:
        shares: Share of the factors, 0 to 1, by modality; rounded to whole factors.
        seed: Decides the order.

    Example:
        >>> [len(carried) for carried in carried_factors({Modality.TEXT: 0.5, Modality.AUDIO: 1.0}, 0).values()]
        [3, 6]
    """
    order = np.random.default_rng((seed, _CARRIED_STREAM)).permutation(list(FACTORS)).tolist()
    carried: dict[Modality, tuple[str, ...]] = {}
    start = 0
    for modality, share in shares.items():
        count = round(share * len(order))
        chosen = {order[(start + step) % len(order)] for step in range(count)}
        carried[modality] = tuple(name for name in FACTORS if name in chosen)
        start += count
    return carried


def shown_values(values: npt.NDArray[np.int64], carried: tuple[str, ...]) -> dict[str, int]:
    """What one modality shows of an item: the index of each factor's value, `NEUTRAL` where it is not carried."""
    return {
        name: int(value) if name in carried else NEUTRAL for name, value in zip(FACTORS, values.tolist(), strict=True)
    }
