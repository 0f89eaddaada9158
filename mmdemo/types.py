"""The core types: frozen, checked when made, shared by every layer.

Shape letters: B batch, N items, M modalities, D width, T samples or frames, P query parts, k results.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL.Image import Image

from mmdemo.errors import MediaError, QueryError, SpaceMismatchError

FloatArray: TypeAlias = npt.NDArray[np.float32]


class Modality(StrEnum):
    """The kind of a piece of media; its value is the word used in files, addresses and on the command line."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """Mono sound.

    Args:
        samples: (T,) float32, finite, nominally in [-1, 1].
        sample_rate_hz: Samples per second.
    """

    samples: FloatArray
    sample_rate_hz: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.dtype != np.float32 or self.sample_rate_hz <= 0:
            raise MediaError(
                f"waveform is {self.samples.dtype} {self.samples.shape} at {self.sample_rate_hz} Hz",
                expected="float32 of shape (T,) and a positive sample rate are needed",
                remedy="mix down to one channel and convert first",
            )

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate_hz


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Pictures sampled from a video.

    Args:
        pixels: (T, H, W, 3) uint8 RGB.
        fps: Sampled pictures per second of video.
    """

    pixels: npt.NDArray[np.uint8]
    fps: float

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4 or self.pixels.shape[-1] != 3 or self.pixels.dtype != np.uint8 or not self.fps > 0:
            raise MediaError(
                f"frames are {self.pixels.dtype} {self.pixels.shape} at {self.fps} fps",
                expected="uint8 of shape (T, H, W, 3) and a positive rate are needed",
                remedy="decode with mmdemo.media",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Video:
    """A short clip: sampled frames and, where there is one, the sound track."""

    frames: Frames
    sound: Waveform | None = None


Media: TypeAlias = str | Image | Waveform | Video
"""Decoded media: text, an RGB picture, a sound, a video."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of the catalogue.

    Args:
        item_id: Unique in its catalogue.
        title: Short name for cards.
        media: What there is of each modality: for text the text itself, otherwise the SHA-256 (hex) under which the
            workspace keeps the file.
        tags: Categories and keywords, for filters.
        extra: Further columns as text (creator, licence, attribution, ...).
    """

    item_id: str
    title: str
    media: Mapping[Modality, str]
    tags: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """Vectors of one modality in one space.

    Args:
        ids: (N,) item ids.
        vectors: (N, D) float32, rows of unit length.
        modality: What the vectors were made from.
        space: Name of the space; vectors of two spaces are never compared.
    """

    ids: npt.NDArray[np.str_]
    vectors: FloatArray
    modality: Modality
    space: str

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or self.vectors.dtype != np.float32 or len(self.ids) != len(self.vectors):
            raise SpaceMismatchError(
                f"embeddings are {self.vectors.dtype} {self.vectors.shape} for {len(self.ids)} ids",
                expected="float32 of shape (N, D), one row an id, is needed",
                remedy="rebuild the index",
            )
        if len(self.vectors) and not np.allclose(np.linalg.norm(self.vectors, axis=1), 1.0, atol=1e-3):
            raise SpaceMismatchError(
                f"{self.modality} embeddings are not of unit length",
                expected="rows of length 1 are needed",
                remedy="scale each row before storing it",
            )

    def __len__(self) -> int:
        return len(self.ids)

    def similarity(self, other: "Embeddings") -> FloatArray:
        """Cosine similarity of every row here with every row there, (N, N') float32.

        Raises:
            SpaceMismatchError: The two are of different spaces.
        """
        if self.space != other.space:
            raise SpaceMismatchError(
                f"vectors of space '{self.space}' and of '{other.space}'",
                expected="both must be of one space",
                remedy="project both with the same alignment",
            )
        return self.vectors @ other.vectors.T


@dataclass(frozen=True, slots=True, eq=False)
class QueryPart:
    """One piece of a query.

    Args:
        media: Decoded media, or None where `item_id` names a catalogue item to take instead.
        modality: Modality of `media`; None for an item (all its modalities count).
        weight: From -1 ("less of this") to 1 ("more of this").
        item_id: A catalogue item used as a query ("more like this").
        label: What to call this part beside its contribution.
        content_key: SHA-256 of the original bytes where known; lets a repeated part skip its encoder.
    """

    modality: Modality | None
    media: Media | None = None
    weight: float = 1.0
    item_id: str | None = None
    label: str = ""
    content_key: str | None = None

    def __post_init__(self) -> None:
        if (self.media is None) == (self.item_id is None) or (self.media is None) != (self.modality is None):
            raise QueryError(
                "a query part with media and item, or with neither",
                expected="either media with its modality or an item id is needed",
                remedy="make one part for each",
            )
        if not -1.0 <= self.weight <= 1.0:
            raise QueryError(
                f"weight {self.weight}", expected="a number from -1 to 1 is needed", remedy="move it into that range"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What to recommend for.

    Args:
        parts: Any mix of media and items, each with a signed weight.
        likes: Item ids that count as more of the same.
        dislikes: Item ids that count as less of the same; never shown.
        tags: Only items that carry at least one of these (empty: all).
        must_have: Only items that have all of these modalities.
        k: How many results.
    """

    parts: tuple[QueryPart, ...] = ()
    likes: tuple[str, ...] = ()
    dislikes: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    must_have: frozenset[Modality] = frozenset()
    k: int = 12

    def __post_init__(self) -> None:
        if not self.parts and not self.likes:
            raise QueryError(
                "an empty query", expected="a text, a picture, a sound or a liked item is needed", remedy="add one"
            )
        if not 1 <= self.k <= 1000:
            raise QueryError(f"k is {self.k}", expected="1 to 1000 results can be asked for", remedy="choose another k")


@dataclass(frozen=True, slots=True, eq=False)
class Recommendations:
    """A ranked list.

    Args:
        ids: (k,) item ids, best first.
        scores: (k,) float32, descending; evidence in natural-log units summed over the query parts (see
            `mmdemo.recommend`), comparable only within one query.
        percentiles: (k,) float32 in [0, 100]: share of background pairs of the same modalities with a lower score.
        contributions: (k, P) float32; a row sums to the item's score.
        part_labels: (P,) names of the columns of `contributions`.
        part_modalities: (P,) modality of each part; None for items, likes and dislikes.
        no_good_match: True where even the best result is no closer than what nonsense queries find; see
            `mmdemo.recommend.evidence.KindBackground`.
        timings_ms: Milliseconds by step (encode, search, rank).
        notices: Plain sentences the user must see (fallbacks, parts that could not be compared).
    """

    ids: tuple[str, ...]
    scores: FloatArray
    percentiles: FloatArray
    contributions: FloatArray
    part_labels: tuple[str, ...]
    part_modalities: tuple[Modality | None, ...]
    no_good_match: bool
    timings_ms: Mapping[str, float]
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.contributions.shape != (len(self.ids), len(self.part_labels)) or np.any(np.diff(self.scores) > 0):
            raise QueryError(
                f"recommendations of shape {self.contributions.shape} for {len(self.ids)} items",
                expected="one row an item in descending order of score",
                remedy="report this as a bug",
            )
