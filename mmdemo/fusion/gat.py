"""Attention along the edges of a graph of items and their modalities."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmdemo.fusion.base import Fusion, Options
from mmdemo.fusion.batch import AttentionMap, FusionBatch, FusionShape
from mmdemo.fusion.stack import Embedding, SmallResidual, mean_present, weighted_sum


class GAT(Fusion):
    """An item is a node, and so is each of its modalities; two layers of GATv2 (Brody et al. 2022).

    `alpha_ij = softmax_j(a.LeakyReLU(W_r h_i + W_l h_j))`, the softmax over the edges into i. In the first layer edges
    run both ways between an item and its modalities, and from each node to itself; in the second from the modalities to
    the item, and `u = sum_m alpha_m z_m + r(h)` with the mean `alpha` over heads, `z_m` as in `Embedding`, `h` the
    item's state, and `r` a `SmallResidual`. `a` of the second layer and `r` start at zero: at the start this is the
    mean.

    The graph of a batch is the disjoint union of the items' graphs. Node 0 to B - 1 are the items, B + b M + m is
    modality m of item b.
    """

    name: ClassVar[str] = "gat"

    def __init__(self, shape: FusionShape, options: Options) -> None:
        # Here, not above: it takes seconds to load and nothing else needs it.
        from torch_geometric.nn import GATv2Conv

        super().__init__(shape, options)
        heads, head_width = options["heads"], options["head_width"]
        width = heads * head_width
        self.embedding = Embedding(shape, start=options["start"], dropout=options["dropout"])
        self.project = nn.Linear(shape.shared, width)
        self.kinds = nn.Parameter(torch.randn(1 + len(shape.modalities), width) * 0.02)
        self.norm = nn.LayerNorm(width)
        self.spread = GATv2Conv(width, head_width, heads=heads, add_self_loops=False)
        self.gather = GATv2Conv(width, head_width, heads=heads, add_self_loops=False)
        nn.init.zeros_(self.gather.att)
        self.residual = SmallResidual(width, shape.shared)

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        """See `Fusion.rates`."""
        slow = list(self.embedding.parameters())
        apart = {id(parameter) for parameter in (self.gather.att, *slow)}
        return [
            (slow, self.embedding.rate),
            ([parameter for parameter in self.parameters() if id(parameter) not in apart], 0.2),
            ([self.gather.att], 1.0),
        ]

    def _fused(self, batch: FusionBatch) -> tuple[Tensor, Tensor]:
        vectors, states, _, gathered = self._pass(batch)
        weights = gathered[:, :, 0].mean(dim=1)
        return weighted_sum(weights, vectors) + self.residual(states), weights

    def _pass(self, batch: FusionBatch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Vectors (B, M, D), items' states (B, W), attention of both layers (B, heads, 1 + M or 1, 1 + M or M)."""
        vectors = self.embedding(batch)
        size, modalities = batch.present.shape
        edges = item_edges(batch.present)
        pulling = edges[:, (edges[0] >= size) & (edges[1] < size)]
        means = self.project(mean_present(vectors, batch.present)) + self.kinds[0]
        nodes = torch.cat([means, (self.project(vectors) + self.kinds[1:]).flatten(end_dim=1)])
        states = self.norm(nodes)
        moved, (_, spread) = self.spread(states, edges, return_attention_weights=True)
        states = states + functional.gelu(moved)
        moved, (_, gather) = self.gather(states, pulling, return_attention_weights=True)
        maps = [_dense(found, weights, size, modalities) for found, weights in ((edges, spread), (pulling, gather))]
        return vectors, (states + moved)[:size], maps[0], maps[1][:, :, :1, 1:]

    def attention(self, batch: FusionBatch) -> tuple[AttentionMap, ...]:
        """Attention along the edges of each layer, per head; 0 where there is no edge."""
        self.check(batch)
        _, _, spread, gathered = self._pass(batch)
        names = tuple(str(modality) for modality in self.shape.modalities)
        nodes = ("item", *names)
        return AttentionMap("graph 1", spread, nodes, nodes), AttentionMap("graph 2", gathered, ("item",), names)


def item_edges(present: Tensor) -> Tensor:
    """Edges (2, E), from and to, of the first layer for a mask (B, M); see `GAT`."""
    size, modalities = present.shape
    items, columns = present.nonzero(as_tuple=True)
    theirs = size + items * modalities + columns
    every = torch.cat([torch.arange(size, device=present.device), theirs])
    return torch.stack([torch.cat([theirs, items, every]), torch.cat([items, theirs, every])])


def _dense(edges: Tensor, weights: Tensor, size: int, modalities: int) -> Tensor:
    """Weights (E, heads) of edges as a table (B, heads, to, from) for each item, of itself and its modalities."""
    item = torch.where(edges < size, edges, (edges - size) // modalities)
    place = torch.where(edges < size, 0, 1 + (edges - size) % modalities)
    table = weights.new_zeros(size, 1 + modalities, 1 + modalities, weights.shape[1])
    return table.index_put((item[1], place[1], place[0]), weights).permute(0, 3, 1, 2)
