"""How the world's factors sound.

kind: the overtones. colour: the degree of the scale. size: the octave (huge is low). mood: the second note of the
chord. tempo: notes a second. place: the band of a soft noise behind them. Tuning and phase vary a little from item to
item.
"""

import io
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mmdemo.catalog.world.factors import NEUTRAL

SAMPLE_RATE_HZ = 16_000
DURATION_S = 2.0
NOTES_PER_SECOND = (1.5, 2.5, 4.0, 6.5)
"""For each tempo."""

BASE_HZ = (110.0, 220.0, 440.0)
"""Lowest note for each size."""

SCALE_SEMITONES = (0, 2, 3, 5, 7, 8, 10, 11)
"""Above the lowest note, for each colour."""

PLACE_BANDS_HZ = ((3_000.0, 3_600.0), (4_000.0, 4_600.0), (5_000.0, 5_600.0), (6_000.0, 6_600.0), (7_000.0, 7_600.0))
"""Band of the noise for each place."""

_CHORD_SEMITONES = (7, 4, 3, 6)  # fifth, major third, minor third, tritone
_OVERTONES: tuple[Mapping[float, float], ...] = (
    {1: 1.0},
    {1: 1.0, 3: 0.5, 5: 0.3},
    {1: 1.0, 2: 0.6, 3: 0.4, 4: 0.3},
    {1: 1.0, 4: 0.6},
    {1: 1.0, 2: 0.3, 4: 0.3},
    {1: 1.0, 2.76: 0.6, 5.4: 0.3},
    {1: 1.0, 2: 0.6},
    {1: 1.0, 5: 0.5, 6: 0.4},
)
_PLAIN_OVERTONES: Mapping[float, float] = {1: 1.0, 2: 0.15}
_CHORD_LEVEL, _NOISE_LEVEL, _PEAK = 0.5, 0.02, 0.7
_DECAY_NOTES = 0.35
_TUNING = 0.003
_HIGHEST_HZ = 2_800.0  # overtones stay below the bands of noise


def synthesise(shown: Mapping[str, int], rng: np.random.Generator) -> bytes:
    """A FLAC file of `DURATION_S` seconds.

    Args:
        shown: Index of each factor's value, `NEUTRAL` for those the sound does not carry.
        rng: Tuning, phases and noise.
    """
    import soundfile

    out = io.BytesIO()
    soundfile.write(out, waveform(shown, rng), SAMPLE_RATE_HZ, format="FLAC", subtype="PCM_16")
    return out.getvalue()


def waveform(shown: Mapping[str, int], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """The samples of `synthesise`, (T,) float64 in [-1, 1]."""
    count = round(DURATION_S * SAMPLE_RATE_HZ)
    seconds = np.arange(count) / SAMPLE_RATE_HZ
    base_hz = note_hz(shown) * (1 + rng.uniform(-_TUNING, _TUNING))
    overtones = _PLAIN_OVERTONES if shown["kind"] == NEUTRAL else _OVERTONES[shown["kind"]]
    tone = _note(base_hz, overtones, seconds, rng)
    if shown["mood"] != NEUTRAL:
        tone += _CHORD_LEVEL * _note(base_hz * 2 ** (_CHORD_SEMITONES[shown["mood"]] / 12), overtones, seconds, rng)
    tone *= _envelope(shown["tempo"], seconds)
    tone /= np.abs(tone).max()
    if shown["place"] != NEUTRAL:
        tone += _NOISE_LEVEL * _band_noise(PLACE_BANDS_HZ[shown["place"]], count, rng)
    return _PEAK * tone / np.abs(tone).max()


def note_hz(shown: Mapping[str, int]) -> float:
    """The lowest note of the chord in Hz."""
    semitones = 0 if shown["colour"] == NEUTRAL else SCALE_SEMITONES[shown["colour"]]
    return (BASE_HZ[1] if shown["size"] == NEUTRAL else BASE_HZ[shown["size"]]) * 2 ** (semitones / 12)


def _note(
    hz: float, overtones: Mapping[float, float], seconds: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    note = np.zeros_like(seconds)
    for (ratio, level), phase in zip(overtones.items(), rng.uniform(0, 2 * np.pi, len(overtones)), strict=True):
        if ratio * hz <= _HIGHEST_HZ:
            note += level * np.sin(2 * np.pi * ratio * hz * seconds + phase)
    return note


def _envelope(tempo: int, seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Struck notes that die away before the next; one long note where the sound does not carry the tempo."""
    if tempo == NEUTRAL:
        return np.minimum(1.0, seconds / 0.02) * np.exp(-seconds / DURATION_S)
    since_onset = np.mod(seconds * NOTES_PER_SECOND[tempo], 1.0)
    attack = np.minimum(1.0, since_onset / (NOTES_PER_SECOND[tempo] * 0.005))
    return attack * np.exp(-since_onset / _DECAY_NOTES)


def _band_noise(band_hz: tuple[float, float], count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Noise of one band, of unit root mean square."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE_HZ)
    spectrum[(hz < band_hz[0]) | (hz > band_hz[1])] = 0
    noise = np.fft.irfft(spectrum, count)
    return noise / np.sqrt(np.mean(np.square(noise)))
