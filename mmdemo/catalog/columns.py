"""What the columns of a table mean, by plain rules on their names.

A name counts without regard to case, spaces, hyphens and underscores. For each role the first name below that the table
has is taken; every other column is kept as a further column of the item.

    id      id, item id, key
    title   title, name, label
    text    text, description, caption, sentence
    image   image, picture, photo, img    each also with "path", "file", "bytes", "base64" or "url" behind it
    audio   audio, sound
    video   video, clip
    tags    tags, tag, categories, category, keywords
    file    file name, file, path   (only in a metadata table, which describes the files beside it)
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mmdemo.types import Modality

_MEDIA_ENDINGS = ("", "path", "file", "filename", "bytes", "base64", "b64", "url")
_PLAIN_NAMES = {
    "id": ("id", "itemid", "key"),
    "title": ("title", "name", "label"),
    "text": ("text", "description", "caption", "sentence"),
    "tags": ("tags", "tag", "categories", "category", "keywords"),
    "file": ("filename", "file", "path"),
}
_MEDIA_NAMES = {
    Modality.IMAGE: ("image", "picture", "photo", "img"),
    Modality.AUDIO: ("audio", "sound"),
    Modality.VIDEO: ("video", "clip"),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column plays which role; `None` where the table has none for it."""

    id: str | None = None
    title: str | None = None
    text: str | None = None
    tags: str | None = None
    file: str | None = None
    media: Mapping[Modality, str] = field(default_factory=dict)

    @property
    def known(self) -> frozenset[str]:
        """All columns that play a role."""
        plain = (self.id, self.title, self.text, self.tags, self.file)
        return frozenset(name for name in (*plain, *self.media.values()) if name is not None)


def recognise(names: Iterable[str]) -> Columns:
    """Assign roles to the columns of a table.

    Example:
        >>> recognise(["ID", "Caption", "image path", "price"]).media[Modality.IMAGE]
        'image path'
    """
    by_plain_name: dict[str, str] = {}
    for name in names:
        by_plain_name.setdefault(re.sub(r"[\s_-]+", "", name).casefold(), name)

    def first(candidates: Iterable[str]) -> str | None:
        return next((by_plain_name[candidate] for candidate in candidates if candidate in by_plain_name), None)

    plain = {role: first(candidates) for role, candidates in _PLAIN_NAMES.items()}
    media = {
        modality: first(stem + ending for ending in _MEDIA_ENDINGS for stem in stems)
        for modality, stems in _MEDIA_NAMES.items()
    }
    return Columns(**plain, media={modality: name for modality, name in media.items() if name is not None})
