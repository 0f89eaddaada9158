"""Generated media for `encode.py`, and a ViT-B/32 with random weights in a folder; always the same."""

import io
import json
from pathlib import Path

import numpy as np

_RATE_HZ = 44_100
_WORDS = (
    "red", "fox", "snow", "old", "engine", "steam", "bell", "river", "wooden",
    "chair", "child", "music", "storm", "yellow", "coat", "castle", "bridge", "bread",
    "soup", "coin", "window", "garden", "quiet", "loud", "small", "bright", "heavy",
    "running", "sleeping", "falling", "under", "over", "near", "between", "morning", "night",
)  # fmt: skip


def texts(count: int) -> list[str]:
    """Short and different texts of 2 to 9 words, as titles and queries are."""
    rng = np.random.default_rng(0)
    return [f"{number} " + " ".join(rng.choice(_WORDS, rng.integers(2, 10))) for number in range(count)]


def picture_files(count: int) -> list[bytes]:
    """JPEG files of 640 x 480."""
    from PIL import Image

    rng = np.random.default_rng(0)
    files = []
    for _ in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (24, 32, 3), dtype=np.uint8))
        buffer = io.BytesIO()
        coarse.resize((640, 480), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
        files.append(buffer.getvalue())
    return files


def audio_files(count: int) -> list[bytes]:
    """WAV files of six seconds."""
    import soundfile

    rng = np.random.default_rng(0)
    times = np.arange(6 * _RATE_HZ) / _RATE_HZ
    files = []
    for _ in range(count):
        samples = 0.3 * np.sin(2 * np.pi * rng.uniform(80, 2000) * times) + 0.05 * rng.standard_normal(len(times))
        buffer = io.BytesIO()
        soundfile.write(buffer, samples, _RATE_HZ, format="WAV")
        files.append(buffer.getvalue())
    return files


def build_vit(folder: Path) -> Path:
    """Fill a folder with OpenCLIP's ViT-B/32 of random weights, in the format that it saves for hubs."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    config = open_clip.get_model_config("ViT-B-32")
    torch.manual_seed(0)
    model = open_clip.create_model("ViT-B-32", pretrained=None)
    folder.mkdir(parents=True)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    preprocessing = {
        "mean": [0.5, 0.5, 0.5],
        "std": [0.25, 0.25, 0.25],
        "interpolation": "bicubic",
        "resize_mode": "shortest",
    }
    described = {"model_cfg": config, "preprocess_cfg": preprocessing}
    (folder / "open_clip_config.json").write_text(json.dumps(described), encoding="utf-8")
    return folder
