"""What has to be encoded: for each modality, which content of which item.

A video counts as its pictures and its sound. Its sound stands in for the sound of an item that lacks its own. Where the
video encoder is the image encoder over frames, its pictures stand in likewise for the item's picture; any other has a
space of its own, so there videos are indexed as a modality of their own.
"""

import hashlib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmdemo.encoders import DEFAULTS, ENCODERS
from mmdemo.encoders.choice import split
from mmdemo.errors import MediaError
from mmdemo.media import decode
from mmdemo.store import Workspace
from mmdemo.types import Item, Media, Modality, Video


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing to encode.

    Args:
        row: Which item it belongs to.
        key: SHA-256 of the content it is made from; equal content has equal keys.
        load: Decodes it.
        from_video: True where it is the pictures of a video that stand in for a picture.
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


def videos_apart(names: Mapping[Modality, str]) -> bool:
    """Whether the vectors of videos cannot be compared with those of pictures, and need tables of their own.

    Args:
        names: Full encoder names by modality.
    """
    video = split(names.get(Modality.VIDEO, DEFAULTS[Modality.VIDEO]), families=ENCODERS)
    spec = ENCODERS[video[0].family]
    image = names.get(Modality.IMAGE, DEFAULTS[Modality.IMAGE])
    over_frames = len(video) == 1 and spec.origin == "built" and not video[0].options
    return not (over_frames and (video[0].source or spec.default_source) == image)


def plan(workspace: Workspace, items: Sequence[Item], *, videos_apart: bool = False) -> Mapping[Modality, list[Piece]]:
    """The pieces of each indexed modality, in the items' order; modalities that no item has are left out.

    Args:
        workspace: Where media are read from.
        items: The catalogue, in order.
        videos_apart: Whether videos are a modality of their own; see the function of that name.
    """
    pieces: dict[Modality, list[Piece]] = {modality: [] for modality in Modality}
    for row, item in enumerate(items):
        if text := item.media.get(Modality.TEXT):
            pieces[Modality.TEXT].append(Piece(row, text_key(text), lambda text=text: text))
        video = item.media.get(Modality.VIDEO)
        for modality in (Modality.IMAGE, Modality.AUDIO):
            if blob := item.media.get(modality):
                pieces[modality].append(Piece(row, blob, _loader(workspace, blob, modality)))
        if video and (videos_apart or Modality.IMAGE not in item.media):
            key, load = derived_key(video, "pictures"), _loader(workspace, video, Modality.VIDEO)
            stands_for = Modality.VIDEO if videos_apart else Modality.IMAGE
            pieces[stands_for].append(Piece(row, key, load, from_video=not videos_apart))
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
