"""Builder of a folder with a 3D network of random weights, on clips small enough for a test."""

import json
from pathlib import Path

CONFIG = {"model": "mc3_18", "frames": 8, "resize": [36, 48], "crop": [32, 32], "class_names": ["a", "b", "c"]}


def build_video_3d(folder: Path) -> None:
    """A mc3_18, torchvision's smallest, as somebody who trained it on three classes would leave it."""
    import torch
    from safetensors.torch import save_file
    from torchvision.models import get_model

    from mmdemo.training import seeded

    with seeded(3):
        network = get_model(CONFIG["model"], num_classes=3)
        torch.nn.init.normal_(network.fc.weight, std=0.05)
    halves = {n: t.half() if t.is_floating_point() else t for n, t in network.state_dict().items()}
    save_file(halves, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(CONFIG))
