"""Tiny timm checkpoints with random weights, in folders as timm's save_for_hf writes them."""

from pathlib import Path
from typing import Any

VIT = {"img_size": 32, "patch_size": 8, "embed_dim": 24, "depth": 2, "num_heads": 3, "class_token": True}


def build_timm(folder: Path, *, architecture: str = "vit_tiny_patch16_224", tag: str = "test_in1k", **arguments: Any):
    """Fill a folder; returns timm's own model of the same weights.

    Args:
        folder: To be filled.
        architecture: Name in timm's registry.
        tag: Of the weights.
        arguments: For the model; a small Vision Transformer where none are given.
    """
    import timm
    import torch
    from timm.models import save_for_hf

    torch.manual_seed(0)
    arguments = arguments or VIT
    model = timm.create_model(architecture, pretrained=False, **arguments).eval()
    size = arguments.get("img_size", 32)
    model.pretrained_cfg = {**model.pretrained_cfg, "input_size": (3, size, size), "tag": tag, "crop_pct": 0.9}
    save_for_hf(model, str(folder), model_args=arguments, safe_serialization=True)
    return model
