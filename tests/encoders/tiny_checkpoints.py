"""Builders of tiny checkpoints with random weights, in the very format that the real ones have.

`BUILDERS` maps a family to what fills a folder with one; the contract tests load it through the real path.
"""

from collections.abc import Callable
from pathlib import Path

from tiny_openclip import build_openclip
from tiny_timm import build_timm
from tiny_trained import trained_builder
from tiny_transformers import tiny_clap, tiny_hf_text
from tiny_video_3d import build_video_3d

BUILDERS: dict[str, Callable[[Path], None]] = {}

for _family in ("cnn", "lstm-audio", "attention-audio"):
    BUILDERS[_family] = trained_builder(_family)
for _family in ("openclip-text", "openclip-image"):
    BUILDERS[_family] = build_openclip
BUILDERS["timm"] = build_timm

BUILDERS["hf-text"] = tiny_hf_text
BUILDERS["clap-text"] = tiny_clap
BUILDERS["clap-audio"] = tiny_clap
BUILDERS["video-3d"] = build_video_3d
