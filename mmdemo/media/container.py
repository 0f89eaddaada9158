"""What libav reads: M4A, AAC, Opus, WebM, MP4, MOV, MKV, AVI and odd WAV codecs; their sound tracks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from mmdemo.errors import MediaError
from mmdemo.media.audio import check_channels
from mmdemo.media.limits import Deadline, Limits, TimedReader
from mmdemo.media.mono import Blocks, MonoMix
from mmdemo.media.refuse import damaged, parser_errors
from mmdemo.media.sniff import Kind
from mmdemo.types import Waveform

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream, VideoStream
    from av.container import InputContainer

# libav has hundreds of decoders, many of them rarely tested; these cover what people upload.
_AUDIO_CODECS = (
    *("aac", "alac", "flac", "mp3", "mp3float", "mp2", "mp2float", "opus", "libopus", "vorbis", "ac3", "eac3"),
    *("adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "amrnb", "amrwb", "gsm_ms", "pcm_alaw", "pcm_mulaw"),
    *("pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
    *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be"),
)
_VIDEO_CODECS = (
    *("h264", "hevc", "vp8", "libvpx", "vp9", "libvpx-vp9", "av1", "libdav1d", "theora", "mpeg4", "h263", "mjpeg"),
    *("msmpeg4v2", "msmpeg4", "mpeg1video", "mpeg2video", "prores", "ffv1", "rawvideo", "png"),
)
_CODECS = frozenset(_AUDIO_CODECS + _VIDEO_CODECS)
_MAX_STREAMS = 16


@contextmanager
def opened(data: bytes, kind: Kind, *, limits: Limits, deadline: Deadline) -> "Iterator[InputContainer]":
    """Open `data` with the one demuxer of its kind, listed codecs only, and no way to reach other files.

    Raises:
        MediaError: libav fails, here or inside the `with` block.
    """
    import av

    options = {
        "codec_whitelist": ",".join(sorted(_CODECS)),
        "format_whitelist": av.ContainerFormat(kind.reader, "r").name,
        "protocol_whitelist": "",
        "max_streams": str(_MAX_STREAMS),
        "max_pixels": str(limits.max_video_pixels),
        "threads": "1",
    }
    with (
        parser_errors(kind.name),
        av.open(
            TimedReader(data, deadline),
            mode="r",
            format=kind.reader,
            options=options,
            metadata_errors="replace",
            io_open=_refuse_other_files,
        ) as container,
    ):
        yield container


def picture_stream(container: "InputContainer") -> "VideoStream | None":
    """The first moving picture; cover art is none."""
    from av.stream import Disposition

    return next((s for s in container.streams.video if not s.disposition & Disposition.attached_pic), None)


def decode_track(data: bytes, kind: Kind, *, limits: Limits, deadline: Deadline) -> Waveform:
    """Decode the first sound track to mono.

    Raises:
        MediaError: There is none, it is outside the limits, damaged, silent, or of an unknown codec.
    """
    with opened(data, kind, limits=limits, deadline=deadline) as container:
        if not container.streams.audio:
            raise MediaError(
                f"the {kind.name} has no sound track", expected="a sound is needed", remedy="upload one with sound"
            )
        stream = container.streams.audio[0]
        check_codec(stream, kind)
        stream.codec_context.options = {"max_samples": str(2**20)}
        mix: MonoMix | None = None
        rate = 0
        for frame in container.decode(stream):
            check_channels(frame.layout.nb_channels, limits)
            if mix is None:
                rate = frame.sample_rate
                mix = MonoMix(rate, limits=limits, deadline=deadline)
            elif frame.sample_rate != rate:
                raise damaged(kind.name, f"its sample rate changes from {rate} to {frame.sample_rate} Hz")
            mix.add(_floats(frame))
        if mix is None:
            raise damaged(kind.name, "its sound track is empty")
        return mix.finish()


def check_codec(stream: "AudioStream | VideoStream", kind: Kind) -> None:
    """Make sure a decoder for `stream` is there and listed.

    Raises:
        MediaError: It is not.
    """
    context = stream.codec_context
    if context is None or context.codec.name not in _CODECS:
        name = "unknown" if context is None else context.codec.name
        raise MediaError(
            f"the {kind.name} uses the codec '{name}'",
            expected="a common codec (AAC, MP3, Opus, FLAC; H.264, HEVC, VP9, AV1) is needed",
            remedy="convert it to MP4, M4A or WAV",
        )
    context.thread_count = 1  # one worker decodes one file; threads would only multiply its memory


def _floats(frame: "AudioFrame") -> Blocks:
    """Samples (T, C), integers brought to [-1, 1)."""
    values = frame.to_ndarray()
    block = values.T if frame.format.is_planar else values.reshape(-1, frame.layout.nb_channels)
    if block.dtype.kind == "f":
        return block.astype(np.float64)
    middle = 128.0 if block.dtype == np.uint8 else 0.0
    return (block - middle) / (2.0 ** (8 * block.dtype.itemsize - 1))


def _refuse_other_files(url: str, _flags: int, _options: dict[str, str]) -> object:
    """Playlists and reference movies name other files; none may be opened."""
    raise MediaError(
        f"the file refers to another file ('{url[:60]}')",
        expected="a file that holds its own media is needed",
        remedy="export it as one self-contained file",
    )
