"""WAV, FLAC, OGG, MP3 and AIFF through libsndfile; resampling; WAV for players."""

import io
import wave

import numpy as np

from mmdemo.errors import MediaError
from mmdemo.media.limits import LIMITS, Deadline, Limits
from mmdemo.media.mono import MonoMix, too_long
from mmdemo.media.refuse import damaged, parser_errors
from mmdemo.media.sniff import MP3, Kind
from mmdemo.types import Waveform

_BLOCK_VALUES = 2**18
# libsndfile could guess its way into rarer formats behind an ID3 tag; nothing else is expected here.
_FORMATS = {"WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3", "AIFF"}
_UNKNOWN_LENGTH = 2**40


def decode_sound(data: bytes, kind: Kind, *, limits: Limits, deadline: Deadline) -> Waveform | None:
    """Decode to mono in blocks: memory follows what is there, not what the header promises.

    Returns:
        The sound, or None where libsndfile does not know the codec inside (ADPCM variants and the like).

    Raises:
        MediaError: Outside the limits, damaged, silent, or not finite.
    """
    import soundfile

    with parser_errors(kind.name):
        try:
            sound = soundfile.SoundFile(io.BytesIO(data))
        except soundfile.LibsndfileError:
            return None
        with sound:
            if sound.format not in _FORMATS:
                return None
            check_channels(sound.channels, limits)
            declared = sound.frames if sound.frames < _UNKNOWN_LENGTH else 0
            if declared > limits.max_audio_s * sound.samplerate > 0:
                raise too_long(limits)
            mix = MonoMix(sound.samplerate, limits=limits, deadline=deadline)
            block = np.empty((_BLOCK_VALUES // sound.channels, sound.channels), np.float32)
            read = 0
            while count := len(sound.read(out=block)):
                mix.add(block[:count])
                read += count
            _check_all_there(data, kind, declared=declared, read=read)
            return mix.finish()


def check_channels(channels: int, limits: Limits) -> None:
    """Hold the number of channels against the limit.

    Raises:
        MediaError: There are none, or too many.
    """
    if not 1 <= channels <= limits.max_channels:
        raise MediaError(
            f"the sound has {channels} channels",
            expected=f"1 to {limits.max_channels} are needed",
            remedy="mix it down to mono or stereo",
        )


def resample(waveform: Waveform, sample_rate_hz: int) -> Waveform:
    """Change the sample rate with soxr's high-quality setting; the same rate gives the same object back.

    Args:
        waveform: (T,) samples.
        sample_rate_hz: Wanted rate, within `LIMITS`' range of rates.

    Returns:
        About T * sample_rate_hz / waveform.sample_rate_hz samples.

    Raises:
        MediaError: A rate outside the limits.

    Example:
        >>> tone = Waveform(np.sin(np.arange(44_100) * 0.1).astype(np.float32), 44_100)
        >>> resample(tone, 16_000).samples.shape
        (16000,)
    """
    if waveform.sample_rate_hz == sample_rate_hz:
        return waveform
    for rate in (waveform.sample_rate_hz, sample_rate_hz):
        if not LIMITS.min_sample_rate_hz <= rate <= LIMITS.max_sample_rate_hz:
            raise MediaError(
                f"a sample rate of {rate:,} Hz",
                expected=f"{LIMITS.min_sample_rate_hz:,} to {LIMITS.max_sample_rate_hz:,} Hz are needed",
                remedy="choose a rate in that range",
            )
    import soxr

    with parser_errors("sound to resample"):
        samples = soxr.resample(waveform.samples, waveform.sample_rate_hz, sample_rate_hz, quality="HQ")
        return Waveform(np.ascontiguousarray(samples, np.float32), sample_rate_hz)


def encode_wav(waveform: Waveform) -> bytes:
    """16-bit mono WAV, which every browser plays; a sound beyond full scale is turned down, not clipped."""
    peak = float(np.abs(waveform.samples).max(initial=0.0))
    pcm = np.round(waveform.samples * np.float32(32767.0 / max(1.0, peak))).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(waveform.sample_rate_hz)
        file.writeframes(pcm.tobytes())
    return out.getvalue()


def _check_all_there(data: bytes, kind: Kind, *, declared: int, read: int) -> None:
    """Raise where fewer samples came than the header promised.

    MP3 headers round, and without a Xing or Info tag their length is a guess; the others count exactly.
    """
    if kind is MP3:
        is_counted = b"Xing" in data[: 2**20] or b"Info" in data[: 2**20]
        declared = int(0.99 * declared) if is_counted else 0
    if read < declared:
        raise damaged(kind.name, f"{read:,} of {declared:,} samples are there")
