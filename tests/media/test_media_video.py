import io
import struct

import av
import numpy as np
import pytest
from media_samples import TONE_HZ, container, pitch_hz, sounds, videos

from mmdemo.errors import MediaError
from mmdemo.media import Limits, decode
from mmdemo.media import video as video_module
from mmdemo.media.decoding import decode_here
from mmdemo.types import Modality, Video, Waveform

SILENT = {"mp4-mpeg4", "webm-vp8"}


def video(data: bytes, **options) -> Video:
    media = decode(data, **options).media
    assert isinstance(media, Video)
    return media


@pytest.mark.parametrize("name", videos())
def test_every_format_gives_its_frames_in_order_and_its_sound(name: str) -> None:
    clip = video(videos()[name])
    reds = clip.frames.pixels[:, 24, 32, 0].astype(int)
    assert clip.frames.pixels.shape == (10, 48, 64, 3)
    assert clip.frames.fps == pytest.approx(10, rel=0.1)
    np.testing.assert_allclose(reds, np.arange(10) * 8, atol=10)
    assert np.all(np.diff(reds) >= 0)
    if name in SILENT:
        assert clip.sound is None
    else:
        assert clip.sound is not None
        assert pitch_hz(clip.sound.samples, clip.sound.sample_rate_hz) == pytest.approx(TONE_HZ, abs=3)


@pytest.mark.parametrize("name", videos())
def test_the_same_bytes_give_the_same_frames(name: str) -> None:
    first, second = video(videos()[name]), video(videos()[name])
    np.testing.assert_array_equal(first.frames.pixels, second.frames.pixels)
    if first.sound is not None and second.sound is not None:
        np.testing.assert_array_equal(first.sound.samples, second.sound.samples)


def test_frames_are_evenly_spaced_and_small() -> None:
    clip = video(container("mp4", video="libx264", seconds=3.1, size=(1024, 256)), limits=Limits(max_frames=4))
    assert clip.frames.pixels.shape == (4, 128, 512, 3)
    assert clip.frames.fps == pytest.approx(4 / 3.1)
    # The frames on show at 1/8, 3/8, 5/8 and 7/8 of 31 frames, whose red is 8 times their number.
    np.testing.assert_allclose(clip.frames.pixels[:, 64, 64, 0], np.array([3, 11, 19, 27]) * 8, atol=8)


def test_a_large_clip_is_sampled_at_its_key_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    data = container("mp4", video="mpeg4", seconds=3.0, key_every=3)
    monkeypatch.setattr(video_module, "_FULL_DECODE_PIXELS", 64 * 48 * 30 - 1)
    clip = decode_here(data).media
    assert isinstance(clip, Video)
    assert clip.frames.fps == pytest.approx(10 / 3)
    np.testing.assert_allclose(clip.frames.pixels[:, 24, 32, 0], np.arange(0, 30, 3) * 8, atol=10)


def test_a_picture_that_stays_counts_for_as_long_as_it_is_shown() -> None:
    """Ten pictures: the first for a second, the others for a tenth each."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(10):
            pixels = np.full((48, 64, 3), 20 * index, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = 0 if index == 0 else 9 + index
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    greys = video(out.getvalue()).frames.pixels[:, 24, 32, 0].astype(int)
    assert len(greys) == 10
    np.testing.assert_allclose(greys[:5], 0, atol=6)
    assert np.all(np.diff(greys[5:]) > 20)


def test_sound_alone_can_be_asked_for() -> None:
    decoded = decode(videos()["mp4"], expect=Modality.AUDIO)
    assert (decoded.modality, decoded.mime) == (Modality.AUDIO, "audio/mp4")
    assert isinstance(decoded.media, Waveform)


def test_a_silent_track_counts_as_none_but_is_refused_as_a_sound() -> None:
    data = container("mp4", video="libx264", audio="aac", samples=np.zeros(48_000, np.float32))
    assert video(data).sound is None
    with pytest.raises(MediaError, match="silent"):
        decode(data, expect=Modality.AUDIO)


@pytest.mark.parametrize(
    ("data", "expect", "message"),
    [
        (videos()["webm-vp8"], Modality.AUDIO, "no sound track"),
        (sounds()["m4a"], Modality.VIDEO, "no moving picture"),
        (sounds()["wav"], Modality.VIDEO, "a WAV sound; a video"),
    ],
)
def test_what_is_not_there_cannot_be_asked_for(data: bytes, expect: Modality, message: str) -> None:
    with pytest.raises(MediaError, match=message):
        decode(data, expect=expect)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(max_video_s=0.5), "the video is 1.0 s; at most 0.5 s"),
        (Limits(max_video_pixels=3000), "64 x 48 pixels|max_pixels|damaged"),
        (Limits(max_bytes=1000), "MiB are allowed"),
        (Limits(decode_seconds=0.0), "still decoding after 0 s"),
    ],
)
def test_limits_are_held(limits: Limits, message: str) -> None:
    with pytest.raises(MediaError, match=message):
        decode(videos()["mp4"], limits=limits)


@pytest.mark.parametrize("name", videos())
@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_truncated_videos_are_refused(name: str, share: float) -> None:
    data = videos()[name]
    with pytest.raises(MediaError):
        decode(data[: int(len(data) * share)])


def rotated_header(data: bytes) -> bytes:
    """The display matrix of a phone held upright: show the picture turned a quarter clockwise."""
    at = data.index(b"tkhd") + 4 + 40
    one = 0x00010000
    matrix = struct.pack(">9i", 0, one, 0, -one, 0, 0, 48 * one, 0, 0x40000000)
    return data[:at] + matrix + data[at + 36 :]


def test_a_phones_rotation_is_applied() -> None:
    top_red = np.zeros((48, 64, 3), np.uint8)
    top_red[:24, :, 0] = 250
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(3):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(top_red, format="rgb24")))
        file.mux(stream.encode(None))
    frames = video(rotated_header(out.getvalue())).frames.pixels
    assert frames.shape[1:3] == (64, 48)
    # Turned clockwise, the top of the stored picture is on the right.
    assert frames[0, 32, 40, 0] > 200
    assert frames[0, 32, 8, 0] < 50


def test_a_table_that_declares_200_million_samples_is_refused() -> None:
    data = bytearray(container("ipod", audio="aac"))
    stsz, stsc = data.index(b"stsz"), data.index(b"stsc")
    data[stsz + 8 : stsz + 16] = struct.pack(">II", 1, 200_000_000)
    data[stsc + 16 : stsc + 20] = struct.pack(">I", 200_000_000)
    with pytest.raises(MediaError):
        decode(bytes(data))


def test_fragments_that_declare_endless_samples_are_held_to_the_memory_limit() -> None:
    """A `trun` box without fields of its own costs its file nothing a sample, and libav an index entry each."""
    data = bytearray(videos()["mp4-fragmented"])
    at = 0
    while (at := data.find(b"trun", at)) >= 0:
        data[at + 4 : at + 12] = struct.pack(">II", 0, 0x0FFFFFFF)
        at += 12
    with pytest.raises(MediaError, match=r"more memory|damaged"):
        decode(bytes(data))
