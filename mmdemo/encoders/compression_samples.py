"""Media that tell which neurons of a network matter: made up, always the same, of every kind a catalogue may hold."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from mmdemo.types import Media, Modality, Waveform

_THINGS = (
    "a red fox", "two children", "an old steam engine", "the violin", "a bowl of soup", "my neighbour's dog",
    "a wooden chair", "the storm", "a medieval sword", "someone in a yellow coat", "a passenger aircraft", "the choir",
    "a bunch of keys", "an angry dragon", "fresh bread", "the letter B", "a broken window", "seven silver coins",
)  # fmt: skip
_DOINGS = (
    "sleeps", "runs past quickly", "makes a deep rumbling sound", "is for sale", "lies", "was painted in oil",
    "shines softly", "falls down with a loud crash", "can be heard", "is not what you expected", "waits for you",
)  # fmt: skip
_PLACES = (
    "in the snow", "on a busy street at night", "under the sea", "in a quiet kitchen", "near the castle gate", "", "?",
    "between tall green trees", "at the railway station, as every morning", "on the table", "far away from home",
)  # fmt: skip
_OTHERS = (
    "", "x", "A", "7", "42 km", "!!!", "C++", "hm", "bell", "KEYS", "Rain & thunder", "fox; bear; wolf", "3 x 5 = 15",
    "Ein Hund bellt auf dem Hof.", "Der alte Zug fährt langsam durch den Schnee", "une tasse de café chaud",
    "¿Dónde está?",
    "la pioggia cade sul tetto di legno", "Het kind speelt met een rode bal",
    "雨の音", "小さな赤い花", "Красная лиса в снегу",
    "🎈🎉", "http://example.org/item?id=12", "price: $12.99 (incl. VAT)", "def main(): return 0", "aaaa bbbb",
    "The tide comes in, and the boats that lay on the sand begin to float again. Gulls cry above the harbour wall, "
    "where an old man mends his nets and does not look up. Nobody has seen the lighthouse keeper since Tuesday.",
)  # fmt: skip
_PICTURES, _SOUNDS, _TEXTS = 32, 12, 256
_RATE_HZ = 44_100


def sample_media(modality: Modality) -> Sequence[Media]:
    """Made-up texts, pictures or sounds; none of videos, which are seen picture by picture."""
    rng = np.random.default_rng(0)
    if modality is Modality.TEXT:
        made = [" ".join(str(rng.choice(words)) for words in (_THINGS, _DOINGS, _PLACES)) for _ in range(_TEXTS)]
        return [*made, *_OTHERS * 4]
    if modality is Modality.IMAGE:
        return [_picture(rng) for _ in range(_PICTURES)]
    return [_sound(rng) for _ in range(_SOUNDS)] if modality is Modality.AUDIO else []


def _picture(rng: np.random.Generator) -> Image.Image:
    """Patches of colour, coarse or fine, with soft edges or hard ones."""
    cells = int(rng.integers(2, 24))
    patches = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
    return patches.resize((256, 256), Image.Resampling.BICUBIC if rng.random() < 0.5 else Image.Resampling.NEAREST)


def _sound(rng: np.random.Generator) -> Waveform:
    """Four seconds of harmonics that slide, with noise that comes and goes."""
    times = np.arange(4 * _RATE_HZ) / _RATE_HZ
    pitch_hz = rng.uniform(60, 900) * 2 ** (rng.uniform(-1, 1) * times / times[-1])
    phase = 2 * np.pi * np.cumsum(pitch_hz) / _RATE_HZ
    harmonics = sum(np.sin(number * phase) / number for number in range(1, int(rng.integers(2, 12))))
    noise = rng.standard_normal(len(times)) * np.abs(np.sin(np.pi * rng.uniform(0.2, 6) * times))
    mixed = harmonics * rng.uniform(0, 1) + noise * rng.uniform(0, 1)
    return Waveform((0.3 * mixed / np.abs(mixed).max()).astype(np.float32), _RATE_HZ)
