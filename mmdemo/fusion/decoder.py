"""Candidates that look at the encoded query."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmdemo.fusion.encoder import Tokens

MOST_PAIRS = 1 << 16
"""Query-candidate pairs at a time; each takes a few hundred numbers of memory."""


class Decoder(nn.Module):
    """`s(q, i) = g tanh(f(GELU(LN(c_i + MHA(c_i, H_q, H_q)))))` with `c_i = LN(C v_i)`: one layer of cross-attention.

    `H_q` are the encoded tokens of the query and `v_i` the vector of a candidate. `g` starts at zero. Candidates do not
    look at each other, so a score depends on no other candidate.

    Args:
        shared: Width D of the candidates' vectors.
        width: W of the tokens.
        heads: Of the attention.
    """

    def __init__(self, shared: int, *, width: int, heads: int) -> None:
        super().__init__()
        self.candidates = nn.Sequential(nn.Linear(shared, width), nn.LayerNorm(width))
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, 1)
        self.scale = nn.Parameter(torch.zeros(()))

    def forward(self, queries: Tokens, index: Tensor) -> Tensor:
        """Scores (B, N), from -g to g, of candidates (N, D)."""
        found = []
        for some in self.candidates(index).split(MOST_PAIRS):
            rows = max(1, MOST_PAIRS // len(some))
            blocks = zip(queries.states.split(rows), queries.absent.split(rows), strict=True)
            found.append(torch.cat([self._block(some, states, absent) for states, absent in blocks]))
        return self.scale * torch.cat(found, dim=1)

    def _block(self, candidates: Tensor, states: Tensor, absent: Tensor) -> Tensor:
        """Scores (b, n), from -1 to 1, of some candidates (n, W) for some queries."""
        heard = self.attention.out_proj(self._heard(candidates, states, absent))
        return self.out(functional.gelu(self.norm(candidates + heard)))[..., 0].tanh()

    def _heard(self, candidates: Tensor, states: Tensor, absent: Tensor) -> Tensor:
        """What `self.attention` computes before its last map (b, n, W).

        Called itself, it would map every candidate once for every query, which takes most of the time of a score.
        """
        layer = self.attention
        ask, know, say = zip(layer.in_proj_weight.chunk(3), layer.in_proj_bias.chunk(3), strict=True)
        asking = functional.linear(candidates, *ask).unflatten(1, (layer.num_heads, -1))
        known, said = (functional.linear(states, *one).unflatten(2, (layer.num_heads, -1)) for one in (know, say))
        logits = torch.einsum("nhd,bthd->bhnt", asking, known) / layer.head_dim**0.5
        weights = logits.masked_fill(absent[:, None, None], -torch.inf).softmax(dim=3)
        return torch.einsum("bhnt,bthd->bnhd", weights, said).flatten(start_dim=2)

    def weights(self, queries: Tokens, index: Tensor) -> Tensor:
        """Attention (B, heads, N, T) of candidates (N, D) to the tokens of each query."""
        asking = self.candidates(index).expand(len(queries.states), -1, -1)
        return self.attention(
            asking, queries.states, queries.states, key_padding_mask=queries.absent, average_attn_weights=False
        )[1]
