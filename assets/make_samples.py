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


def traffic_light() -> Image.Image:
    """A traffic light that shows red, in front of a pale sky."""
    picture = Image.new("RGB", (SIDE, SIDE), (190, 215, 235))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((160, 40, 320, 440), 30, fill=(30, 34, 36))
    for middle, colour in ((110, (230, 40, 40)), (240, (90, 75, 20)), (370, (20, 80, 45))):
        draw.ellipse((190, middle - 50, 290, middle + 50), fill=colour)
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


def guitar() -> npt.NDArray[np.float64]:
    """A broken chord on a plucked string (Karplus and Strong 1983: a delay line that averages its own output)."""
    rng = np.random.default_rng(3)
    sound = np.zeros(int(3.5 * SAMPLE_RATE_HZ))
    for beat, pitch_hz in enumerate((196.0, 247.0, 294.0, 392.0, 294.0, 247.0)):
        string = rng.uniform(-1, 1, int(SAMPLE_RATE_HZ / pitch_hz))
        periods = []
        for _ in range(int(1.5 * pitch_hz)):
            periods.append(string)
            string = 0.498 * (string + np.roll(string, -1))
        note = np.concatenate(periods)
        start = int(0.4 * beat * SAMPLE_RATE_HZ)
        sound[start : start + len(note)] += note[: len(sound) - start]
    return sound


def birdsong() -> npt.NDArray[np.float64]:
    """A songbird: short chirps that slide between 2 and 6 kHz, over a little wind."""
    rng = np.random.default_rng(5)
    sound = 0.003 * rng.normal(size=3 * SAMPLE_RATE_HZ)
    start_s = 0.1
    while start_s < 2.7:
        seconds = rng.uniform(0.05, 0.12)
        t = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        low, high = rng.uniform(2500, 3500), rng.uniform(4200, 6500)
        pitch = low + (high - low) * np.sin(np.pi * t / seconds * rng.choice([1, 2])) ** 2
        chirp = np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ) * np.sin(np.pi * t / seconds) ** 2
        begin = int(start_s * SAMPLE_RATE_HZ)
        sound[begin : begin + len(chirp)] += chirp
        start_s += seconds + rng.choice([0.02, 0.03, 0.2])
    return sound


def main() -> None:
    """Write all samples."""
    FOLDER.mkdir(exist_ok=True)
    traffic_light().save(FOLDER / "traffic-light.png", optimize=True)
    orange().convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(FOLDER / "orange.png", optimize=True)
    for name, sound in (("guitar", guitar()), ("birdsong", birdsong())):
        soundfile.write(FOLDER / f"{name}.flac", 0.7 * sound / np.abs(sound).max(), SAMPLE_RATE_HZ)


if __name__ == "__main__":
    main()
