"""Untrusted bytes -> checked text, pictures, sounds and videos, or a `MediaError` that says what to do.

A file is what its bytes are, never what its name says. Limits come first (`Limits`), then the header, then the data.
Pictures, sounds and videos are decoded in a process of their own (`mmdemo.media.isolation`). The same bytes always give
the same arrays.
"""

from mmdemo.media import isolation
from mmdemo.media.audio import encode_wav, resample
from mmdemo.media.decoding import Decoded, decode_here, recognise
from mmdemo.media.image import thumbnail
from mmdemo.media.limits import LIMITS, Limits
from mmdemo.media.sniff import Family
from mmdemo.media.text import check_text
from mmdemo.types import Modality

__all__ = ["LIMITS", "Decoded", "Limits", "check_text", "decode", "encode_wav", "resample", "thumbnail"]


def decode(data: bytes, *, expect: Modality | None = None, limits: Limits = LIMITS) -> Decoded:
    """Decode a file of any supported kind.

    Args:
        data: The whole file.
        expect: What it must be; None takes what it is. A file with picture and sound is a video, or with
            `expect=Modality.AUDIO` its sound track.
        limits: What it may cost.

    Returns:
        Text (NFC), an upright RGB picture, a mono waveform, or frames with a sound track.

    Raises:
        MediaError: It cannot be used; says why and what to do.

    Example:
        >>> decode(b"a red fox").media
        'a red fox'
    """
    if recognise(data, expect=expect, limits=limits).family is Family.TEXT:
        return decode_here(data, expect=expect, limits=limits)  # pure Python: nothing to guard against
    return isolation.DECODERS.decode(data, expect=expect, limits=limits)
