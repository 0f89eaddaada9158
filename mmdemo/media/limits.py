"""Every limit on untrusted media in one place, and the clock that decoders look at."""

import io
import time
from dataclasses import dataclass

from mmdemo.errors import MediaError


@dataclass(frozen=True, slots=True)
class Limits:
    """What an upload may ask of this process; checked in the order bytes, header, decoded data.

    Args:
        max_bytes: Longest file of any kind.
        max_image_bytes: Longest picture file.
        max_text_bytes: Longest text file.
        max_text_characters: Longest text after cleaning, in code points.
        max_image_pixels: Width times height a picture's header may declare; 64 million admits a 50-megapixel phone.
        max_image_side: Longest side a picture's header may declare, in pixels.
        min_side: Shortest side of a picture or video, in pixels; below it there is nothing to recognise.
        max_aspect_ratio: Longest over shortest side; a longer strip becomes a few rows once an encoder squares it.
        kept_image_side: Larger pictures are reduced to this longest side: no encoder looks closer, and a session need
            not hold 190 MB a photo.
        min_audio_s: Shortest sound, in seconds.
        max_audio_s: Longest sound, in seconds (a song or a symphony's movement, not an album).
        max_channels: Most channels of a sound.
        min_sample_rate_hz: Lowest sample rate.
        max_sample_rate_hz: Highest sample rate.
        kept_sample_rate_hz: Higher rates are resampled to this while decoding, so that memory depends on seconds only.
        min_audio_rms: Below this root mean square a sound counts as silence.
        max_amplitude: Largest magnitude of a sample; far above 1 the numbers are not sound.
        max_video_s: Longest video, in seconds.
        max_video_pixels: Width times height of a video (4096 x 2304).
        max_frames: Most frames kept of a video.
        kept_frame_side: Frames are reduced to this longest side, in pixels.
        decode_seconds: Time one file may take to decode.
        decode_memory_bytes: Memory one file may take to decode, above what the idle decoder needs.

    Example:
        >>> Limits(max_audio_s=30.0).max_audio_s
        30.0
    """

    max_bytes: int = 100 * 2**20
    max_image_bytes: int = 48 * 2**20
    max_text_bytes: int = 2**20
    max_text_characters: int = 10_000
    max_image_pixels: int = 64_000_000
    max_image_side: int = 20_000
    min_side: int = 8
    max_aspect_ratio: float = 20.0
    kept_image_side: int = 2048
    min_audio_s: float = 0.10
    max_audio_s: float = 600.0
    max_channels: int = 16
    min_sample_rate_hz: int = 4_000
    max_sample_rate_hz: int = 384_000
    kept_sample_rate_hz: int = 48_000
    min_audio_rms: float = 1e-4
    max_amplitude: float = 100.0
    max_video_s: float = 120.0
    max_video_pixels: int = 4096 * 2304
    max_frames: int = 32
    kept_frame_side: int = 512
    decode_seconds: float = 30.0
    decode_memory_bytes: int = 1536 * 2**20


LIMITS = Limits()


class Deadline:
    """A cooperative clock: decoders call `check` in every loop.

    Args:
        seconds: From now; monotonic.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds

    def check(self) -> None:
        """Do nothing in time.

        Raises:
            MediaError: The time is over.
        """
        if time.monotonic() > self._ends:
            raise took_too_long(self.seconds)


def took_too_long(seconds: float) -> MediaError:
    """The error for a file that was still decoding after `seconds`."""
    return MediaError(
        f"the file was still decoding after {seconds:g} s",
        expected=f"at most {seconds:g} s are allowed",
        remedy="upload a shorter or smaller one",
    )


class TimedReader(io.BytesIO):
    """Bytes as a file whose every read looks at the clock, for parsers that own their loop."""

    def __init__(self, data: bytes, deadline: Deadline) -> None:
        super().__init__(data)
        self._deadline = deadline

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as `io.BytesIO` does.

        Raises:
            MediaError: The time is over.
        """
        self._deadline.check()
        return super().read(size)
