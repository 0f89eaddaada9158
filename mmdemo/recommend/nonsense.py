"""Queries that mean nothing, to learn how close a catalogue comes to a query it has no answer for."""

from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image

from mmdemo.types import Media, Modality, Waveform

PROBES = 48
_CONSONANTS = "bcdfghjklmnpqrstvwxz"
_VOWELS = "aeiouy"


def nonsense(modality: Modality, *, seed: int, count: int = PROBES) -> list[Media]:
    """`count` pieces of media of a modality that carry no meaning; none for modalities without a generator."""
    make = _GENERATORS.get(modality)
    return [] if make is None else [make(np.random.default_rng([seed, i])) for i in range(count)]


def _words(rng: np.random.Generator) -> str:
    """One to six invented words."""
    return " ".join(
        "".join(
            rng.choice(list(_CONSONANTS)) + rng.choice(list(_VOWELS)) + rng.choice(["", *_CONSONANTS])
            for _ in range(rng.integers(1, 4))
        )
        for _ in range(rng.integers(1, 7))
    )


def _texture(rng: np.random.Generator) -> Image.Image:
    """Coloured noise at one of several grain sizes."""
    cells = int(rng.choice([2, 4, 8, 28, 112, 224]))
    pixels = rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((224, 224), Image.Resampling.BICUBIC)


def _noise(rng: np.random.Generator) -> Waveform:
    """A second of noise with a random spectral slope, from white to brown."""
    rate = 44_100
    spectrum = np.fft.rfft(rng.standard_normal(rate))
    spectrum /= np.maximum(np.fft.rfftfreq(rate, 1 / rate), 20.0) ** rng.uniform(0.0, 1.0)
    samples = np.fft.irfft(spectrum)
    return Waveform((0.3 * samples / np.abs(samples).max()).astype(np.float32), rate)


_GENERATORS: Mapping[Modality, Callable[[np.random.Generator], Media]] = {
    Modality.TEXT: _words,
    Modality.IMAGE: _texture,
    Modality.AUDIO: _noise,
}
