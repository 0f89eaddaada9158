"""Text: MiniLM-L6, mean of the token states, 384 wide.

Wang et al. 2020, "MiniLM"; Reimers and Gurevych 2019, "Sentence-BERT", section 3 (mean pooling). Deviation: a text
longer than the model's 256 word pieces is encoded in windows and averaged, never cut.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.types import FloatArray, Modality

_WINDOW_PIECES = 254  # 256 with the two marks around them
_BATCH = 32
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

        super().__init__(device=device)
        self.key = f"{self.name}/1/{weights_sha256[:16]}"
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._network = bert_from_tensors(load_file(folder / "model.safetensors"), BertShape()).to(self.device)

    def _forward(self, media: Sequence[str]) -> FloatArray:
        encodings = self._tokenizer.encode_batch(list(media), add_special_tokens=False)
        windows = [(row, window) for row, encoding in enumerate(encodings) for window in split_evenly(encoding.ids)]
        windows.sort(key=lambda entry: len(entry[1]))  # neighbours of one length waste no work on padding
        totals = np.zeros((len(media), self.dim), np.float64)
        pieces = np.zeros((len(media), 1))
        for batch in _chunks(windows, _BATCH):
            for (row, window), vector in zip(batch, self._mean_states([window for _, window in batch]), strict=True):
                totals[row] += vector * (len(window) + 2)
                pieces[row] += len(window) + 2
        return (totals / pieces).astype(np.float32)

    def _mean_states(self, windows: Sequence[Sequence[int]]) -> FloatArray:
        import torch

        longest = max(len(window) for window in windows) + 2
        tokens = torch.zeros((len(windows), longest), dtype=torch.int64)
        mask = torch.zeros((len(windows), longest), dtype=torch.bool)
        for row, window in enumerate(windows):
            tokens[row, : len(window) + 2] = torch.tensor([_START, *window, _END])
            mask[row, : len(window) + 2] = True
        tokens, mask = tokens.to(self.device), mask.to(self.device)
        kept = mask[..., None].float()
        states = self._network(tokens, mask)
        return ((states * kept).sum(1) / kept.sum(1)).cpu().numpy()


def split_evenly(pieces: Sequence[int], window: int = _WINDOW_PIECES) -> list[Sequence[int]]:
    """Cut word pieces into the fewest windows of nearly equal length; an empty text is one empty window.

    Equal lengths, because a full window and a rest of three pieces would leave a rest without context.
    """
    count = max(1, -(-len(pieces) // window))
    edges = [len(pieces) * number // count for number in range(count + 1)]
    return [pieces[start:end] for start, end in pairwise(edges)]


def _chunks(entries: Sequence, size: int) -> Iterator[Sequence]:
    for start in range(0, len(entries), size):
        yield entries[start : start + size]
