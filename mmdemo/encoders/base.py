"""What every encoder offers; the contract tests hold each entry of the table to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mmdemo.progress import Progress
from mmdemo.types import FloatArray, Media, Modality


class Encoder(Protocol):
    """Turns decoded media of one modality into features.

    The same media gives the same features, alone or in a batch, in this process or another.

    Attributes:
        name: Name in the table of encoders.
        modality: What it takes.
        dim: Width D of its features.
        key: Changes whenever its features would (weights' SHA-256, preprocessing version); part of every cache key.
        class_names: Names of the classes its head knows, empty where it has none.
        parts: Slices that cover the D columns in order, one for each network behind the features. Their scales
            differ, so whoever compares vectors brings each part to unit length first.
    """

    name: str
    modality: Modality
    dim: int
    key: str
    class_names: tuple[str, ...]
    parts: tuple[slice, ...]

    def encode(self, media: Sequence[Media]) -> FloatArray:
        """Features (B, D) float32, not scaled to unit length.

        Args:
            media: B pieces of decoded media; none gives (0, D).

        Raises:
            MediaError: A piece of media is of another modality or too short to encode.
        """
        ...

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Probabilities (B, C) float32 of `class_names` from features (B, D); (B, 0) where there are no classes.

        They are a function of the features, so only features are ever stored.
        """
        ...


class EncoderFactory(Protocol):
    """Makes an encoder; heavy imports happen inside."""

    def __call__(self, *, device: str | None, progress: Progress) -> Encoder:
        """Load the weights onto `device` (None: the GPU where there is one), telling `progress` what is fetched."""
        ...


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """One entry of the table of encoders; reading it loads nothing heavy.

    Args:
        name: What the user writes.
        modality: What it takes.
        dim: Width of its features.
        summary: One plain sentence for the System page.
        licence: SPDX name or short text of its weights' licence.
        weights: Names in `mmdemo.weights.WEIGHTS` that it needs.
        load: Makes the encoder; use `mmdemo.encoders.load`, which keeps one of each.
    """

    name: str
    modality: Modality
    dim: int
    summary: str
    licence: str
    weights: tuple[str, ...]
    load: EncoderFactory
