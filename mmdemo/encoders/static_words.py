"""Text: the weighted mean of fixed word vectors, without attention and without word order: the cheap baseline.

Arora et al. 2017, "A simple but tough-to-beat baseline for sentence embeddings", algorithm 1: the vector of a text is
`1/|s| sum_w a / (a + p(w)) v_w`, with p(w) the frequency of the word. Deviations: p(w) follows Zipf's law from the rank
of the word in its table, which is in the order of frequency; and what all vectors have in common is taken off the
table once (its mean; Mu and Viswanath 2018, "All-but-the-top", equation 1), not off each text, so that a text's vector
does not depend on the texts beside it.

The tables are in `static_word_tables`. It needs neither torch nor a network: a text costs its tokens' look-up.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmdemo.encoders.base import Inside
from mmdemo.encoders.media_encoder import MediaEncoder
from mmdemo.encoders.static_word_tables import Found, WordTable
from mmdemo.types import FloatArray, Media, Modality

SMOOTHING = 1e-4
"""The a of the weighting; the paper's range is 1e-4 to 1e-3."""


class StaticWords(MediaEncoder):
    """Weighted mean of the vectors of a text's words.

    Words that the table does not know count for nothing. A text without a known word, as the empty one, gets the vector
    of equal numbers (1, ..., 1) / sqrt(D): the same for all such texts, which says that nothing is known of them.

    Args:
        table: The words and their vectors.

    Example:
        >>> table = WordTable.of_words({"red": 0, "fox": 1}, np.eye(2, dtype=np.float32), sha256="0" * 64)
        >>> StaticWords(table).encode(["fox"]).argmax()
        1
    """

    name = "static-words"
    modality = Modality.TEXT

    def __init__(self, table: WordTable) -> None:
        self.dim = table.vectors.shape[1]
        self.key = f"{self.name}/1/{table.sha256[:16]}"
        self.class_names = ()
        self.parts = (slice(0, self.dim),)
        self._find = table.find
        weights = inverse_frequency(table.ranks)
        self._vectors = ((table.vectors - table.vectors.mean(axis=0)) * weights[:, None]).astype(np.float32)
        self._nothing = np.full(self.dim, self.dim**-0.5, np.float32)

    def _prepare(self, piece: Any) -> Found:
        return self._find(piece)

    def encode_prepared(self, prepared: Sequence[Found]) -> FloatArray:
        """Features (B, D) float32; see `Encoder.encode_prepared`."""
        vectors = np.tile(self._nothing, (len(prepared), 1))
        for row, found in enumerate(prepared):
            if len(found.rows):
                vectors[row] = self._vectors[found.rows].mean(axis=0, dtype=np.float64)
        return vectors

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:  # noqa: ARG002 - none to show
        """Each known word and its weighted vector, whose mean is the text's; see `Encoder.inspect`."""
        found = self.prepare(piece)
        places = np.full((len(found.rows), 4), np.nan, np.float32)
        places[:, :2] = np.array(found.offsets, np.float32).reshape(-1, 2)
        return (Inside("token", found.words, places, self._vectors[found.rows]),)


def inverse_frequency(ranks: np.ndarray, *, smoothing: float = SMOOTHING) -> FloatArray:
    """How much each word counts, a / (a + p), in 0 to 1.

    Args:
        ranks: (V,) place of each word in the order of frequency, 0 the most frequent; p is in proportion to
            1 / (rank + 1) and sums to 1 over the words.
        smoothing: The a.
    """
    shares = 1.0 / (ranks + 1.0)
    return (smoothing / (smoothing + shares / shares.sum())).astype(np.float32)
