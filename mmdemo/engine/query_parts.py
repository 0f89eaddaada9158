"""Words, regions and segments of queries, found as those of the catalogue's items were."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from mmdemo.encoders import load
from mmdemo.engine.fusion_parts import PartSpace
from mmdemo.engine.part_pooling import Pooled
from mmdemo.errors import FusionError, MediaError
from mmdemo.indexing import text_key
from mmdemo.recommend import RankedPart
from mmdemo.types import FloatArray, Media, Modality, QueryPart, Video

REMEMBERED = 256
"""Pieces of media whose parts are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class MediaSource:
    """Media that a part of a query was encoded from.

    Args:
        modality: What it is compared as.
        media: Decoded; a `Video` where its pictures are meant.
        content_key: SHA-256 of the original bytes, where that is known.
    """

    modality: Modality
    media: Media
    content_key: str | None = None


def source_of(part: QueryPart, ranked: RankedPart) -> MediaSource:
    """What media `ranked` was encoded from: those of the part, or one half of its video."""
    assert part.media is not None
    modality, media = ranked.places[0].modality, part.media
    if isinstance(media, Video) and modality is Modality.AUDIO:
        assert media.sound is not None
        media = media.sound
    return MediaSource(modality, media, part.content_key)


class QueryParts:
    """Looks into the media of queries; what it found is remembered. Safe to use from several threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, Modality, str], Pooled] = OrderedDict()
        self._lock = threading.Lock()

    def parts(self, source: MediaSource, space: PartSpace) -> FloatArray:
        """Parts (T, W) of a piece of media.

        Raises:
            FusionError: The encoder is no longer the one that looked into the catalogue, or it cannot take the media.
            WeightError: Its weights are out of reach.
        """
        content = text_key(source.media) if isinstance(source.media, str) else source.content_key
        if content is None:
            return space.project(_look(source, space).features)
        key = space.key, source.modality, content
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = _look(source, space)
        with self._lock:
            self._known[key] = known
            self._known.move_to_end(key)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return space.project(known.features)


def _look(source: MediaSource, space: PartSpace) -> Pooled:
    from mmdemo.engine.part_looking import look_into

    encoder = load(space.encoder)
    if encoder.key != space.key:
        raise FusionError(
            f"encoder '{encoder.name}' has changed since the fusion was trained",
            expected=f"parts as of {space.key}",
            remedy="index the workspace again with `mmdemo index`, and train a new run",
        )
    try:
        return look_into(encoder, source.media)
    except MediaError as error:
        raise FusionError(
            f"{source.modality} that '{encoder.name}' cannot look into: {error}",
            expected="media that it can take",
            remedy="choose another file, or a fusion of modalities as wholes",
        ) from error
