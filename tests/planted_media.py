"""Catalogues in whose media a structure is planted that an encoder can learn."""

import io
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image, ImageDraw

from mmdemo.store import SourceInfo, Workspace
from mmdemo.types import Item, Modality

NOWHERE = SourceInfo("planted", "CC0-1.0", "nobody", "", synthetic=True)
RATE_HZ = 16_000


def pitched(rng: np.random.Generator, *, high: bool, seconds: float = 0.8) -> np.ndarray:
    """A tone around 1,500 Hz or around 300 Hz, of random pitch and loudness, in noise."""
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    hertz = (1500 if high else 300) * rng.uniform(0.85, 1.15)
    tone = rng.uniform(0.2, 0.5) * np.sin(2 * np.pi * hertz * times + rng.uniform(0, 6))
    return (tone + 0.02 * rng.standard_normal(len(times))).astype(np.float32)


def rhythmic(rng: np.random.Generator, *, fast: bool, seconds: float = 3.0) -> np.ndarray:
    """Strokes of noise about 8 or about 2 times a second; what is struck is the same."""
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    rate = (8.0 if fast else 2.0) * rng.uniform(0.85, 1.15)
    envelope = np.exp(-30.0 * ((times * rate + rng.uniform()) % 1.0) / rate)
    return (rng.uniform(0.2, 0.4) * envelope * rng.standard_normal(len(times))).astype(np.float32)


def shaped(rng: np.random.Generator, *, round_: bool, side: int = 64) -> Image.Image:
    """A disc or a square of random colour, size and place."""
    picture = Image.new("RGB", (side, side), tuple(rng.integers(150, 256, 3).tolist()))
    radius = int(rng.integers(side // 6, side // 3))
    x, y = rng.integers(radius, side - radius, 2).tolist()
    draw = ImageDraw.Draw(picture).ellipse if round_ else ImageDraw.Draw(picture).rectangle
    draw((x - radius, y - radius, x + radius, y + radius), fill=tuple(rng.integers(0, 120, 3).tolist()))
    return picture


def tone_workspace(path: Path, *, items: int = 48) -> Workspace:
    """A workspace, not indexed, of high and low tones that are tagged so; each has a text of its own."""
    workspace = Workspace(path).create("tones")
    rng = np.random.default_rng(0)
    found = []
    for number in range(items):
        high = number % 2 == 1
        stream = io.BytesIO()
        soundfile.write(stream, pitched(rng, high=high, seconds=0.4), RATE_HZ, format="WAV")
        blob = workspace.put_blob(stream.getvalue())
        tag = "high" if high else "low"
        found.append(
            Item(f"tone-{number}", f"{tag} {number}", {Modality.AUDIO: blob, Modality.TEXT: f"{tag} {number}"}, (tag,))
        )
    workspace.write_catalog(found, NOWHERE, {})
    return workspace
