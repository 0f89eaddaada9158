"""Cutting texts into tokens and windows with a Hugging Face tokenizer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.hf_files import TOKENIZER_FILES, TOKENIZERS, reading
from mmdemo.encoders.minilm import split_evenly
from mmdemo.errors import EncoderError
from mmdemo.types import FloatArray

_UNSTATED = 100_000
"""A tokenizer that knows no limit says an astronomic number."""


@dataclass(frozen=True, slots=True, eq=False)
class TokenWindow:
    """Tokens that the network takes whole.

    Args:
        ids: (T,) int64, marks included.
        places: (T, 4) float32 as in `Inside`, NaN for marks.
    """

    ids: npt.NDArray[np.int64]
    places: FloatArray


class HfTokens:
    """A model's tokenizer.

    Args:
        folder: Holds its files.
        limit: Most tokens, marks included, that the network takes; None where only the tokenizer says.

    Attributes:
        padding: Number that fills up shorter rows of a batch.
        limit: Most tokens in a window.

    Raises:
        EncoderError: The folder holds no tokenizer.
    """

    def __init__(self, folder: Path, *, limit: int | None) -> None:
        if not any((folder / name).is_file() for name in TOKENIZERS):
            raise EncoderError(
                f"{folder} holds no tokenizer",
                expected=f"one of {', '.join(TOKENIZERS)} is needed",
                remedy=f"put the model's tokenizer files there ({', '.join(TOKENIZER_FILES)}, as far as it has them)",
            )
        with reading(str(folder), kind="a tokenizer"):
            from transformers import AutoTokenizer

            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self._before, self._after = self._marks()
        stated = self._tokenizer.model_max_length
        self.limit = min(limit or _UNSTATED, stated if stated < _UNSTATED else limit or 512)
        padding = self._tokenizer.pad_token_id
        self.padding = 0 if padding is None else int(padding)
        self._room = self.limit - len(self._before) - len(self._after)
        if self._room < 1:
            raise EncoderError(
                f"{folder} says that the network takes {self.limit} tokens",
                expected="room for at least one beside the marks is needed",
                remedy="correct its configuration",
            )

    def windows(self, text: str) -> tuple[TokenWindow, ...]:
        """The fewest windows of nearly equal length; a text without tokens is one window of the marks alone."""
        ids, offsets = self._cut(text)
        spans = split_evenly(offsets, self._room)
        return tuple(self._window(part, span) for part, span in zip(split_evenly(ids, self._room), spans, strict=True))

    def label(self, token: int) -> str:
        """How the vocabulary writes a token."""
        return str(self._tokenizer.convert_ids_to_tokens(token) or "")

    def pad(self, rows: Sequence[npt.NDArray]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Tokens (W, T) and mask (W, T), 1 for real tokens, which begin every row.

        Filling goes to the right for every model: behind the real tokens a causal network cannot see it and positions
        are counted from the first real token, so it changes nothing.
        """
        lengths = np.array([len(row) for row in rows])
        tokens = np.full((len(rows), lengths.max()), self.padding, np.int64)
        for number, row in enumerate(rows):
            tokens[number, : len(row)] = row
        return tokens, (np.arange(tokens.shape[1]) < lengths[:, None]).astype(np.int64)

    def _cut(self, text: str) -> tuple[list[int], list[tuple[float, float]]]:
        """Tokens without marks, and from which to past which character each reaches; NaN where it cannot tell."""
        if self._tokenizer.is_fast:
            # The rust tokenizer itself: its wrapper sets padding and truncation at every call, which other threads see.
            backend = self._tokenizer.backend_tokenizer
            encoding = backend.encode(text, add_special_tokens=False)
            return encoding.ids, encoding.offsets
        ids = self._tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
        return ids, [(math.nan, math.nan)] * len(ids)

    def _window(self, ids: Sequence[int], spans: Sequence[tuple[float, float]]) -> TokenWindow:
        marked = np.array([*self._before, *ids, *self._after], np.int64)
        if not len(marked):  # a decoder's tokenizer may have no marks, and no network takes nothing
            marked = np.array([self._end()], np.int64)
        places = np.full((len(marked), 4), np.nan, np.float32)
        places[len(self._before) : len(self._before) + len(ids), :2] = np.array(spans, np.float32).reshape(-1, 2)
        return TokenWindow(marked, places)

    def _end(self) -> int:
        known = (self._tokenizer.eos_token_id, self._tokenizer.bos_token_id, self._tokenizer.unk_token_id)
        return next((number for number in known if number is not None), self.padding)

    def _marks(self) -> tuple[list[int], list[int]]:
        """The tokens that the model wants before and after a text, found from a text with and without them."""
        if self._tokenizer.is_fast:
            self._tokenizer.backend_tokenizer.no_truncation()
            self._tokenizer.backend_tokenizer.no_padding()
        bare = self._cut("a")[0]
        marked = self._tokenizer("a", truncation=False)["input_ids"]
        for start in range(len(marked) - len(bare) + 1):
            if marked[start : start + len(bare)] == bare:
                return marked[:start], marked[start + len(bare) :]
        raise ValueError("its marks cannot be told from the text")
