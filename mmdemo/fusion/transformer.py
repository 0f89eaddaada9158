"""Self-attention among the modalities of an item, cross-attention from candidates to a query."""

from dataclasses import replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from mmdemo.errors import FusionError
from mmdemo.fusion.base import Fusion, Options
from mmdemo.fusion.batch import AttentionMap, FusionBatch, FusionShape
from mmdemo.fusion.decoder import Decoder
from mmdemo.fusion.encoder import Encoder, Tokenizer, Tokens
from mmdemo.fusion.stack import Embedding, SmallResidual, masked_softmax, weighted_sum


class Transformer(Fusion):
    """Encoder: `alpha = softmax_{m in P}(q.h_m / sqrt(W) + c_m)`, `u = sum_m alpha_m (z_m + r(h_m))`; decoder: a score.

    `h` are the tokens after self-attention (Vaswani et al. 2017), `z_m` is as in `Embedding`, `r` is a `SmallResidual`,
    so that `alpha` says what counted. A candidate's score is its cosine to the query plus what `Decoder` finds. `q`,
    `c`, `r` and the decoder's scale start at zero: at the start this is the mean. With the option `tokens="parts"` the
    patches, words and frames that a batch brings are tokens too, which modalities and candidates attend to.

    Raises:
        FusionError: Such tokens are asked for, and the shape has none.
    """

    name: ClassVar[str] = "transformer"

    def __init__(self, shape: FusionShape, options: Options) -> None:
        super().__init__(shape, options)
        width, heads = options["heads"] * options["head_width"], options["heads"]
        self.embedding = Embedding(shape, start=options["start"], dropout=options["dropout"])
        self.tokenizer = Tokenizer(_tokens(shape, options["tokens"]), width=width)
        self.encoder = Encoder(width, depth=options["layers"], heads=heads, dropout=options["dropout"])
        self.query = nn.Parameter(torch.zeros(width))
        self.bias = nn.Parameter(torch.zeros(len(shape.modalities)))
        self.residual = SmallResidual(width, shape.shared)
        self.decoder = Decoder(shape.shared, width=width, heads=heads)

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """See `Fusion.rates`."""
        fast = [self.query, self.bias, self.decoder.scale]
        slow = list(self.embedding.parameters())
        apart = {id(parameter) for parameter in (*fast, *slow)}
        return [
            (slow, self.embedding.rate),
            ([parameter for parameter in self.parameters() if id(parameter) not in apart], 0.2),
            (fast, 1.0),
        ]

    def _encode(self, batch: FusionBatch) -> tuple[Tensor, Tokens, tuple[AttentionMap, ...]]:
        """The vectors (B, M, D) that are weighed, the encoded tokens, and the encoder's attention."""
        vectors = self.embedding(batch)
        return vectors, *self.encoder(self.tokenizer(vectors, batch))

    def _pool(self, vectors: Tensor, tokens: Tokens, present: Tensor) -> tuple[Tensor, Tensor]:
        """Fused vectors (B, D) and weights (B, M)."""
        states = tokens.states[:, : present.shape[1]]
        weights = masked_softmax(states @ self.query / len(self.query) ** 0.5 + self.bias, present)
        return weighted_sum(weights, vectors + self.residual(states)), weights

    def _fused(self, batch: FusionBatch) -> tuple[Tensor, Tensor]:
        vectors, tokens, _ = self._encode(batch)
        return self._pool(vectors, tokens, batch.present)

    def score(self, queries: FusionBatch, index: Tensor) -> Tensor:
        """Cosine plus the decoder's score (B, N)."""
        return super().score(queries, index) + self.decoded(queries, index)

    def decoded(self, queries: FusionBatch, index: Tensor) -> Tensor:
        """What the decoder adds to the cosine (B, N) of candidates (N, D)."""
        self.check(queries)
        return self.decoder(self._encode(queries)[1], index)

    def attention(self, batch: FusionBatch) -> tuple[AttentionMap, ...]:
        """Self-attention of every layer and head, and the pooling."""
        self.check(batch)
        vectors, tokens, maps = self._encode(batch)
        weights = self._pool(vectors, tokens, batch.present)[1][:, None, None, :]
        return (*maps, AttentionMap("pooling", weights, ("item",), tokens.names[: batch.present.shape[1]]))

    def cross_attention(self, queries: FusionBatch, index: Tensor) -> AttentionMap:
        """What candidates (N, D) of an index look at in each query, per head."""
        self.check(queries)
        tokens = self._encode(queries)[1]
        rows = tuple(f"candidate {number}" for number in range(1, len(index) + 1))
        return AttentionMap("decoder", self.decoder.weights(tokens, index), rows, tokens.names)


def _tokens(shape: FusionShape, tokens: str) -> FusionShape:
    """The shape with parts only where they are tokens."""
    if tokens == "modalities":
        return replace(shape, parts={})
    if not shape.parts:
        raise FusionError(
            "tokens 'parts' without any parts",
            expected="data with words, regions or segments are needed",
            remedy="prepare them with `parts=True`, or choose tokens 'modalities'",
        )
    return shape
