"""The BERT network, as far as sentence encoders need it.

Written out here because importing a model library for it costs more time than loading the weights and encoding the
first query together. It gives the same numbers as the `transformers` implementation (tested).

Devlin et al. 2019, "BERT", section 3; the transformer layer is the post-norm one of Vaswani et al. 2017, section 3.1.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class BertShape:
    """Sizes of a BERT network; the defaults are MiniLM-L6's."""

    width: int = 384
    layers: int = 6
    heads: int = 12
    inner_width: int = 1536
    vocabulary: int = 30522
    positions: int = 512


class _Embeddings(nn.Module):
    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        # Plain parameters: giving an nn.Embedding its initial values on the meta device imports 900 modules, 2 s.
        self.words = nn.Parameter(torch.empty(shape.vocabulary, shape.width))
        self.positions = nn.Parameter(torch.empty(shape.positions, shape.width))
        self.types = nn.Parameter(torch.empty(2, shape.width))
        self.norm = nn.LayerNorm(shape.width, eps=1e-12)

    def forward(self, tokens: Tensor) -> Tensor:
        positions = self.positions[: tokens.shape[1]]
        return self.norm(functional.embedding(tokens, self.words) + positions + self.types[0])


class _Layer(nn.Module):
    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.query = nn.Linear(shape.width, shape.width)
        self.key = nn.Linear(shape.width, shape.width)
        self.value = nn.Linear(shape.width, shape.width)
        self.attended = nn.Linear(shape.width, shape.width)
        self.attended_norm = nn.LayerNorm(shape.width, eps=1e-12)
        self.inner = nn.Linear(shape.width, shape.inner_width)
        self.outer = nn.Linear(shape.inner_width, shape.width)
        self.outer_norm = nn.LayerNorm(shape.width, eps=1e-12)

    def _split(self, states: Tensor) -> Tensor:
        """(B, T, D) to (B, heads, T, D / heads)."""
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def attention(self, states: Tensor, mask: Tensor) -> Tensor:
        """How much each token looks at each other one, (B, heads, T, T); `forward` does not need to know."""
        query, key = self._split(self.query(states)), self._split(self.key(states))
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        return scores.masked_fill(~mask, float("-inf")).softmax(-1)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        query, key, value = (self._split(linear(states)) for linear in (self.query, self.key, self.value))
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        states = self.attended_norm(states + self.attended(attended.transpose(1, 2).flatten(2)))
        return self.outer_norm(states + self.outer(functional.gelu(self.inner(states))))


class Bert(nn.Module):
    """Tokens (B, T) int64 and mask (B, T) bool, true for real tokens, to states (B, T, D)."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        self.embeddings = _Embeddings(shape)
        self.layers = nn.ModuleList(_Layer(shape) for _ in range(shape.layers))

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:  # noqa: D102 - see the class
        states = self.embeddings(tokens)
        for layer in self.layers:
            states = layer(states, mask[:, None, None, :])
        return states


_EMBEDDING_NAMES = {
    "embeddings.word_embeddings.weight": "embeddings.words",
    "embeddings.position_embeddings.weight": "embeddings.positions",
    "embeddings.token_type_embeddings.weight": "embeddings.types",
    "embeddings.LayerNorm.weight": "embeddings.norm.weight",
    "embeddings.LayerNorm.bias": "embeddings.norm.bias",
}
_LAYER_NAMES = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "attended",
    "attention.output.LayerNorm": "attended_norm",
    "intermediate.dense": "inner",
    "output.dense": "outer",
    "output.LayerNorm": "outer_norm",
}


def bert_from_tensors(tensors: dict[str, Tensor], shape: BertShape) -> Bert:
    """A network from a checkpoint with the usual BERT names; its pooler, which no sentence encoder uses, is left out.

    Raises:
        RuntimeError: A tensor is missing or of another shape.
    """
    renamed = {}
    for name, tensor in tensors.items():
        if name.startswith("encoder.layer."):
            number, _, rest = name.removeprefix("encoder.layer.").partition(".")
            module, _, parameter = rest.rpartition(".")
            renamed[f"layers.{number}.{_LAYER_NAMES[module]}.{parameter}"] = tensor
        elif name in _EMBEDDING_NAMES:
            renamed[_EMBEDDING_NAMES[name]] = tensor
    with torch.device("meta"):  # no time spent on initial values that the checkpoint replaces at once
        network = Bert(shape)
    network.load_state_dict(renamed, assign=True)
    return network.eval()
