"""Pictures: the image tower of an OpenCLIP model, in the space of its text tower.

Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision", section 2.4; Ilharco et
al. 2021, "OpenCLIP". Deviation: a picture whose sides differ by more than half, where the checkpoint would crop it, is
encoded as several squares along its long side and averaged; see `WindowedPicture`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy.typing as npt

from mmdemo.encoders.openclip_files import OpenClipFiles
from mmdemo.encoders.windowed_picture import Framing, PictureParts, WindowedPicture

if TYPE_CHECKING:
    from torch import Tensor

_MODES: dict[str, Literal["crop", "squash", "pad"]] = {"shortest": "crop", "squash": "squash", "longest": "pad"}


class OpenClipImage(WindowedPicture):
    """Vectors of pictures, comparable with those of the same model's `OpenClipText`.

    Args:
        files: The model.
        device: See `TorchEncoder`.

    Raises:
        EncoderError: open_clip cannot build it, or weights and architecture do not fit.
        WeightError: The weights file is damaged.
    """

    name = "openclip-image"

    def __init__(self, files: OpenClipFiles, *, device: str | None = None) -> None:
        from open_clip.transform import PreprocessCfg, image_transform_v2, merge_preprocess_dict

        from mmdemo.encoders.openclip_network import image_tower

        tower: Any = image_tower(files)
        height, width = (tower.image_size,) * 2 if isinstance(tower.image_size, int) else tower.image_size
        settings = {**merge_preprocess_dict(PreprocessCfg(), dict(files.preprocessing)), "size": (height, width)}
        self._preprocess = image_transform_v2(PreprocessCfg(**settings), is_train=False)
        self.framing = Framing(_MODES[settings["resize_mode"]], width, height)
        self.dim = int(files.model["embed_dim"])
        super().__init__(tower, device=device)
        self.key = f"{self.name}/{files.key}"

    def _forward(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        return self.network(self._pixels(windows))

    def _parts(self, pixels: "Tensor", attention: bool) -> PictureParts:
        from mmdemo.encoders.openclip_attention import watching
        from mmdemo.encoders.timm_parts import feature_map_parts, timm_parts

        tower = self.network
        if hasattr(tower, "trunk"):  # one of timm's
            return timm_parts(tower.trunk, pixels, attention=attention)
        if not hasattr(tower, "transformer"):  # a residual network with attention only in its pooling
            return feature_map_parts(tower.layer4, tower, pixels)
        with watching(tower.transformer, attention=attention) as seen:
            tower(pixels)
        rows, columns = tower.grid_size
        return PictureParts(seen.states[0].float().cpu().numpy(), 1, rows, columns, seen.attention)
