"""Cutting a long spectrogram into windows of the one length a network was trained on."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

MAX_WINDOWS = 64


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


def cut_windows(spectrogram: "Tensor", size: int, *, hop: int) -> "Tensor":
    """Windows (W, size, bands) of a spectrogram (frames, bands); one shorter than a window is repeated to fill it."""
    import torch

    frames = len(spectrogram)
    if frames < size:
        spectrogram = spectrogram.repeat(-(-size // frames), 1)[:size]
    return torch.stack([spectrogram[start : start + size] for start in window_starts(frames, size, hop=hop)])
