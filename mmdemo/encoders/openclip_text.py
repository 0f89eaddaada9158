"""Text: the text tower of an OpenCLIP model, in the space of its image tower.

Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision", section 2.4; Ilharco et
al. 2021, "OpenCLIP". Deviation: a text longer than the tower's context (77 word pieces) is encoded in windows and
averaged, never cut.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.base import Inside, Prepared
from mmdemo.encoders.minilm import split_evenly
from mmdemo.encoders.openclip_files import OpenClipFiles
from mmdemo.encoders.openclip_tokens import find_places, tokens_of
from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.types import Media, Modality

if TYPE_CHECKING:
    from torch import Tensor


class OpenClipText(TorchEncoder):
    """Vectors of texts, comparable with those of the same model's `OpenClipImage`.

    Args:
        files: The model.
        device: See `TorchEncoder`.

    Raises:
        EncoderError: It is no model whose texts can be encoded.
        WeightError: The weights file is damaged.
    """

    name = "openclip-text"
    modality = Modality.TEXT

    def __init__(self, files: OpenClipFiles, *, device: str | None = None) -> None:
        from mmdemo.encoders.openclip_network import text_tower

        tower: Any = text_tower(files)
        self._tokens = tokens_of(files)
        # What follows the end mark cannot reach it through a causal mask, so padding is work for nothing; towers that
        # look both ways were trained with it and need it.
        pools_at_a_mark = tower.cls_emb is None and tower.pool_type in ("argmax", "eos", "first")
        self._trims = tower.attn_mask is not None and pools_at_a_mark
        self.dim = int(files.model["embed_dim"])
        super().__init__(tower, device=device)
        self.key = f"{self.name}/{files.key}"

    def _prepare(self, piece: Any) -> Prepared:
        windows = split_evenly(self._tokens.pieces(piece), self._tokens.room)
        tokens = tuple(self._tokens.window(window) for window in windows)
        return Prepared(tokens, tuple(float(len(window)) for window in tokens))

    def _forward(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        length = max(map(len, windows)) if self._trims else self._tokens.context
        tokens = np.full((len(windows), length), self._tokens.padding, np.int64)
        for row, window in enumerate(windows):
            tokens[row, : len(window)] = window
        whole = self.network.attn_mask
        if self._trims:  # the tower cuts its positions to the length of its input, but not its mask
            self.network.attn_mask = whole[:length, :length]
        try:
            return self.network(self._to_device(tokens))
        finally:
            self.network.attn_mask = whole

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:
        """The state of every word piece, and the attention of each layer and head; see `Encoder.inspect`."""
        import torch

        windows = self.prepare(piece).windows
        text = str(piece)
        pieces = self._tokens.pieces(text)
        words = self._tokens.words(text, pieces)
        places = find_places(text, words)
        room = self._tokens.room
        with self._lock, torch.inference_mode():
            return tuple(
                self._inside(tokens, word, np.array(place), attention)
                for tokens, word, place in zip(
                    windows, split_evenly(words, room), split_evenly(places.tolist(), room), strict=True
                )
            )

    def _inside(self, tokens: npt.NDArray, words: Sequence[str], found: npt.NDArray, attention: bool) -> Inside:
        from mmdemo.encoders.openclip_attention import watching

        with watching(self.network.transformer, attention=attention) as seen:
            self._forward([tokens])
        states = seen.states[0].float().cpu().numpy()
        before, after = len(self._tokens.before), len(self._tokens.after)
        rest = len(states) - before - len(words) - after
        labels = ["start"] * before + [word or "part of a character" for word in words] + ["end"] * after
        labels += ["padding"] * rest
        places = np.full((len(states), 4), np.nan, np.float32)
        places[before : before + len(words), :2] = found.reshape(-1, 2)
        return Inside("token", tuple(labels), places, states, seen.attention)
