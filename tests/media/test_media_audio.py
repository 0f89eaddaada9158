import io
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from media_samples import TONE_HZ, container, float_wav, pitch_hz, sound, sounds, tone

from mmdemo.errors import MediaError
from mmdemo.media import Limits, decode, encode_wav, resample
from mmdemo.types import Modality, Waveform

_MIME = {"m4a": "audio/mp4", "mp3": "audio/mpeg"}


def waveform(data: bytes, **options) -> Waveform:
    decoded = decode(data, **options)
    assert decoded.modality is Modality.AUDIO
    assert isinstance(decoded.media, Waveform)
    return decoded.media


@pytest.mark.parametrize("name", sounds())
def test_every_format_keeps_its_tone(name: str) -> None:
    wave = waveform(sounds()[name])
    seconds = 1.0 if wave.sample_rate_hz == 48_000 else 0.5
    assert wave.duration_s == pytest.approx(seconds, abs=0.06)
    assert pitch_hz(wave.samples, wave.sample_rate_hz) == pytest.approx(TONE_HZ, abs=3)
    assert np.sqrt(np.mean(wave.samples**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.08)


@pytest.mark.parametrize("name", sounds())
def test_the_same_bytes_give_the_same_samples(name: str) -> None:
    first, second = decode(sounds()[name]), decode(sounds()[name])
    kind = name.partition("-")[0]
    assert first.mime == second.mime == _MIME.get(kind, f"audio/{kind}")
    np.testing.assert_array_equal(first.media.samples, second.media.samples)  # type: ignore[union-attr]


def test_sound_file_samples_are_exact() -> None:
    np.testing.assert_array_equal(waveform(float_wav(tone())).samples, tone())


def test_channels_are_averaged() -> None:
    left, right = tone(hertz=300), tone(hertz=700)
    wave = waveform(sound(np.stack([left, right], axis=1), subtype="FLOAT"))
    np.testing.assert_allclose(wave.samples, (left + right) / 2, atol=1e-6)


@pytest.mark.parametrize("rate", [96_000, 192_000])
def test_high_rates_come_down_to_48_khz_with_their_tone(rate: int) -> None:
    wave = waveform(sound(tone(1.0, rate), rate))
    assert wave.sample_rate_hz == 48_000
    assert len(wave.samples) == pytest.approx(48_000, abs=1)
    assert pitch_hz(wave.samples, 48_000) == pytest.approx(TONE_HZ, abs=1)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (tone(0.02), r"the sound is 0.02 s; at least 0.10 s is needed; upload a longer clip"),
        (np.zeros(0, np.float32), "0.00 s"),
        (np.zeros(9000, np.float32), "silent"),
        (np.full(9000, 0.25, np.float32), "silent"),
        (tone(level=1e-4), "silent"),
        (np.where(np.arange(9000) == 4000, np.nan, 0.1).astype(np.float32), "not finite"),
        (np.where(np.arange(9000) == 4000, np.inf, 0.1).astype(np.float32), "not finite"),
        (tone(level=32_768), "samples between -1 and 1"),
    ],
    ids=["short", "empty", "zeros", "offset", "faint", "nan", "inf", "scale"],
)
def test_unusable_sounds_are_refused(samples: np.ndarray, message: str) -> None:
    with pytest.raises(MediaError, match=message):
        decode(float_wav(samples))


@pytest.mark.parametrize("data", [sound(tone(3.0)), container("ipod", audio="aac", seconds=3.0)], ids=["wav", "m4a"])
def test_long_sounds_are_refused_with_the_limit(data: bytes) -> None:
    with pytest.raises(MediaError, match="longer than 2 s; at most 2 s"):
        decode(data, limits=Limits(max_audio_s=2.0))


@pytest.mark.parametrize(("rate", "channels"), [(100, 1), (500_000, 1), (22_050, 17)])
def test_odd_rates_and_channel_counts_are_refused(rate: int, channels: int) -> None:
    with pytest.raises(MediaError, match="are needed"):
        decode(sound(np.repeat(tone(0.5)[:, None], channels, axis=1), rate))


def test_a_wav_header_that_promises_gigabytes_is_refused_as_cut_off() -> None:
    data = bytearray(sound(tone()))
    data[40:44] = struct.pack("<I", 0xF0000000)
    with pytest.raises(MediaError, match="of its bytes are missing"):
        decode(bytes(data))


def test_a_wav_that_was_streamed_without_a_length_is_read_to_its_end() -> None:
    data = bytearray(sound(tone()))
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    np.testing.assert_allclose(waveform(bytes(data)).samples, tone(), atol=1e-4)


# A raw AAC stream, cut between frames, is a shorter one: nothing in it could tell.
@pytest.mark.parametrize("name", sorted(set(sounds()) - {"aac"}))
@pytest.mark.parametrize("share", [0.2, 0.6, 0.9])
def test_truncated_sounds_are_refused(name: str, share: float) -> None:
    data = sounds()[name]
    with pytest.raises(MediaError):
        decode(data[: int(len(data) * share)])


def test_a_tagged_mp3_is_recognised() -> None:
    tag = b"ID3\x03\x00\x00\x00\x00\x02\x00" + bytes(256)
    assert decode(tag + sounds()["mp3"]).mime == "audio/mpeg"


@given(
    st.integers(min_value=8_000, max_value=48_000),
    st.integers(min_value=8_000, max_value=48_000),
    st.floats(min_value=100.0, max_value=3_000.0),
)
@settings(max_examples=30, deadline=None)
def test_resampling_keeps_length_and_tone(rate: int, wanted: int, hertz: float) -> None:
    before = Waveform(tone(0.5, rate, hertz), rate)
    wave = resample(before, wanted)
    assert wave.samples.dtype == np.float32
    assert abs(len(wave.samples) - len(before.samples) * wanted / rate) <= 1
    assert pitch_hz(wave.samples, wanted) == pytest.approx(hertz, abs=2.1)


def test_resampling_removes_what_the_new_rate_cannot_hold() -> None:
    high = resample(Waveform(tone(0.5, 48_000, 15_000.0), 48_000), 16_000)
    assert np.abs(high.samples[800:-800]).max() < 1e-3


def test_resampling_to_the_same_rate_is_the_same_object() -> None:
    wave = Waveform(tone(), 22_050)
    assert resample(wave, 22_050) is wave


@pytest.mark.parametrize("rate", [0, 10, 10_000_000])
def test_resampling_refuses_absurd_rates(rate: int) -> None:
    with pytest.raises(MediaError, match="are needed"):
        resample(Waveform(tone(), 22_050), rate)


@pytest.mark.parametrize("level", [0.5, 3.0])
def test_encoded_wav_plays_back_without_clipping(level: float) -> None:
    samples, rate = soundfile.read(io.BytesIO(encode_wav(Waveform(tone(level=level), 22_050))))
    assert rate == 22_050
    np.testing.assert_allclose(samples, tone(level=min(level, 1.0)), atol=1e-3)
