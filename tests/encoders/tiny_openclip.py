"""Tiny OpenCLIP checkpoints with random weights, in folders as open_clip's save_for_hf writes them."""

import json
from pathlib import Path
from typing import Any

VISION = {"layers": 2, "width": 32, "head_width": 16, "patch_size": 8, "image_size": 32}
TEXT = {"layers": 2, "width": 24, "heads": 3, "context_length": 77, "vocab_size": 49408}
PREPROCESSING = {
    "mean": [0.5, 0.4, 0.3],
    "std": [0.2, 0.3, 0.25],
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}
WEIGHTS = "open_clip_model.safetensors"


def build_openclip(folder: Path, *, preprocessing: dict | None = None, class_name: str = "CLIP", **changes: Any) -> Any:
    """Fill a folder; returns open_clip's own model of the same weights.

    Args:
        folder: To be filled.
        preprocessing: Differences from the usual.
        class_name: Of open_clip's model: "CLIP" or "CustomTextCLIP".
        changes: Differences from the usual architecture.
    """
    import open_clip
    import torch
    from safetensors.torch import save_file

    config = {"embed_dim": 16, "vision_cfg": dict(VISION), "text_cfg": dict(TEXT), **changes}
    torch.manual_seed(0)
    model = getattr(open_clip, class_name)(**config).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # the usual first values make all texts nearly equal
            if parameter.ndim > 1:
                parameter.normal_(std=0.15)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(model.state_dict(), folder / WEIGHTS)
    if class_name == "CustomTextCLIP":
        config["custom_text"] = True
    described = {"model_cfg": config, "preprocess_cfg": {**PREPROCESSING, **(preprocessing or {})}}
    (folder / "open_clip_config.json").write_text(json.dumps(described), encoding="utf-8")
    return model


def build_hub_tokenizer(folder: Path) -> None:
    """A word-level tokenizer with both marks, as transformers saves one."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *["a", "red", "fox", "in", "the", "snow", "and", "tide", "comes"]]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
