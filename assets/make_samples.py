"""Draws the sample pictures and plays the sample sounds of the example queries; the same bytes every time.

Run from the repository root: `python assets/make_samples.py`. Needs Pillow, NumPy and soundfile only.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from PIL import Image, ImageDraw, ImageFilter

FOLDER = Path(__file__).resolve().parent / "samples"
SIDE = 480
SAMPLE_RATE_HZ = 44_100


def gradient(top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Image.Image:
    """A square that fades from one colour to another."""
    share = np.linspace(0.0, 1.0, SIDE)[:, None, None]
    rows = np.array(top) * (1 - share) + np.array(bottom) * share
    return Image.fromarray(np.broadcast_to(rows, (SIDE, SIDE, 3)).astype(np.uint8).copy())


def sailing_boat() -> Image.Image:
    """A boat with two white sails on a blue sea."""
    picture = gradient((116, 178, 226), (214, 234, 246))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 320, SIDE, SIDE), fill=(38, 104, 158))
    for row in range(330, SIDE, 22):
        for column in range(-20 + (row * 7) % 40, SIDE, 56):
            draw.arc((column, row, column + 34, row + 14), 200, 340, fill=(120, 176, 214), width=3)
    draw.line((236, 70, 236, 330), fill=(92, 62, 40), width=7)
    draw.polygon(((244, 76), (244, 300), (372, 300)), fill=(250, 250, 246))
    draw.polygon(((228, 100), (228, 300), (130, 300)), fill=(236, 238, 240))
    draw.polygon(((112, 318), (384, 318), (342, 378), (160, 378)), fill=(150, 58, 44))
    draw.line((112, 318, 384, 318), fill=(236, 224, 206), width=6)
    return picture


def orange() -> Image.Image:
    """A round orange with a leaf, shaded from the upper left, on white."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64)
    radius = 165.0
    u, v = (x - 240) / radius, (y - 260) / radius
    depth = np.sqrt(np.clip(1 - u**2 - v**2, 0, 1))
    light = np.clip(0.5 + 0.55 * (-0.45 * u - 0.55 * v + 0.7 * depth), 0.4, 1.1)[..., None]
    pores = np.random.default_rng(7).normal(0.0, 0.035, (SIDE, SIDE, 1))
    peel = np.clip(np.array([255, 146, 20]) * (light + pores), 0, 255)
    inside = (u**2 + v**2 <= 1)[..., None]
    picture = Image.fromarray(np.where(inside, peel, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.2))
    draw = ImageDraw.Draw(picture)
    draw.line((240, 112, 246, 84), fill=(96, 74, 40), width=9)
    draw.polygon(((248, 96), (288, 56), (352, 52), (316, 92), (270, 104)), fill=(66, 128, 52))
    draw.line((250, 97, 346, 55), fill=(120, 170, 96), width=3)
    return picture


def bell() -> npt.NDArray[np.float64]:
    """A struck church bell: inharmonic partials, the higher the sooner gone."""
    t = np.arange(int(3.0 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    partials = ((0.5, 0.5, 2.6), (1.0, 1.0, 2.0), (1.2, 0.8, 1.5), (1.5, 0.5, 1.2), (2.0, 0.8, 0.9), (2.74, 0.4, 0.5))
    tone = sum(level * np.sin(2 * np.pi * 440 * ratio * t) * np.exp(-t / fade) for ratio, level, fade in partials)
    return np.asarray(tone) * np.minimum(1.0, t / 0.003) * np.minimum(1.0, (3.0 - t) / 0.05)


def bird() -> npt.NDArray[np.float64]:
    """A songbird: short chirps that slide between 2 and 5 kHz."""
    rng = np.random.default_rng(11)
    sound = np.zeros(int(3.0 * SAMPLE_RATE_HZ))
    start = 0.1
    while start < 2.7:
        seconds = rng.uniform(0.06, 0.16)
        t = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        low, high = rng.uniform(2000, 3200), rng.uniform(3600, 5000)
        pitch = low + (high - low) * np.sin(np.pi * t / seconds) ** 2
        chirp = np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ) * np.sin(np.pi * t / seconds) ** 2
        begin = int(start * SAMPLE_RATE_HZ)
        sound[begin : begin + len(chirp)] += chirp
        start += seconds + rng.choice([0.03, 0.05, 0.25])
    return sound


def main() -> None:
    """Write all samples."""
    FOLDER.mkdir(exist_ok=True)
    sailing_boat().save(FOLDER / "sailing-boat.png", optimize=True)
    orange().convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(FOLDER / "orange.png", optimize=True)
    for name, sound in (("bell", bell()), ("bird", bird())):
        soundfile.write(FOLDER / f"{name}.flac", 0.7 * sound / np.abs(sound).max(), SAMPLE_RATE_HZ)


if __name__ == "__main__":
    main()
