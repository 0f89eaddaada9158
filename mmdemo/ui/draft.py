"""The query a person is composing in one session: its parts as chips, weights, likes, filters. No streamlit here."""

import hashlib
import itertools
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from mmdemo.errors import MediaError, MmdemoError, QueryError
from mmdemo.types import Modality, Query, QueryPart, Waveform
from mmdemo.ui.address import DEFAULT_K, MAX_PARTS, MAX_TEXT, Address, AddressPart
from mmdemo.ui.text import shorten

if TYPE_CHECKING:
    from mmdemo.media import Decoded

_PLAYABLE = frozenset({"audio/wav", "audio/x-wav", "audio/mpeg", "audio/flac", "audio/ogg"})
"""Sounds every current browser plays; others are played from what was decoded."""
_LABEL_LENGTH = 32


@dataclass(frozen=True, slots=True, eq=False)
class Chip:
    """One part of the draft with what shows it: a WebP picture or a playable sound."""

    chip_id: int
    part: QueryPart
    preview: bytes | None = None
    preview_mime: str = ""


@dataclass(slots=True)
class Draft:
    """Everything a person has put into the composer; a fresh one a session, never shared.

    Attributes:
        generation: Goes up when the whole draft is replaced, so that widgets start afresh.
        problems: What was wrong with the last input; the good parts of it are kept.
    """

    chips: list[Chip] = field(default_factory=list)
    likes: tuple[str, ...] = ()
    dislikes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    must_have: tuple[Modality, ...] = ()
    k: int = DEFAULT_K
    selected: str | None = None
    generation: int = 0
    problems: list[MmdemoError] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    _numbers: itertools.count = field(default_factory=itertools.count)

    def clear(self) -> None:
        """Start over: no parts, no likes, default settings."""
        self.chips, self.likes, self.dislikes, self.problems = [], (), (), []
        self.tags, self.must_have, self.k, self.selected = (), (), DEFAULT_K, None
        self.generation += 1

    def add_text(self, words: str, *, weight: float = 1.0) -> None:
        """Add a text part; empty text is a problem to show, not an error."""
        from mmdemo.media import check_text

        try:
            checked = check_text(words)
            key = hashlib.sha256(checked.encode()).hexdigest()
            self._add(QueryPart(Modality.TEXT, checked, weight, label=shorten(checked, _LABEL_LENGTH), content_key=key))
        except MmdemoError as error:
            self.problems.append(error)

    def add_upload(self, data: bytes, name: str, *, weight: float = 1.0) -> None:
        """Add a picture, sound, video or text from the bytes of a file; its name only labels the chip."""
        from mmdemo import media

        try:
            decoded = media.decode(data)
            label = shorten(PurePath(name).stem or name, _LABEL_LENGTH)
            part = QueryPart(decoded.modality, decoded.media, weight, label=label, content_key=decoded.sha256)
            self._add(part, *_preview(decoded, data))
        except MmdemoError as error:
            given = f"“{shorten(name, 60)}”: {error.given}"
            self.problems.append(MediaError(given, expected=error.expected, remedy=error.remedy))

    def add_item(self, item_id: str, title: str = "", *, weight: float = 1.0) -> None:
        """Add a catalogue item as a part ("more like this")."""
        if title:
            self.titles[item_id] = title
        label = shorten(title or item_id, _LABEL_LENGTH)
        try:
            self._add(QueryPart(None, None, weight, item_id=item_id, label=label))
        except MmdemoError as error:
            self.problems.append(error)

    def remove(self, chip_id: int) -> None:
        """Take a part out."""
        self.chips = [chip for chip in self.chips if chip.chip_id != chip_id]

    def set_weight(self, chip_id: int, weight: float) -> None:
        """Give a part another weight."""
        self.chips = [
            replace(chip, part=replace(chip.part, weight=weight)) if chip.chip_id == chip_id else chip
            for chip in self.chips
        ]

    def rate(self, item_id: str, liked: bool | None) -> None:
        """Like (True) or dislike (False) an item, or take either back (None)."""
        self.likes = tuple(other for other in self.likes if other != item_id)
        self.dislikes = tuple(other for other in self.dislikes if other != item_id)
        if liked is not None and liked:
            self.likes += (item_id,)
        elif liked is not None:
            self.dislikes += (item_id,)

    def query(self) -> Query | None:
        """The query as the engine takes it; None while there is nothing to ask."""
        if not self.chips and not self.likes:
            return None
        return Query(
            parts=tuple(chip.part for chip in self.chips),
            likes=self.likes,
            dislikes=self.dislikes,
            tags=frozenset(self.tags),
            must_have=frozenset(self.must_have),
            k=self.k,
        )

    def fingerprint(self) -> tuple[object, ...]:
        """Equal for two drafts that ask the same; the results are kept under it."""
        parts = tuple((chip.chip_id, chip.part.weight) for chip in self.chips)
        return (parts, self.likes, self.dislikes, self.tags, self.must_have, self.k, self.generation)

    def address(self) -> Address:
        """What of the draft fits into an address."""
        parts = tuple(part for part in map(_address_part, self.chips) if part is not None)
        return Address(parts, self.likes, self.dislikes, self.tags, self.must_have, self.k)

    @property
    def left_out_of_address(self) -> int:
        """How many parts an address cannot hold: uploads and long texts."""
        return sum(_address_part(chip) is None for chip in self.chips)

    def load(self, address: Address) -> None:
        """Replace the draft by what an address says."""
        self.clear()
        for part in address.parts:
            if part.kind == "text":
                self.add_text(part.value, weight=part.weight)
            else:
                self.add_item(part.value, self.titles.get(part.value, ""), weight=part.weight)
        self.likes, self.dislikes = address.likes, address.dislikes
        self.tags, self.must_have, self.k = address.tags, address.must_have, address.k

    def _add(self, part: QueryPart, preview: bytes | None = None, preview_mime: str = "") -> None:
        if len(self.chips) >= MAX_PARTS:
            raise QueryError(
                f"part number {len(self.chips) + 1}",
                expected=f"a query has at most {MAX_PARTS} parts",
                remedy="remove a part first",
            )
        self.chips = [*self.chips, Chip(next(self._numbers), part, preview, preview_mime)]


def _address_part(chip: Chip) -> AddressPart | None:
    part = chip.part
    weight = round(part.weight, 2)
    if part.item_id is not None:
        return AddressPart("item", part.item_id, weight)
    if isinstance(part.media, str) and len(part.media) <= MAX_TEXT:
        return AddressPart("text", part.media, weight)
    return None


def _preview(decoded: "Decoded", data: bytes) -> tuple[bytes | None, str]:
    from PIL import Image

    from mmdemo import media
    from mmdemo.types import Video

    match decoded.media:
        case Image.Image():
            return media.thumbnail(decoded.media), "image/webp"
        case Waveform():
            return (data, decoded.mime) if decoded.mime in _PLAYABLE else (media.encode_wav(decoded.media), "audio/wav")
        case Video(frames=frames) if len(frames.pixels):
            return media.thumbnail(Image.fromarray(frames.pixels[len(frames.pixels) // 2])), "image/webp"
        case _:
            return None, ""
