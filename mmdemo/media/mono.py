"""Collects blocks of sound into one checked mono waveform, with memory bounded by seconds."""

import math

import numpy as np
import numpy.typing as npt

from mmdemo.errors import MediaError
from mmdemo.media.limits import Deadline, Limits
from mmdemo.types import FloatArray, Waveform

Blocks = npt.NDArray[np.floating]


class Inaudible(MediaError):  # noqa: N818 - it says what the sound is
    """A sound with nothing to hear: silent, or too short. Refused by itself, ignored as a video's sound track."""


class MonoMix:
    """Mixes blocks down to one channel (the mean), resamples high rates, and checks every sample once.

    Args:
        sample_rate_hz: Of the blocks to come.
        limits: Seconds, rates, level.
        deadline: Looked at on every block.

    Raises:
        MediaError: The rate is outside the limits.
    """

    def __init__(self, sample_rate_hz: int, *, limits: Limits, deadline: Deadline) -> None:
        if not limits.min_sample_rate_hz <= sample_rate_hz <= limits.max_sample_rate_hz:
            raise MediaError(
                f"the sound has {sample_rate_hz:,} samples per second",
                expected=f"{limits.min_sample_rate_hz:,} to {limits.max_sample_rate_hz:,} Hz are needed",
                remedy="convert it to 44,100 Hz",
            )
        self._given_rate_hz = sample_rate_hz
        self._kept_rate_hz = min(sample_rate_hz, limits.kept_sample_rate_hz)
        self._limits = limits
        self._deadline = deadline
        self._blocks: list[FloatArray] = []
        self._given_samples = 0
        self._sum = 0.0
        self._energy = 0.0
        self._stream = None
        if self._kept_rate_hz != sample_rate_hz:
            import soxr

            self._stream = soxr.ResampleStream(sample_rate_hz, self._kept_rate_hz, 1, dtype="float32", quality="HQ")

    def add(self, block: Blocks) -> None:
        """Append one block (T, C) of floats.

        Raises:
            MediaError: The sound is over its limit, holds values that are not numbers, or is far beyond full scale.
        """
        self._deadline.check()
        self._given_samples += len(block)
        if self._given_samples > self._limits.max_audio_s * self._given_rate_hz:
            raise too_long(self._limits)
        # One pass in double precision also keeps a sum of channels from overflowing.
        mono = block.mean(axis=1, dtype=np.float64)
        self._check_level(block)
        self._sum += float(mono.sum())
        self._energy += float(np.dot(mono, mono))
        samples = mono.astype(np.float32)
        self._blocks.append(samples if self._stream is None else self._stream.resample_chunk(samples))

    def finish(self) -> Waveform:
        """The whole sound.

        Raises:
            Inaudible: It is shorter than the limit, or silent.
        """
        seconds = self._given_samples / self._given_rate_hz
        if seconds < self._limits.min_audio_s:
            raise Inaudible(
                f"the sound is {seconds:.2f} s",
                expected=f"at least {self._limits.min_audio_s:.2f} s is needed",
                remedy="upload a longer clip",
            )
        mean = self._sum / self._given_samples
        rms = math.sqrt(max(0.0, self._energy / self._given_samples - mean * mean))  # a constant offset is silent too
        if rms < self._limits.min_audio_rms:
            raise Inaudible(
                f"the sound is silent (level {rms:.1e} of full scale)",
                expected=f"a level of at least {self._limits.min_audio_rms:.0e} is needed",
                remedy="record it louder or choose another clip",
            )
        if self._stream is not None:
            self._blocks.append(self._stream.resample_chunk(np.zeros(0, np.float32), last=True))
        return Waveform(np.concatenate(self._blocks), self._kept_rate_hz)

    def _check_level(self, block: Blocks) -> None:
        peak = float(np.abs(block).max(initial=0.0))
        if not math.isfinite(peak):
            raise MediaError(
                "the sound holds values that are not finite numbers",
                expected="finite samples are needed",
                remedy="export it again, as 16-bit WAV for example",
            )
        if peak > self._limits.max_amplitude:
            raise MediaError(
                f"the sound's samples reach {peak:.3g}",
                expected="samples between -1 and 1 are needed",
                remedy="divide them by their full scale, or export as 16-bit WAV",
            )


def too_long(limits: Limits) -> MediaError:
    """The error for a sound over the limit."""
    return MediaError(
        f"the sound is longer than {limits.max_audio_s:g} s",
        expected=f"at most {limits.max_audio_s:g} s ({limits.max_audio_s / 60:g} minutes) are allowed",
        remedy="cut out the part that matters",
    )
