"""Several encoders of one modality side by side: "a+b" is a's features, then b's."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from mmdemo.encoders.base import Encoder, Inside, PreparedMedia
from mmdemo.encoders.media_encoder import MediaEncoder
from mmdemo.types import FloatArray, Media


class JoinedEncoder(MediaEncoder):
    """The features of several encoders, side by side and each as its encoder gave it.

    They are kept unscaled because the class heads need them so; `parts` tells whoever compares vectors which columns to
    bring to unit length together, without which the part of the larger numbers would drown the other.

    Args:
        encoders: At least two, of one modality; in the order of the columns.
    """

    def __init__(self, encoders: Sequence[Encoder]) -> None:
        self.name = "+".join(encoder.name for encoder in encoders)
        self._encoders = tuple(encoders)
        self.modality = encoders[0].modality
        self.dim = sum(encoder.dim for encoder in encoders)
        self.key = "+".join(encoder.key for encoder in encoders)
        self.at_once = max(encoder.at_once for encoder in encoders)
        self.class_names = tuple(name for encoder in encoders for name in encoder.class_names)
        edges = np.cumsum([0, *(encoder.dim for encoder in encoders)]).tolist()
        self._columns = tuple(slice(start, stop) for start, stop in pairwise(edges))
        self.parts = tuple(
            slice(columns.start + part.start, columns.start + part.stop)
            for columns, encoder in zip(self._columns, encoders, strict=True)
            for part in encoder.parts
        )

    def _prepare(self, piece: Any) -> tuple[PreparedMedia, ...]:
        return tuple(encoder.prepare(piece) for encoder in self._encoders)

    def encode_prepared(self, prepared: Sequence[tuple[PreparedMedia, ...]]) -> FloatArray:
        """Features (B, D) float32; see `Encoder.encode_prepared`."""
        return np.concatenate(
            [encoder.encode_prepared([piece[n] for piece in prepared]) for n, encoder in enumerate(self._encoders)],
            axis=1,
        )

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:
        """The windows of each encoder, one encoder after the other; see `Encoder.inspect`."""
        return tuple(inside for encoder in self._encoders for inside in encoder.inspect(piece, attention=attention))

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """The probabilities of every encoder that has classes, side by side: (B, C)."""
        return np.concatenate(
            [
                encoder.class_probabilities(features[:, columns])
                for encoder, columns in zip(self._encoders, self._columns, strict=True)
            ],
            axis=1,
        )
