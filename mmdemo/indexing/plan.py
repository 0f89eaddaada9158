"""What has to be encoded: for each modality, which content of which item.

A video counts as its pictures and its sound: it stands in for the picture or the sound of an item that lacks its own.
"""

import hashlib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.errors import MediaError
from mmdemo.media import decode
from mmdemo.store import Workspace
from mmdemo.types import Item, Media, Modality, Video

INDEXED = (Modality.TEXT, Modality.IMAGE, Modality.AUDIO)


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing to encode.

    Args:
        row: Which item it belongs to.
        key: SHA-256 of the content it is made from; equal content has equal keys.
        load: Decodes it.
        from_video: True where it is the pictures of a video.
    """

    row: int
    key: str
    load: Callable[[], Media]
    from_video: bool = False


def text_key(text: str) -> str:
    """Content key of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def derived_key(content_key: str, what: str) -> str:
    """Content key of something computed from content: the pictures or the sound of a video."""
    return hashlib.sha256(f"{what} of {content_key}".encode()).hexdigest()


def text_groups(items: Sequence[Item]) -> npt.NDArray[np.intp]:
    """Group number (N,) of each item: those with the same text share one, those without text are alone in theirs."""
    texts = [
        unicodedata.normalize("NFKC", item.media.get(Modality.TEXT, "")).casefold().strip() or f"\uffff{row}"
        for row, item in enumerate(items)
    ]
    return np.unique(np.array(texts, np.str_), return_inverse=True)[1].astype(np.intp)


def plan(workspace: Workspace, items: Sequence[Item]) -> Mapping[Modality, list[Piece]]:
    """The pieces of each indexed modality, in the items' order; modalities that no item has are left out."""
    pieces: dict[Modality, list[Piece]] = {modality: [] for modality in INDEXED}
    for row, item in enumerate(items):
        if text := item.media.get(Modality.TEXT):
            pieces[Modality.TEXT].append(Piece(row, text_key(text), lambda text=text: text))
        video = item.media.get(Modality.VIDEO)
        for modality in (Modality.IMAGE, Modality.AUDIO):
            if blob := item.media.get(modality):
                pieces[modality].append(Piece(row, blob, _loader(workspace, blob, modality)))
        if video and Modality.IMAGE not in item.media:
            key = derived_key(video, "pictures")
            pieces[Modality.IMAGE].append(Piece(row, key, _loader(workspace, video, Modality.VIDEO), from_video=True))
        if video and Modality.AUDIO not in item.media:
            pieces[Modality.AUDIO].append(Piece(row, derived_key(video, "sound"), _sound_loader(workspace, video)))
    return {modality: found for modality, found in pieces.items() if found}


def _loader(workspace: Workspace, blob: str, modality: Modality) -> Callable[[], Media]:
    return lambda: decode(workspace.read_blob(blob), expect=modality).media


def _sound_loader(workspace: Workspace, blob: str) -> Callable[[], Media]:
    def load() -> Media:
        video = decode(workspace.read_blob(blob), expect=Modality.VIDEO).media
        assert isinstance(video, Video)
        if video.sound is None:
            raise MediaError("a video without sound", expected="a sound track is needed", remedy="nothing to do")
        return video.sound

    return load
