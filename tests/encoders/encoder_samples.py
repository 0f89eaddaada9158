"""Small generated media, and an encoder whose every number can be checked by hand."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from mmdemo.encoders.base import Inside
from mmdemo.encoders.media_encoder import MediaEncoder
from mmdemo.types import Frames, Media, Modality, Video, Waveform


def tone(hertz: float, seconds: float, *, sample_rate_hz: int = 44_100) -> Waveform:
    times = np.arange(int(seconds * sample_rate_hz)) / sample_rate_hz
    return Waveform((0.3 * np.sin(2 * np.pi * hertz * times)).astype(np.float32), sample_rate_hz)


def strokes(seconds: float, *, per_second: float = 4.0, seed: int = 0, sample_rate_hz: int = 44_100) -> Waveform:
    """Short bursts of noise at an even beat, as a drum gives."""
    times = np.arange(int(seconds * sample_rate_hz)) / sample_rate_hz
    envelope = np.exp(-40.0 * ((times * per_second) % 1.0) / per_second)
    noise = np.random.default_rng(seed).standard_normal(len(times))
    return Waveform((0.3 * envelope * noise).astype(np.float32), sample_rate_hz)


def bowed(hertz: float, seconds: float, *, sample_rate_hz: int = 44_100) -> Waveform:
    """A steady tone with many harmonics and vibrato, as a bowed string gives."""
    times = np.arange(int(seconds * sample_rate_hz)) / sample_rate_hz
    phase = 2 * np.pi * hertz * times + 0.4 * np.sin(2 * np.pi * 5.5 * times)
    samples = sum(np.sin(number * phase) / number for number in range(1, 15))
    return Waveform((0.15 * samples).astype(np.float32), sample_rate_hz)


def picture(width: int, height: int, seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def clip(frames: int, seed: int) -> Video:
    pixels = np.stack([np.asarray(picture(96, 64, seed + number)) for number in range(frames)])
    return Video(frames=Frames(pixels=pixels, fps=2.0))


SAMPLES: dict[Modality, list[Media]] = {
    Modality.TEXT: ["a red fox in the snow", "", "x", "Ein Käfer läuft über 日本 🎈", "the tide comes in and " * 120],
    Modality.IMAGE: [picture(224, 224, 1), picture(500, 90, 2), picture(40, 300, 3)],
    Modality.AUDIO: [tone(440, 0.15), strokes(3.5), bowed(220, 4.2, sample_rate_hz=22_050)],
    Modality.VIDEO: [clip(1, 10), clip(3, 20)],
}


class FirstNumbers(MediaEncoder):
    """An encoder that needs no weights: a text's first code points, with "large" and "small" as its classes."""

    modality = Modality.TEXT

    def __init__(self, name: str, dim: int, *, classes: tuple[str, ...] = ()) -> None:
        self.name = name
        self.dim = dim
        self.key = f"{name}/{dim}"
        self.class_names = classes
        self.parts = (slice(0, dim),)

    def _prepare(self, piece: str) -> list[float]:
        return [float(ord(letter)) for letter in piece[: self.dim]]

    def encode_prepared(self, prepared: Sequence[list[float]]) -> np.ndarray:
        return np.array(prepared, np.float32).reshape(len(prepared), self.dim)

    def inspect(self, piece: str, *, attention: bool = False) -> tuple[Inside, ...]:
        letters = self._prepare(piece)
        places = np.array([[n, n + 1, np.nan, np.nan] for n in range(len(letters))], np.float32).reshape(-1, 4)
        return (Inside("token", tuple(piece[: self.dim]), places, np.array(letters, np.float32)[:, None]),)

    def class_probabilities(self, features: np.ndarray) -> np.ndarray:
        share = features[:, :1] / 1000.0
        return np.hstack([share, 1 - share])[:, : len(self.class_names)].astype(np.float32)
