"""Tables of static word vectors: MiniLM's own word pieces, and files of word vectors.

MiniLM's table (offline, nothing more to fetch): what the network adds up and normalises for a word piece before its
first layer. Running each of the 30,522 pieces through all six layers instead ("model2vec") was measured against it on
the 828 things, weighted alike: synonyms found first 0.93 against 0.91, average precision of finding things of the same
kind 0.47 against 0.45, pictures among the first ten of their words 0.25 against 0.23 (MiniLM itself: 0.96, 0.54, 0.27).
It took 39 s at the first load against 1 s, too much for a baseline that is to cost nothing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mmdemo.types import FloatArray

_WORD = re.compile(r"\w+|[^\w\s]")
_FIRST_WORD = "the"
"""Most frequent word piece of BERT's vocabulary; marks, unused places and single characters stand before it."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The known words of a text.

    Args:
        rows: (T,) their rows in the table.
        words: T words as the table writes them.
        offsets: T times first and past-the-end character.
    """

    rows: npt.NDArray[np.int64]
    words: tuple[str, ...]
    offsets: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class WordTable:
    """Words and their vectors.

    Args:
        vectors: (V, D) float32.
        ranks: (V,) place of each word in the order of frequency, 0 the most frequent.
        sha256: Digest of what it was read from, for the cache key.
        find: The known words of a text.
    """

    vectors: FloatArray
    ranks: npt.NDArray[np.int64]
    sha256: str
    find: Callable[[str], Found]

    @classmethod
    def of_words(cls, rows: Mapping[str, int], vectors: FloatArray, *, sha256: str) -> "WordTable":
        """A table of whole words in the order of frequency; a word is looked up as it stands, then in small letters.

        Args:
            rows: Row of each word.
            vectors: (V, D) float32.
            sha256: As in the class.
        """

        def find(text: str) -> Found:
            matches = [(match, _row(rows, match.group())) for match in _WORD.finditer(text)]
            known = [(match, row) for match, row in matches if row is not None]
            return Found(
                rows=np.array([row for _, row in known], np.int64),
                words=tuple(match.group() for match, _ in known),
                offsets=tuple(match.span() for match, _ in known),
            )

        return cls(vectors, np.arange(len(vectors)), sha256, find)


def _row(rows: Mapping[str, int], word: str) -> int | None:
    row = rows.get(word)
    return rows.get(word.lower()) if row is None else row


def minilm_table(folder: Path, *, sha256: str) -> WordTable:
    """MiniLM's word pieces.

    Args:
        folder: Holds model.safetensors and tokenizer.json.
        sha256: Digest of the former.
    """
    from safetensors import safe_open
    from tokenizers import Tokenizer

    with safe_open(folder / "model.safetensors", framework="numpy") as tensors:
        words, kinds, scale, shift = (
            tensors.get_tensor(f"embeddings.{name}").astype(np.float32)
            for name in (
                "word_embeddings.weight",
                "token_type_embeddings.weight",
                "LayerNorm.weight",
                "LayerNorm.bias",
            )
        )
    summed = words + kinds[0]
    centred = summed - summed.mean(axis=1, keepdims=True)
    vectors = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-12) * scale + shift
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    unknown = tokenizer.token_to_id("[UNK]")

    def find(text: str) -> Found:
        encoding = tokenizer.encode(text, add_special_tokens=False)
        known = [number for number, row in enumerate(encoding.ids) if row != unknown]
        return Found(
            rows=np.array([encoding.ids[number] for number in known], np.int64),
            words=tuple(encoding.tokens[number] for number in known),
            offsets=tuple(encoding.offsets[number] for number in known),
        )

    return WordTable(vectors, _ranks(len(vectors), tokenizer.get_vocab()[_FIRST_WORD]), sha256, find)


def _ranks(count: int, first: int) -> npt.NDArray[np.int64]:
    """Ranks by place from `first` on; what stands before it (marks, single characters) is taken for middling rare."""
    ranks = np.arange(count) - first
    ranks[:first] = 500
    return ranks
