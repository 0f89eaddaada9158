"""How CLAP's audio Transformer lays a spectrogram out, and its attention between the parts of the last map.

HTSAT (Chen et al. 2022, section II-A) cuts the spectrogram into as many pieces along time as make a square of it, and
lays them below each other, each with its low frequencies on top. Its Swin blocks (Liu et al. 2021, section 3.2) look
within windows of that square, every other block within shifted ones; each stage halves the square's sides.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.mel import htk_to_hz, hz_to_htk, hz_to_slaney, slaney_to_hz
from mmdemo.types import FloatArray

if TYPE_CHECKING:
    from torch import nn

_Numbers = npt.NDArray[np.int64]


def cells_of_square(side: int, pieces: int) -> _Numbers:
    """The cell, counted time by time and by frequency within a time, at each place (side, side) of the last map.

    Args:
        side: Of the square.
        pieces: Pieces of the spectrogram in it, below each other.
    """
    bands = side // pieces
    row, column = np.indices((side, side))
    return (row // bands * side + column) * bands + row % bands


def edges_hz(bands: int, cells: int, *, low_hz: float, high_hz: float, htk: bool) -> FloatArray:
    """Bounds (cells + 1,) in Hz of `cells` equal groups of mel bands; where two bands meet, midway between their peaks.

    Args:
        bands: Mel bands of the spectrogram.
        cells: A divisor of it.
        low_hz: Where the first band begins.
        high_hz: Where the last band ends.
        htk: HTK's mel scale, else Slaney's.
    """
    to_mel, to_hz = (hz_to_htk, htk_to_hz) if htk else (hz_to_slaney, slaney_to_hz)
    low, high = to_mel(np.array([low_hz, high_hz]))
    borders = np.arange(cells + 1) * (bands / cells)
    edges = to_hz(low + (borders + 0.5) * (high - low) / (bands + 1))
    edges[0], edges[-1] = low_hz, high_hz
    return edges.astype(np.float32)


class WindowAttention:
    """Catches what the Swin blocks look at, and sums it up over the cells of the last map.

    A block's token looks at the tokens of its window. Its cell is that part of the last map which it ends up in, so a
    cell's row is the mean over its tokens of the attention that they give to each cell's tokens. In the last stage a
    token is a cell, and the row is the block's own attention.

    Args:
        encoder: A `ClapAudioEncoder`.
    """

    def __init__(self, encoder: Any) -> None:
        self._encoder = encoder
        self._caught: list[tuple[FloatArray, int, int, int]] = []
        self._hooks: list[Any] = []

    def __enter__(self) -> "WindowAttention":
        for sides, stage in zip(self._encoder.input_resolutions, self._encoder.layers, strict=True):
            for block in stage.blocks:
                self._hooks.append(block.attention.self.register_forward_hook(self._catcher(block, sides[0])))
        return self

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()

    def _catcher(self, block: Any, side: int) -> Any:
        def catch(_: "nn.Module", __: Any, output: Any) -> None:
            weights = output[1].float().cpu().numpy()
            self._caught.append((weights, side, int(block.window_size), int(block.shift_size)))

        return catch

    def take(self) -> tuple[FloatArray, ...]:
        """What was caught of one clip since the last call: for each block (heads, T, T), rows summing to 1.

        A block whose square does not divide into windows pads it, and gives none.
        """
        caught, self._caught = self._caught, []
        last = cells_of_square(self._encoder.input_resolutions[-1][0], self._encoder.freq_ratio)
        return tuple(
            between_cells(weights, last, side=side, window=window, shift=shift)
            for weights, side, window, shift in caught
            if side % window == 0
        )


def between_cells(weights: FloatArray, cells: _Numbers, *, side: int, window: int, shift: int) -> FloatArray:
    """Attention (heads, T, T) between T cells from a block's attention within windows.

    Args:
        weights: (windows, heads, window * window, window * window), windows row by row.
        cells: Cell at each place of the last map.
        side: Of the block's square of tokens, a multiple of the last map's.
        window: Side of its windows.
        shift: How far they are moved to the right and down, wrapping around.
    """
    fold = side // len(cells)
    of_token = np.kron(cells, np.ones((fold, fold), np.int64))
    shifted = np.roll(of_token, (-shift, -shift), axis=(0, 1))
    count = side // window
    looking = shifted.reshape(count, window, count, window).transpose(0, 2, 1, 3).reshape(count * count, -1)
    pairs = (looking[:, :, None] * cells.size + looking[:, None, :]).ravel()
    summed = [np.bincount(pairs, weights[:, head].ravel(), cells.size**2) for head in range(weights.shape[1])]
    return (np.stack(summed).reshape(-1, cells.size, cells.size) / fold**2).astype(np.float32)
