"""What the picture encoders of libraries share: the checkpoint's own preprocessing, and windows over long pictures.

These checkpoints were trained on squares cut from the middle of a picture. For most pictures that is kept, so that
features equal the library's own; from a panorama or a long screenshot it would lose most of the content, so those are
encoded as several squares along the long side, and averaged.
"""

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.base import Inside, Prepared
from mmdemo.encoders.places import Box, grid_labels, grid_places
from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.encoders.windows import MAX_WINDOWS
from mmdemo.types import FloatArray, Media, Modality

if TYPE_CHECKING:
    from torch import Tensor

LONG = 1.5
"""A picture is long where the ratio of its sides differs from that of the network's input by more than this factor."""


@dataclass(frozen=True, slots=True)
class Framing:
    """What of a picture a checkpoint's preprocessing lets its network see.

    Args:
        mode: "crop": the middle of it in the network's shape; "squash": all of it, distorted; "pad": all of it with
            borders.
        width: Of the network's input, in pixels.
        height: Of the network's input, in pixels.
        visible: Share of the so framed sides that is left after the margin is cut off.
    """

    mode: Literal["crop", "squash", "pad"]
    width: int
    height: int
    visible: float = 1.0

    def windows(self, width: int, height: int) -> list[tuple[int, int, int, int]]:
        """Left, top, right, bottom, in pixels, of the pieces of a picture to preprocess each by itself.

        One, the whole picture, unless it is long and would be cropped. Then pieces in the network's shape, spread
        evenly from end to end, so close that the network sees all of it in between.
        """
        ratio = (width / height) / (self.width / self.height)
        if self.mode != "crop" or max(ratio, 1 / ratio) <= LONG:
            return [(0, 0, width, height)]
        long = width if ratio > 1 else height
        side = height * self.width / self.height if ratio > 1 else width * self.height / self.width
        seen = side * self.visible
        count = min(MAX_WINDOWS, math.ceil((long - side + seen) / seen - 1e-9))
        starts = [round(start) for start in np.linspace(0, long - side, count)]
        side = max(1, round(side))
        if ratio > 1:
            return [(start, 0, min(start + side, width), height) for start in starts]
        return [(0, start, width, min(start + side, height)) for start in starts]

    def shown(self, window: tuple[int, int, int, int], size: tuple[int, int]) -> Box:
        """What the network sees of a window, as shares of the picture of that size (width, height)."""
        left, top, right, bottom = window
        across, down = float(right - left), float(bottom - top)
        if self.mode != "squash":
            choose = min if self.mode == "crop" else max
            scale = choose(across / self.width, down / self.height)
            across, down = self.width * scale, self.height * scale
        across, down = across * self.visible, down * self.visible
        x, y = (left + right) / 2, (top + bottom) / 2
        width, height = size
        return (x - across / 2) / width, (y - down / 2) / height, (x + across / 2) / width, (y + down / 2) / height


@dataclass(frozen=True, slots=True, eq=False)
class PictureParts:
    """What a network made of the parts of one window.

    Args:
        states: (T, D_t) of the last layer that still has parts: `prefix` of no place, then a grid row by row.
        prefix: How many stand for no place (CLS, registers).
        rows: Of the grid; 0 where the rest lies in none.
        columns: Of the grid.
        attention: As `Inside.attention`.
    """

    states: FloatArray
    prefix: int
    rows: int
    columns: int
    attention: tuple[FloatArray, ...] = ()

    def over(self, box: Box) -> Inside:
        """The parts as places of a picture of which the network saw `box`."""
        count = len(self.states)
        labels = ["CLS" if number == 0 else f"register {number}" for number in range(self.prefix)]
        places = np.full((count, 4), np.nan, np.float32)
        if self.rows * self.columns == count - self.prefix:
            labels += grid_labels(self.rows, self.columns)
            places[self.prefix :] = grid_places(self.rows, self.columns, box=box)
        else:
            labels += [f"part {number + 1}" for number in range(count - self.prefix)]
        return Inside("patch", tuple(labels), places, self.states, self.attention)


class WindowedPicture(TorchEncoder):
    """A picture encoder that averages its network over the windows of a picture.

    A subclass sets `framing` and `_preprocess` before it calls this class's constructor, and writes `_parts`.

    Attributes:
        framing: What the preprocessing shows of a picture.
    """

    modality = Modality.IMAGE
    framing: Framing
    _preprocess: Any  # a PIL picture to a tensor (3, H, W); the libraries' types allow more

    def _prepare(self, piece: Any) -> Prepared:
        colours = piece.convert("RGB")
        windows = self.framing.windows(*piece.size)
        whole = [(0, 0, *piece.size)]
        pieces = [colours] if windows == whole else [colours.crop(window) for window in windows]
        return Prepared(tuple(self._preprocess(cut).numpy() for cut in pieces), (1.0,) * len(pieces))

    def _pixels(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        """Windows (3, H, W), W of them, as one tensor on the network's device."""
        return self._to_device(np.stack(windows))

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:
        """The network's patches or the cells of its last feature map; see `Encoder.inspect`."""
        import torch

        prepared = self.prepare(piece)
        size: tuple[int, int] = piece.size  # type: ignore[union-attr] - `prepare` checked that it is a picture
        boxes = [self.framing.shown(window, size) for window in self.framing.windows(*size)]
        with self._lock, torch.inference_mode():
            parts = [self._parts(self._pixels([window]), attention) for window in prepared.windows]
        return tuple(part.over(box) for part, box in zip(parts, boxes, strict=True))

    @abstractmethod
    def _parts(self, pixels: "Tensor", attention: bool) -> PictureParts:
        """What the network makes of the parts of one window (1, 3, H, W); runs alone and without gradients."""
