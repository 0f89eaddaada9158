"""One record -> one item of the catalogue, with its media decoded, kept and pictured small."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mmdemo.catalog.source import RawItem, Skipped
from mmdemo.errors import MediaError
from mmdemo.media import LIMITS, Decoded, check_text, decode, thumbnail
from mmdemo.store import Workspace
from mmdemo.types import Item, Modality, Video

_MAX_ID = 500
_MAX_TITLE = 200
_MAX_TAG = 100
_MAX_TAGS = 100
_NAMES = {Modality.TEXT: "text", Modality.IMAGE: "picture", Modality.AUDIO: "sound", Modality.VIDEO: "video"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one record.

    Args:
        where: Where it stands in its source.
        item: The item, None where nothing of it can be used.
        skipped: What was left out.
    """

    where: str
    item: Item | None
    skipped: tuple[Skipped, ...]


@dataclass(slots=True)
class _Parts:
    """The usable media of a record as they are found, and what was wrong with the others."""

    workspace: Workspace
    where: str
    media: dict[Modality, str] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, content: bytes | Path, where: str, expect: Modality | None) -> None:
        """Decode a file and keep it; a second one of a modality is left out."""
        try:
            data = _read(content)
            decoded = decode(data, expect=expect)
        except MediaError as error:
            self.skipped.append(Skipped(where, f"{error.given}; {error.expected}"))
        except OSError as error:
            self.skipped.append(Skipped(where, f"it cannot be read: {error.strerror or error}"))
        else:
            if decoded.modality in self.media:
                self.skipped.append(Skipped(where, f"the item has a {_NAMES[decoded.modality]} already"))
            else:
                self.media[decoded.modality] = _keep(data, decoded, self.workspace)

    def add_text(self, text: str) -> None:
        try:
            self.media[Modality.TEXT] = check_text(text)
        except MediaError as error:
            self.skipped.append(Skipped(f"{self.where} (text)", f"{error.given}; {error.expected}"))


def check_record(record: RawItem | Skipped, workspace: Workspace) -> Checked:
    """Decode what a record has, put it into the workspace, and describe it as an item.

    Args:
        record: An item, or something the source left out, which is passed on.
        workspace: Where blobs and thumbnails go; safe from several threads.

    Raises:
        WorkspaceError: The workspace cannot be written.
    """
    if isinstance(record, Skipped):
        return Checked(record.where, None, (record,))
    where = record.where or record.item_id
    item_id = _line(record.item_id)
    if not 0 < len(item_id) <= _MAX_ID:
        return Checked(where, None, (Skipped(where, f"its id is not of 1 to {_MAX_ID} characters", is_item=True),))
    parts = _Parts(workspace, where)
    if record.text is not None and record.text.strip():
        parts.add_text(record.text)
    for modality, content in record.files.items():
        parts.add(content, f"{where} ({_NAMES[modality]})", modality)
    for name, content in record.loose:
        parts.add(content, name, None)
    if not parts.media:
        parts.skipped.append(Skipped(where, "nothing of it can be used", is_item=True))
        return Checked(where, None, tuple(parts.skipped))
    item = Item(
        item_id=item_id,
        title=_title(record.title, parts.media.get(Modality.TEXT, ""), item_id),
        media=parts.media,
        tags=_tags(record.tags),
        extra=_columns(record.extra),
    )
    return Checked(where, item, tuple(parts.skipped))


def _read(content: bytes | Path) -> bytes:
    """The bytes of a file, refusing to read one that is over the limit anyway.

    Raises:
        MediaError: It is too large.
        OSError: It cannot be read.
    """
    if isinstance(content, bytes):
        return content
    with content.open("rb") as file:
        data = file.read(LIMITS.max_bytes + 1)
    if len(data) > LIMITS.max_bytes:
        raise MediaError(
            f"the file is over {LIMITS.max_bytes / 2**20:g} MiB",
            expected="a smaller one is needed",
            remedy="shorten it or scale it down",
        )
    return data


def _keep(data: bytes, decoded: Decoded, workspace: Workspace) -> str:
    """Put a file into the workspace; what stands for it in the item (text stands for itself)."""
    if isinstance(decoded.media, str):
        return decoded.media
    sha256 = workspace.put_blob(data)
    picture = decoded.media
    if isinstance(picture, Video):
        from PIL import Image

        pixels = picture.frames.pixels
        picture = Image.fromarray(pixels[len(pixels) // 2])
    if decoded.modality is not Modality.AUDIO and workspace.thumbnail_path(sha256) is None:
        workspace.put_thumbnail(sha256, thumbnail(picture))  # pyright: ignore[reportArgumentType]
    return sha256


def _title(title: str, text: str, item_id: str) -> str:
    """What a card shows: the title, else the start of the text, else the id."""
    found = _line(title) or _line(text) or item_id
    return found if len(found) <= _MAX_TITLE else f"{found[: _MAX_TITLE - 1].rstrip()}…"


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    clean = (_line(tag)[:_MAX_TAG] for tag in tags)
    return tuple(dict.fromkeys(tag for tag in clean if tag))[:_MAX_TAGS]


def _columns(extra: Mapping[str, str]) -> dict[str, str]:
    clean = ((_line(name), _unicode(value).strip()) for name, value in extra.items())
    return {name: value for name, value in clean if name and value}


def _line(text: str) -> str:
    """On one line, without control characters."""
    return " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in _unicode(text)).split())


def _unicode(text: str) -> str:
    """Without what cannot be stored: lone surrogates and NUL."""
    return text.encode("utf-8", "ignore").decode("utf-8").replace("\0", "")
