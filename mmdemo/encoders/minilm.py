"""Text: MiniLM-L6, mean of the token states, 384 wide.

Wang et al. 2020, "MiniLM"; Reimers and Gurevych 2019, "Sentence-BERT", section 3 (mean pooling). Deviation: a text
longer than the model's 256 word pieces is encoded in windows and averaged, never cut.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.base import Inside, Prepared
from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.types import FloatArray, Media, Modality

if TYPE_CHECKING:
    from torch import Tensor

_WINDOW_PIECES = 254  # 256 with the two marks around them
_Piece = TypeVar("_Piece")
_START, _END = 101, 102  # [CLS], [SEP]


class MiniLM(TorchEncoder):
    """Sentence vectors of texts.

    Args:
        folder: Holds model.safetensors and tokenizer.json.
        weights_sha256: Digest of the weights, for the cache key.
        device: See `TorchEncoder`.
    """

    name = "minilm"
    modality = Modality.TEXT
    dim = 384

    def __init__(self, folder: Path, *, weights_sha256: str, device: str | None = None) -> None:
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        from mmdemo.encoders.bert import BertShape, bert_from_tensors

        network = bert_from_tensors(load_file(folder / "model.safetensors"), BertShape())
        super().__init__(network, device=device)
        self.key = f"{self.name}/1/{weights_sha256[:16]}"
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def _prepare(self, piece: Any) -> Prepared:
        pieces = self._tokenizer.encode(piece, add_special_tokens=False).ids
        windows = tuple(np.array([_START, *window, _END], np.int64) for window in split_evenly(pieces))
        return Prepared(windows, tuple(float(len(window)) for window in windows))

    def _forward(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        tokens, mask = self._padded(windows)
        kept = mask[..., None].float()
        return (self.network(tokens, mask) * kept).sum(1) / kept.sum(1)

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:
        """The state of every word piece, and the attention of each layer and head; see `Encoder.inspect`."""
        import torch

        windows = self.prepare(piece).windows
        encoding = self._tokenizer.encode(piece, add_special_tokens=False)
        places = split_evenly(encoding.offsets)
        with self._lock, torch.inference_mode():
            return tuple(self._inside(ids, place, attention) for ids, place in zip(windows, places, strict=True))

    def _inside(self, window: npt.NDArray, offsets: Sequence[tuple[int, int]], attention: bool) -> Inside:
        looks: list[FloatArray] = []

        def look(layer: Any, inputs: tuple["Tensor", "Tensor"]) -> None:
            looks.append(layer.attention(*inputs)[0].float().cpu().numpy())

        hooks = [layer.register_forward_pre_hook(look) for layer in self.network.layers] if attention else []
        try:
            states = self.network(*self._padded([window]))[0].float().cpu().numpy()
        finally:
            for hook in hooks:
                hook.remove()
        places = np.full((len(window), 4), np.nan, np.float32)
        places[1:-1, :2] = np.array(offsets, np.float32).reshape(-1, 2)
        labels = tuple(self._tokenizer.id_to_token(int(number)) or "" for number in window)
        return Inside("token", labels, places, states, tuple(looks))

    def _padded(self, windows: Sequence[npt.NDArray]) -> "tuple[Tensor, Tensor]":
        """Tokens (W, T) and mask (W, T), true for real tokens."""
        tokens = np.zeros((len(windows), max(map(len, windows))), np.int64)
        lengths = np.array([len(window) for window in windows])
        for row, window in enumerate(windows):
            tokens[row, : len(window)] = window
        mask = np.arange(tokens.shape[1]) < lengths[:, None]
        return self._to_device(tokens), self._to_device(mask)


def split_evenly(pieces: Sequence[_Piece], window: int = _WINDOW_PIECES) -> list[Sequence[_Piece]]:
    """Cut word pieces into the fewest windows of nearly equal length; an empty text is one empty window.

    Equal lengths, because a full window and a rest of three pieces would leave a rest without context.
    """
    count = max(1, -(-len(pieces) // window))
    edges = [len(pieces) * number // count for number in range(count + 1)]
    return [pieces[start:end] for start, end in pairwise(edges)]
