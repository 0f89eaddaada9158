"""Encode the parts of a query, each once: a part that comes again (other weights, other filters) is remembered."""

import threading
from collections import OrderedDict
from collections.abc import Mapping

from mmdemo.align import Alignment, NativeSpace
from mmdemo.encoders import load, meter
from mmdemo.encoders.micro_batch import encode_together
from mmdemo.errors import QueryError
from mmdemo.indexing import derived_key, text_key
from mmdemo.indexing.plan import videos_apart
from mmdemo.recommend import Place
from mmdemo.types import Media, Modality, Video

REMEMBERED_PLACES = 512


class QueryEncoder:
    """Places media in the spaces of one workspace version; safe to use from several threads.

    Args:
        names: Encoder name by modality.
        keys: The keys those encoders had when the catalogue was indexed.
        alignment: The shared space.
        natives: Each modality's own space.

    Attributes:
        names: The same.
        pictures_as: What the pictures of a video are compared as: images, or videos with a space of their own.
    """

    def __init__(
        self,
        names: Mapping[Modality, str],
        keys: Mapping[Modality, str],
        alignment: Alignment,
        natives: Mapping[Modality, NativeSpace],
    ) -> None:
        self.names = names
        self._keys = keys
        self._alignment = alignment
        self._natives = natives
        self._places: OrderedDict[tuple[Modality, str], Place] = OrderedDict()
        self._lock = threading.Lock()
        apart = Modality.VIDEO in natives or videos_apart(names)
        self.pictures_as = Modality.VIDEO if apart else Modality.IMAGE

    def can_place(self, modality: Modality) -> bool:
        """Whether a query of this modality can be compared with anything in the catalogue."""
        if modality is Modality.VIDEO:
            return self.holds(self.pictures_as) or self.holds(Modality.AUDIO)
        return self.holds(modality)

    def holds(self, modality: Modality) -> bool:
        """Whether the catalogue has a space that this modality itself can be placed in."""
        return modality in self.names and (modality in self._alignment.modalities or modality in self._natives)

    def place(self, modality: Modality, media: Media, *, content_key: str | None = None) -> Place:
        """Where a text, a picture or a sound lies.

        Args:
            modality: What `media` is; for the pictures of a video `pictures_as`, with a `Video` as media.
            media: Decoded.
            content_key: SHA-256 of the original bytes; without it only texts are remembered.
        """
        pictures_of_video = isinstance(media, Video)
        if isinstance(media, str):
            content_key = text_key(media)
        elif content_key is not None and pictures_of_video:
            content_key = derived_key(content_key, "pictures")
        encode_as = Modality.VIDEO if pictures_of_video else modality
        if content_key is None:
            return self._encode(encode_as, modality, media)
        known = self._recall(modality, content_key)
        if known is not None:
            meter.count(self.names[encode_as], meter.Measured(cache_hits=1))
            return known
        meter.count(self.names[encode_as], meter.Measured(cache_misses=1))
        place = self._encode(encode_as, modality, media)
        self._remember(modality, content_key, place)
        return place

    def warm(self, modality: Modality) -> None:
        """Load the encoder of a modality."""
        if modality in self.names:
            load(self.names[modality])

    def _encode(self, encode_as: Modality, place_as: Modality, media: Media) -> Place:
        encoder = load(self.names[encode_as])
        if encoder.key != self._keys[encode_as]:
            raise QueryError(
                f"encoder '{encoder.name}' has changed since this workspace was indexed",
                expected=f"features as of {self._keys[encode_as]}",
                remedy="index the workspace again with `mmdemo index`",
            )
        with meter.preparing(encoder.name):
            prepared = encoder.prepare(media)
        features = encode_together(encoder, prepared)[None]
        probabilities = encoder.class_probabilities(features)
        holds = place_as in self._alignment.modalities
        shared = self._alignment.project(place_as, features, probabilities)[0] if holds else None
        native = self._natives.get(place_as)
        if native is not None:
            return Place(place_as, native.project(features)[0], shared)
        assert shared is not None
        return Place(place_as, shared, shared)

    def _recall(self, modality: Modality, content_key: str) -> Place | None:
        with self._lock:
            place = self._places.get((modality, content_key))
            if place is not None:
                self._places.move_to_end((modality, content_key))
            return place

    def _remember(self, modality: Modality, content_key: str, place: Place) -> None:
        with self._lock:
            self._places[modality, content_key] = place
            while len(self._places) > REMEMBERED_PLACES:
                self._places.popitem(last=False)
