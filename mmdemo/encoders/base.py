"""What every encoder offers; the contract tests hold each entry of the table to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from mmdemo.progress import Progress, silent
from mmdemo.types import FloatArray, Media, Modality

Origin: TypeAlias = Literal["offline", "hub", "trained", "built"]
PreparedMedia: TypeAlias = Any
"""One piece of media as an encoder's network takes it; only the encoder that made it can read it."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """One piece of media cut into windows that a network takes whole.

    Args:
        windows: Arrays of one type: word pieces (T,), pixels (3, H, W), frames of a spectrogram (F, bands). What fits
            the network gives one, longer media several; only the first axis may differ in length.
        weights: (W,) positive, what each window counts in the mean.
    """

    windows: tuple[npt.NDArray, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """What a network made of the parts of one window of a piece of media.

    Args:
        unit: What the parts are: word pieces, patches of a picture, times of a sound (or time and frequency), frames.
        labels: (T,) each part in words: the word piece, "row 1, column 3", "0.5 to 1.0 s".
        places: (T, 4) float32, where each part lies, NaN for parts that stand for no place (CLS, padding): for text
            first and past-the-end character, then NaN, NaN; for pictures left, top, right, bottom as shares of the
            picture, which may reach beyond 0 to 1 where the picture was padded; for sound from second, to second,
            from Hz, to Hz; for video number of the frame, then NaN.
        features: (T, D_t) float32, states of the last layer that still has parts.
        attention: For each layer (heads, T, T) float32, a row a part that looks, rows summing to 1; empty unless asked
            for, and for networks without attention.
    """

    unit: Literal["token", "patch", "time", "frame"]
    labels: tuple[str, ...]
    places: npt.NDArray[np.float32]
    features: FloatArray
    attention: tuple[FloatArray, ...] = ()


class Encoder(Protocol):
    """Turns decoded media of one modality into features.

    The same media gives the same features, alone or in a batch, in this process or another.

    Attributes:
        name: Its full name, as `find` takes it.
        modality: What it takes.
        dim: Width D of its features.
        key: Changes whenever its features would (weights' SHA-256, preprocessing version, compression); part of every
            cache key.
        class_names: Names of the classes its head knows, empty where it has none.
        parts: Slices that cover the D columns in order, one for each network behind the features. Their scales
            differ, so whoever compares vectors brings each part to unit length first.
        at_once: Pieces that are worth giving it together; a GPU idles on fewer.
    """

    name: str
    modality: Modality
    dim: int
    key: str
    class_names: tuple[str, ...]
    parts: tuple[slice, ...]
    at_once: int

    def prepare(self, piece: Media) -> PreparedMedia:
        """What the network takes of one piece: resized, tokenised, a spectrogram.

        Runs without the network, so that other threads can do it ahead.

        Raises:
            MediaError: The piece is of another modality or too short to encode.
        """
        ...

    def encode_prepared(self, prepared: Sequence[PreparedMedia]) -> FloatArray:
        """Features (B, D) float32 of B pieces that `prepare` gave; none gives (0, D)."""
        ...

    def encode(self, media: Sequence[Media]) -> FloatArray:
        """Features (B, D) float32, not scaled to unit length.

        Args:
            media: B pieces of decoded media; none gives (0, D).

        Raises:
            MediaError: A piece of media is of another modality or too short to encode.
        """
        ...

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:
        """What the network made of the parts of one piece, a window each.

        Args:
            piece: Decoded media.
            attention: Also each layer's and head's attention, for Transformers.

        Raises:
            MediaError: As `encode`.
        """
        ...

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Probabilities (B, C) float32 of `class_names` from features (B, D); (B, 0) where there are no classes.

        They are a function of the features, so only features are ever stored.
        """
        ...


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """How to make an encoder.

    Args:
        source: Which model, as its entry explains: a name, a hub repository, a folder; empty for the entry's own.
        device: Torch device; None for the GPU where there is one, else the processor.
        progress: Told what is being fetched; may cancel.
    """

    source: str = ""
    device: str | None = None
    progress: Progress = silent


class EncoderFactory(Protocol):
    """Makes an encoder; heavy imports happen inside."""

    def __call__(self, settings: LoadSettings) -> Encoder:
        """Load the weights.

        Raises:
            WeightError: They are neither here nor within reach.
            EncoderError: The source does not hold such an encoder.
        """
        ...


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """One entry of the table of encoders; reading it loads nothing heavy.

    Args:
        name: What the user writes.
        modality: What it takes.
        dim: Width of its features; None where only its source tells.
        summary: One plain sentence for the System page.
        licence: SPDX name or short text of its weights' licence.
        weights: Names in `mmdemo.weights.WEIGHTS` that it needs; empty for what comes from elsewhere.
        load: Makes the encoder; use `mmdemo.encoders.load`, which keeps one of each.
        source: What may follow the name after a colon, in plain words; empty where nothing may.
        default_source: What is taken where nothing follows; empty where something must.
        origin: "offline" for weights from the package index, "hub" for a model hub or a folder, "trained" for what the
            user trained; "built" for what is made of another encoder.
        twin: Name of the text encoder whose vectors its own can be compared with, without any alignment; empty where
            there is none.
    """

    name: str
    modality: Modality
    dim: int | None
    summary: str
    licence: str
    weights: tuple[str, ...]
    load: EncoderFactory
    source: str = ""
    default_source: str = ""
    origin: Origin = "offline"
    twin: str = ""
