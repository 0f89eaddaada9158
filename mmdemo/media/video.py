"""Short clips -> evenly spaced frames and the sound track."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.errors import MediaError
from mmdemo.media.container import check_codec, decode_track, opened, picture_stream
from mmdemo.media.image import check_size
from mmdemo.media.limits import Deadline, Limits
from mmdemo.media.mono import Inaudible
from mmdemo.media.refuse import damaged
from mmdemo.media.sniff import Kind
from mmdemo.types import Frames, Video, Waveform

if TYPE_CHECKING:
    from av import Packet, VideoFrame

# Above this many pixels in a clip (about 24 s of 1080p at 30 frames a second) only key frames are decoded.
_FULL_DECODE_PIXELS = 1_500_000_000
_ENOUGH_KEY_FRAMES = 8


@dataclass(frozen=True, slots=True)
class _Timeline:
    """What the packets say, read without decoding; headers lie, and recorders leave the length out."""

    start_s: float
    duration_s: float
    packets: int
    key_packets: int
    has_sound: bool

    @property
    def spacing_s(self) -> float:
        return self.duration_s / self.packets


def decode_video(data: bytes, kind: Kind, *, limits: Limits, deadline: Deadline) -> Video:
    """Decode up to `limits.max_frames` evenly spaced frames, and the sound.

    A sound track that is silent or shorter than a sound may be counts as none.

    Raises:
        MediaError: Outside the limits, damaged, or of an unknown codec.
    """
    timeline = _read_timeline(data, kind, limits=limits, deadline=deadline)
    frames = _sample_frames(data, kind, timeline, limits=limits, deadline=deadline)
    sound = _audible_track(data, kind, limits=limits, deadline=deadline) if timeline.has_sound else None
    return Video(frames, sound)


def _read_timeline(data: bytes, kind: Kind, *, limits: Limits, deadline: Deadline) -> _Timeline:
    with opened(data, kind, limits=limits, deadline=deadline) as container:
        stream = picture_stream(container)
        if stream is None:
            raise MediaError(
                f"the {kind.name} holds no moving picture", expected="a video is needed", remedy="upload one"
            )
        check_codec(stream, kind)
        context = stream.codec_context
        check_size(context.width, context.height, limits=limits, what="video")
        _check_pixels(context.width, context.height, limits)
        times: list[tuple[Fraction, bool]] = []
        for packet in container.demux(stream):
            deadline.check()
            if packet.size:
                times.append((_seconds(packet), packet.is_keyframe))
        if not times:
            raise damaged(kind.name, "it holds no pictures")
        start, end = min(t for t, _ in times), max(t for t, _ in times)
        # The last picture is shown for as long as the others, on average; a single one for a frame's usual time.
        step = (end - start) / (len(times) - 1) if end > start else 1 / (stream.average_rate or Fraction(25))
        duration = float(end - start + step)
        if duration > limits.max_video_s:
            raise MediaError(
                f"the video is {duration:.1f} s",
                expected=f"at most {limits.max_video_s:g} s are allowed",
                remedy="cut out the part that matters",
            )
        return _Timeline(
            float(start), duration, len(times), sum(key for _, key in times), bool(container.streams.audio)
        )


def _sample_frames(data: bytes, kind: Kind, timeline: _Timeline, *, limits: Limits, deadline: Deadline) -> Frames:
    """Keep the picture on show at the middle of each of n equal spans; one that is on show at two counts twice."""
    wanted = min(limits.max_frames, timeline.packets)
    kept: list[npt.NDArray[np.uint8]] = []
    with opened(data, kind, limits=limits, deadline=deadline) as container:
        stream = picture_stream(container)
        if stream is None:  # the first reading of the same bytes saw one
            raise damaged(kind.name, "its pictures cannot be found again")
        check_codec(stream, kind)
        context = stream.codec_context
        context.options = {"max_pixels": str(limits.max_video_pixels)}
        if _takes_long(timeline, context.width * context.height):
            context.skip_frame = "NONKEY"
            wanted = min(wanted, timeline.key_packets)
        middles = [(k + 0.5) * timeline.duration_s / wanted for k in range(wanted)]
        shown: VideoFrame | None = None
        for index, frame in enumerate(container.decode(stream)):
            deadline.check()
            if frame.is_corrupt:
                continue
            at = float(frame.time) - timeline.start_s if frame.time is not None else index * timeline.spacing_s
            passed = sum(middle < at for middle in middles[len(kept) :])
            if shown is not None and passed:
                kept.extend([_small_rgb(shown, limits)] * passed)
            shown = frame
            if len(kept) == wanted:
                break
        if shown is None:
            raise damaged(kind.name, "none of its pictures can be decoded")
        if len(kept) < wanted:
            kept.extend([_small_rgb(shown, limits)] * (wanted - len(kept)))
    if len({picture.shape for picture in kept}) > 1:
        raise damaged(kind.name, "its pictures change size")
    return Frames(np.stack(kept), wanted / timeline.duration_s)


def _takes_long(timeline: _Timeline, pixels: int) -> bool:
    """Whether to decode key frames only; decided by size and not by the clock, so that it is always the same."""
    return pixels * timeline.packets > _FULL_DECODE_PIXELS and timeline.key_packets >= _ENOUGH_KEY_FRAMES


def _small_rgb(frame: "VideoFrame", limits: Limits) -> npt.NDArray[np.uint8]:
    """RGB (H, W, 3), upright, its longest side at most `limits.kept_frame_side`."""
    check_size(frame.width, frame.height, limits=limits, what="video")
    _check_pixels(frame.width, frame.height, limits)
    scale = min(1.0, limits.kept_frame_side / max(frame.width, frame.height))
    small = frame.reformat(
        width=max(1, round(frame.width * scale)),
        height=max(1, round(frame.height * scale)),
        format="rgb24",
        interpolation="AREA",
        threads=1,
    )
    quarter_turns = round(frame.rotation / 90)  # counterclockwise, as phones record them
    return np.ascontiguousarray(np.rot90(small.to_ndarray(), quarter_turns), dtype=np.uint8)


def _audible_track(data: bytes, kind: Kind, *, limits: Limits, deadline: Deadline) -> Waveform | None:
    try:
        return decode_track(data, kind, limits=limits, deadline=deadline)
    except Inaudible:
        return None


def _seconds(packet: "Packet") -> Fraction:
    ticks = packet.pts if packet.pts is not None else packet.dts
    return (ticks or 0) * (packet.time_base or Fraction(0))


def _check_pixels(width: int, height: int, limits: Limits) -> None:
    if width * height > limits.max_video_pixels:
        raise MediaError(
            f"the video is {width} x {height} pixels",
            expected=f"at most {limits.max_video_pixels / 1e6:.1f} megapixels a frame are allowed (4K)",
            remedy="export it in 1080p",
        )
