"""From decoded media to what the networks are trained on."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.trainable_families import TrainableFamily
from mmdemo.types import Media, Modality

Preparer: TypeAlias = Callable[[Media], npt.NDArray[Any]]
MOST_WINDOWS = 4
"""Windows kept of one sound, spread over its length: a song would otherwise fill the memory of a hundred effects."""


def preparer(family: TrainableFamily) -> Preparer:
    """What turns a piece of media into windows (W, ...) of `Examples`, exactly as the trained encoder will see it.

    The function may be called from several threads. It raises `MediaError` for a sound that is too short.
    """
    if family.modality is Modality.IMAGE:
        from mmdemo.encoders.white_square import on_white_square

        side = int(family.shape["side"])
        return lambda picture: on_white_square(picture, side)[None]  # pyright: ignore[reportArgumentType]
    from mmdemo.encoders.trainable_audio import MelFrames, prepare_sound

    front = MelFrames()
    return lambda sound: np.stack(prepare_sound(sound, front, most=MOST_WINDOWS))  # pyright: ignore[reportArgumentType]
