"""Bytes -> `Decoded`, in this process; `mmdemo.media.decode` runs it in a guarded one."""

import hashlib
from dataclasses import dataclass

from mmdemo.errors import MediaError
from mmdemo.media.audio import decode_sound
from mmdemo.media.complete import require_complete
from mmdemo.media.container import decode_track, opened, picture_stream
from mmdemo.media.image import decode_image
from mmdemo.media.limits import LIMITS, Deadline, Limits
from mmdemo.media.sniff import ACCEPTED, QUICKTIME, SNDFILE, Family, Kind, sniff
from mmdemo.media.text import decode_text
from mmdemo.media.video import decode_video
from mmdemo.types import Media, Modality

_FAMILY_OF = {
    Modality.TEXT: Family.TEXT,
    Modality.IMAGE: Family.IMAGE,
    Modality.AUDIO: Family.AUDIO,
    Modality.VIDEO: Family.CONTAINER,
}


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """Checked media and what it was made from.

    Args:
        modality: What the file turned out to be.
        media: Text, an RGB picture, a mono waveform, or frames with a sound track.
        sha256: Of the original bytes, in hexadecimal.
        mime: Media type of the original bytes, for browsers.
    """

    modality: Modality
    media: Media
    sha256: str
    mime: str


def decode_here(data: bytes, *, expect: Modality | None = None, limits: Limits = LIMITS) -> Decoded:
    """Decode without the guard of a process of its own: a crash of a native library would be this process's crash.

    Args:
        data: The file.
        expect: What it must be; None takes what it is. A container with picture and sound is a video unless sound is
            expected.
        limits: What it may cost.

    Raises:
        MediaError: It cannot be used; says why and what to do.
    """
    kind = recognise(data, expect=expect, limits=limits)
    deadline = Deadline(limits.decode_seconds)
    require_complete(data, kind)
    media: Media
    if kind.family is Family.TEXT:
        modality, media = Modality.TEXT, decode_text(data, limits=limits)
    elif kind.family is Family.IMAGE:
        modality, media = Modality.IMAGE, decode_image(data, kind, limits=limits, deadline=deadline)
    elif kind.family is Family.CONTAINER and _is_video(data, kind, expect, limits=limits, deadline=deadline):
        modality, media = Modality.VIDEO, decode_video(data, kind, limits=limits, deadline=deadline)
    else:
        modality = Modality.AUDIO
        sound = None
        if kind in SNDFILE:
            sound = decode_sound(data, kind, limits=limits, deadline=deadline)
        media = sound if sound is not None else decode_track(data, kind, limits=limits, deadline=deadline)
    return Decoded(modality, media, hashlib.sha256(data).hexdigest(), _mime(kind, modality))


def recognise(data: bytes, *, expect: Modality | None, limits: Limits) -> Kind:
    """The kind of `data` by content, once its length and kind are known to be acceptable; decodes nothing.

    Raises:
        MediaError: Too long, unknown, or not what is expected.
    """
    _check_bytes(len(data), limits.max_bytes)
    kind = sniff(data)
    if expect is not None:
        wanted = _FAMILY_OF[expect]
        is_sound_in_container = expect is Modality.AUDIO and kind.family is Family.CONTAINER
        if kind.family is not wanted and not is_sound_in_container:
            raise MediaError(
                f"the file is {_with_article(kind.name)}",
                expected=f"{ACCEPTED[wanted]} is needed here",
                remedy="choose another file, or add this one in its own place",
            )
    if kind.family is Family.IMAGE:
        _check_bytes(len(data), limits.max_image_bytes)
    return kind


def _check_bytes(count: int, most: int) -> None:
    if count > most:
        raise MediaError(
            f"the file is {count / 2**20:.1f} MiB",
            expected=f"at most {most / 2**20:g} MiB are allowed",
            remedy="upload a shorter or smaller one",
        )


def _is_video(data: bytes, kind: Kind, expect: Modality | None, *, limits: Limits, deadline: Deadline) -> bool:
    if expect is not None:
        return expect is Modality.VIDEO
    with opened(data, kind, limits=limits, deadline=deadline) as container:
        return picture_stream(container) is not None


def _mime(kind: Kind, modality: Modality) -> str:
    if kind.family is not Family.CONTAINER:
        return kind.mime
    return "audio/mp4" if kind is QUICKTIME and modality is Modality.AUDIO else f"{modality}/{kind.mime}"


def _with_article(name: str) -> str:
    if name == "text":
        return name
    return f"an {name}" if name.startswith(("A", "O", "MP", "MK")) else f"a {name}"
