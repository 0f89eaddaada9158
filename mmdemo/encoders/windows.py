"""Cutting a long spectrogram into windows of the one length a network was trained on."""

from typing import Literal, TypeAlias

import numpy as np

from mmdemo.types import FloatArray

MAX_WINDOWS = 64

Filling: TypeAlias = Literal["silence", "repeat"]
"""What a clip shorter than a window is filled up with; each network is given what it was trained with."""


def window_starts(frames: int, size: int, *, hop: int, most: int = MAX_WINDOWS) -> list[int]:
    """First frames of the windows of a clip: every `hop` frames and one flush with the end.

    Nothing is drawn at random, so a clip always gives the same windows. A clip with more than `most` of them keeps
    `most`, spread evenly from its first to its last frame: a song costs no more than a few minutes of it would, and
    still its beginning, middle and end all count.

    Args:
        frames: Length of the clip.
        size: Length of a window.
        hop: Frames from window to window.
        most: Largest number of windows.
    """
    last = frames - size
    if last <= 0:
        return [0]
    starts = [*range(0, last, hop), last]
    if len(starts) > most:
        starts = [round(start) for start in np.linspace(0, last, most)]
    return starts


def cut_windows(spectrogram: FloatArray, size: int, *, hop: int, filling: Filling) -> tuple[FloatArray, ...]:
    """Windows (size, bands), W of them, of a log-mel spectrogram (frames, bands), in which 0 is silence."""
    frames = len(spectrogram)
    if frames < size and filling == "repeat":
        spectrogram = np.tile(spectrogram, (-(-size // frames), 1))[:size]
    elif frames < size:
        spectrogram = np.pad(spectrogram, ((0, size - frames), (0, 0)))
    return tuple(spectrogram[start : start + size] for start in window_starts(frames, size, hop=hop))
