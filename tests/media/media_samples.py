"""Small files of every format, made by the encoders at hand, with content whose decoding is known."""

import io
import struct
from functools import cache

import numpy as np
import soundfile
from PIL import Image

TONE_HZ = 440.0


def png(image: Image.Image, **options) -> bytes:
    return saved(image, "PNG", **options)


def saved(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def quadrants(width: int = 64, height: int = 48) -> Image.Image:
    """Top left red, top right green, bottom left blue, bottom right yellow."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (255, 0, 0)
    pixels[: height // 2, width // 2 :] = (0, 255, 0)
    pixels[height // 2 :, : width // 2] = (0, 0, 255)
    pixels[height // 2 :, width // 2 :] = (255, 255, 0)
    return Image.fromarray(pixels)


def tone(seconds: float = 0.5, rate: int = 22_050, hertz: float = TONE_HZ, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def sound(samples: np.ndarray, rate: int = 22_050, kind: str = "WAV", subtype: str | None = None) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format=kind, subtype=subtype)
    return out.getvalue()


def container(
    kind: str,
    *,
    video: str | None = None,
    audio: str | None = None,
    seconds: float = 1.0,
    size: tuple[int, int] = (64, 48),
    fps: int = 10,
    samples: np.ndarray | None = None,
    rate: int = 48_000,
    key_every: int | None = None,
    options: dict[str, str] | None = None,
) -> bytes:
    """A container whose pictures get redder frame by frame (8 steps each) and whose sound is a tone at 48 kHz."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format=kind, options=options or {}) as file:
        pictures = file.add_stream(video, rate=fps) if video else None
        track = file.add_stream(audio, rate=rate) if audio else None
        if track is not None:
            track.layout = "mono"
        if pictures is not None:
            pictures.width, pictures.height = size
            if key_every is not None:
                pictures.gop_size = key_every
                pictures.options = {"sc_threshold": "1000000000"}  # no further key frames where the picture changes
            pictures.pix_fmt = "yuvj420p" if video == "mjpeg" else "yuv420p"
            for index in range(round(seconds * fps)):
                pixels = np.zeros((size[1], size[0], 3), np.uint8)
                pixels[..., 0] = min(255, index * 8)
                file.mux(pictures.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            file.mux(pictures.encode(None))
        if track is not None:
            wave = tone(seconds, rate) if samples is None else samples
            for start in range(0, len(wave), 1024):
                block = np.ascontiguousarray(wave[None, start : start + 1024])
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
                frame.sample_rate, frame.pts = rate, start
                file.mux(track.encode(frame))
            file.mux(track.encode(None))
    return out.getvalue()


def float_wav(samples: np.ndarray, rate: int = 22_050) -> bytes:
    """32-bit float WAV written by hand: libsndfile clips or refuses what these tests need to say."""
    body = samples.astype("<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, 1, rate, rate * 4, 4, 32)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + len(body))
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + (b"data" + struct.pack("<I", len(body)) + body)
    )


def pitch_hz(samples: np.ndarray, rate: int) -> float:
    """Frequency of the strongest bin of a windowed spectrum."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * rate / len(samples))


@cache
def images() -> dict[str, bytes]:
    picture = quadrants()
    clear = picture.convert("RGBA")
    clear.putalpha(128)
    deep = Image.fromarray((np.arange(64 * 48).reshape(48, 64) * 20).astype(np.uint16))
    exif = Image.Exif()
    exif[0x0112] = 6
    return {
        "png": png(picture),
        "png-alpha": png(clear),
        "png-palette": png(picture.quantize(8)),
        "png-16": png(deep),
        "jpeg": saved(picture, "JPEG", exif=exif),
        "jpeg-progressive": saved(picture, "JPEG", progressive=True),
        "jpeg-cmyk": saved(picture.convert("CMYK"), "JPEG"),
        "gif": saved(picture, "GIF"),
        "gif-moving": saved(picture, "GIF", save_all=True, append_images=[picture.rotate(90), picture.rotate(180)]),
        "webp": saved(picture, "WEBP"),
        "webp-lossless": saved(clear, "WEBP", lossless=True, exif=exif),
        "webp-moving": saved(picture, "WEBP", save_all=True, append_images=[picture.rotate(90)]),
        "bmp": saved(picture, "BMP"),
        "tiff": saved(picture, "TIFF"),
        "tiff-lzw": saved(picture, "TIFF", compression="tiff_lzw"),
        "tiff-jpeg": saved(picture, "TIFF", compression="jpeg"),
        "tiff-float": saved(Image.fromarray(np.linspace(0, 1, 64 * 48, dtype=np.float32).reshape(48, 64)), "TIFF"),
    }


@cache
def sounds() -> dict[str, bytes]:
    stereo = np.stack([tone(), tone()], axis=1)
    return {
        "wav": sound(stereo),
        "wav-24": sound(tone(), subtype="PCM_24"),
        "wav-float": float_wav(tone()),
        "wav-adpcm": container("wav", audio="adpcm_ms"),
        "aiff": sound(tone(), kind="AIFF"),
        "flac": sound(stereo, kind="FLAC"),
        "ogg-vorbis": sound(stereo, kind="OGG", subtype="VORBIS"),
        "ogg-opus": container("ogg", audio="libopus"),
        "ogg-flac": container("ogg", audio="flac"),
        "mp3": container("mp3", audio="libmp3lame"),
        "aac": container("adts", audio="aac"),
        "m4a": container("ipod", audio="aac"),
        "m4a-alac": container("ipod", audio="alac"),
        "webm-opus": container("webm", audio="libopus"),
    }


@cache
def videos() -> dict[str, bytes]:
    return {
        "mp4": container("mp4", video="libx264", audio="aac"),
        "mp4-mpeg4": container("mp4", video="mpeg4"),
        "mp4-fragmented": container(
            "mp4", video="mpeg4", audio="aac", options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}
        ),
        "mov": container("mov", video="libx264", audio="pcm_s16le"),
        "webm": container("webm", video="libvpx-vp9", audio="libopus"),
        "webm-vp8": container("webm", video="libvpx"),
        "mkv": container("matroska", video="ffv1", audio="flac"),
        "avi": container("avi", video="mjpeg", audio="libmp3lame"),
    }


TEXTS = {"text": b"a red fox at dawn\n", "text-utf16": "ein Fuchs, früh".encode("utf-16")}


def everything() -> dict[str, bytes]:
    return {**images(), **sounds(), **videos(), **TEXTS}
