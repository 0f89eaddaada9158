"""The towers of an OpenCLIP model, each built and filled without the other.

Text and pictures are often encoded by different parts of an application, and either may be compressed or released
without the other. So each encoder owns its tower and never reads the other one's tensors: both together need the
memory of one model, one alone half of it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import open_clip
from torch import nn

from mmdemo.encoders.checkpoint import read_tensors
from mmdemo.encoders.openclip_files import OpenClipFiles
from mmdemo.errors import EncoderError

# The constructors build both towers; the one that is not wanted is made as small as it can be and dropped at once.
_NO_IMAGE = {"layers": 1, "width": 8, "head_width": 8, "patch_size": 8, "image_size": 8}
_NO_TEXT = {"layers": 1, "width": 8, "heads": 1, "vocab_size": 8, "context_length": 8}
_BAD_CONFIG = (TypeError, ValueError, KeyError, AttributeError, AssertionError, RuntimeError, ZeroDivisionError)


def image_tower(files: OpenClipFiles) -> nn.Module:
    """Pictures (B, 3, H, W) to vectors (B, D), in evaluation mode.

    Raises:
        EncoderError: open_clip cannot build it, or the tensors belong to another architecture.
        WeightError: The weights file is damaged.
    """
    vision = {**files.model["vision_cfg"], "output_tokens": False, "timm_model_pretrained": False}

    def build() -> nn.Module:
        return open_clip.CLIP(**_shared(files.model), vision_cfg=vision, text_cfg=_NO_TEXT).visual  # type: ignore[arg-type]

    return _filled(build, files, _image_name)


def text_tower(files: OpenClipFiles) -> nn.Module:
    """Word pieces (B, T) to vectors (B, D), in evaluation mode.

    Raises:
        EncoderError: As `image_tower`; the tower is one of transformers' models, which open_clip's checkpoints leave
            the configuration out of.
        WeightError: As `image_tower`.
    """
    text = {**files.model["text_cfg"], "output_tokens": False}
    if text.get("hf_model_name"):
        raise EncoderError(
            f"the text tower of {files.source} is the Hugging Face model {text['hf_model_name']}",
            expected="a text tower of open_clip's own is needed; its image tower can be used",
            remedy="choose another OpenCLIP model for text, such as ViT-B-32/laion2b_s34b_b79k",
        )

    def build() -> nn.Module:
        return open_clip.CustomTextCLIP(**_shared(files.model), vision_cfg=_NO_IMAGE, text_cfg=text).text  # type: ignore[arg-type]

    return _filled(build, files, _text_name)


def _shared(model: Mapping[str, Any]) -> dict[str, Any]:
    return {"embed_dim": model["embed_dim"], "quick_gelu": model.get("quick_gelu", False)}


def _filled(build: Callable[[], nn.Module], files: OpenClipFiles, rename: Callable[[str], str]) -> nn.Module:
    try:
        tower = build()
    except _BAD_CONFIG as error:
        raise EncoderError(
            f"open_clip {open_clip.__version__} cannot build {files.source} ({type(error).__name__}: {error})",
            expected="a model configuration that it knows is needed",
            remedy="name another model, or install a newer open-clip-torch",
        ) from error
    tensors = read_tensors(files.weights, rename)
    try:
        tower.load_state_dict(tensors)
    except RuntimeError as error:
        raise EncoderError(
            f"the tensors in {files.weights} do not fit the architecture that {files.source} describes",
            expected=" ".join(str(error).split())[:300],
            remedy="put the weights and the configuration of one model into the folder, or name another",
        ) from error
    return tower.eval()


def _image_name(name: str) -> str:
    return name.removeprefix("visual.") if name.startswith("visual.") else ""


def _text_name(name: str) -> str:
    """Name in the text tower; older models keep its tensors beside the image tower, newer ones below "text."."""
    if name.startswith("text."):
        return name.removeprefix("text.")
    own = ("token_embedding.", "transformer.", "ln_final.", "positional_embedding", "text_projection", "cls_emb")
    return name if name.startswith(own) else ""
