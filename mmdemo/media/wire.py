"""Messages between this process and the one that decodes: JSON and raw arrays, nothing that could run.

A message is the length of its header (4 bytes) and of its payload (8 bytes), both big-endian, the header as JSON, the
payload.
"""

import json
import struct
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from PIL import Image

from mmdemo.errors import MediaError
from mmdemo.media.decoding import Decoded
from mmdemo.media.limits import Limits
from mmdemo.types import Frames, Modality, Video, Waveform

_LENGTHS = struct.Struct(">IQ")
_MAX_HEADER = 2**20


class BrokenMessageError(Exception):
    """The other side ended, or wrote something that is no message."""


def write_message(stream: IO[bytes], header: Mapping[str, Any], *payload: bytes | memoryview) -> None:
    """Send one message; `payload` parts are joined on the way."""
    text = json.dumps(header).encode()
    stream.write(_LENGTHS.pack(len(text), sum(len(part) for part in payload)))
    stream.write(text)
    for part in payload:
        stream.write(part)
    stream.flush()


def read_message(stream: IO[bytes], *, max_payload: int) -> tuple[dict[str, Any], bytearray]:
    """Receive one message.

    Raises:
        BrokenMessageError: The stream ended, or the message is longer than it may be.
    """
    header_length, payload_length = _LENGTHS.unpack(_read_exactly(stream, _LENGTHS.size))
    if header_length > _MAX_HEADER or payload_length > max_payload:
        raise BrokenMessageError(f"a message of {header_length} + {payload_length} bytes")
    header = json.loads(_read_exactly(stream, header_length))
    return header, _read_exactly(stream, payload_length)


def max_reply_bytes(limits: Limits) -> int:
    """The longest payload an honest reply can have."""
    image = 3 * limits.kept_image_side**2
    sound = 4 * int((limits.max_audio_s + 1) * limits.kept_sample_rate_hz)
    frames = 3 * limits.max_frames * limits.kept_frame_side**2
    return max(image, sound + frames)


def pack(decoded: Decoded) -> tuple[dict[str, Any], list[memoryview]]:
    """Header and payload for a picture, sound or video."""
    header: dict[str, Any] = {"modality": decoded.modality, "sha256": decoded.sha256, "mime": decoded.mime}
    media = decoded.media
    if isinstance(media, Image.Image):
        return header | {"size": media.size}, [memoryview(media.tobytes())]
    if isinstance(media, Waveform):
        return header | {"rate": media.sample_rate_hz}, [media.samples.data.cast("B")]
    if isinstance(media, Video):
        pixels = media.frames.pixels
        header |= {"shape": pixels.shape, "fps": media.frames.fps}
        parts = [pixels.data.cast("B")]
        if media.sound is not None:
            header["rate"] = media.sound.sample_rate_hz
            parts.append(media.sound.samples.data.cast("B"))
        return header, parts
    raise TypeError("text is decoded where it is")


def unpack(header: Mapping[str, Any], payload: bytearray) -> Decoded:
    """The `Decoded` that was packed, its arrays writable and sharing the payload's memory.

    Raises:
        MediaError: The reply is an error of the decoder.
    """
    if "error" in header:
        given, expected, remedy = header["error"]
        raise MediaError(given, expected=expected, remedy=remedy)
    modality = Modality(header["modality"])
    if modality is Modality.IMAGE:
        width, height = header["size"]
        media = Image.frombytes("RGB", (width, height), payload)
    elif modality is Modality.AUDIO:
        media = Waveform(np.frombuffer(payload, np.float32), header["rate"])
    else:
        shape = tuple(header["shape"])
        pixels = np.frombuffer(payload, np.uint8, count=int(np.prod(shape))).reshape(shape)
        rate = header.get("rate")
        # The sound starts at any byte after the frames, so it is copied to aligned memory.
        sound = None if rate is None else Waveform(np.frombuffer(payload[pixels.size :], np.float32), rate)
        media = Video(Frames(pixels, header["fps"]), sound)
    return Decoded(modality, media, header["sha256"], header["mime"])


def _read_exactly(stream: IO[bytes], count: int) -> bytearray:
    data = bytearray(count)
    view = memoryview(data)
    done = 0
    while done < count:
        got = stream.readinto(view[done:])  # type: ignore[attr-defined]
        if not got:
            raise BrokenMessageError(f"the stream ended after {done} of {count} bytes")
        done += got
    return data
