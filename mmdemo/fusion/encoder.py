"""Tokens that look at each other: modalities and, where they are given, their patches, words and frames."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmdemo.fusion.batch import AttentionMap, FusionBatch, FusionShape


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """A batch as tokens.

    Args:
        states: (B, T, W); the first M are the modalities.
        absent: (B, T) bool, True where there is nothing.
        names: (T,) for people.
    """

    states: Tensor
    absent: Tensor
    names: tuple[str, ...]


class Tokenizer(nn.Module):
    """Vectors and parts to tokens of one width: `t_m = P z_m + e_m`, `t_mj = P_m f_mj + e'_m`.

    Parts have no place: patches, words and frames are a set here. Parts of an absent modality are absent.

    Args:
        shape: Of the batches; modalities with a width in `shape.parts` may bring parts.
        width: W.
    """

    def __init__(self, shape: FusionShape, *, width: int) -> None:
        super().__init__()
        self.shape = shape
        self.project = nn.Linear(shape.shared, width)
        self.kinds = nn.Parameter(torch.randn(len(shape.modalities), width) * 0.02)
        self.parts = nn.ModuleDict({str(modality): nn.Linear(wide, width) for modality, wide in shape.parts.items()})

    def forward(self, vectors: Tensor, batch: FusionBatch) -> Tokens:
        """Tokens of the vectors (B, M, D) of a batch and of its parts."""
        states, absent = [self.project(vectors) + self.kinds], [~batch.present]
        names = [str(modality) for modality in batch.modalities]
        for column, modality in enumerate(batch.modalities):
            if modality not in batch.parts or str(modality) not in self.parts:
                continue
            given = batch.parts[modality]
            there = given.present & batch.present[:, column, None]
            states.append(self.parts[str(modality)](torch.where(there[..., None], given.features, 0.0)))
            absent.append(~there)
            names += [f"{modality} {number}" for number in range(1, there.shape[1] + 1)]
        return Tokens(torch.cat(states, dim=1), torch.cat(absent, dim=1), tuple(names))


class EncoderLayer(nn.Module):
    """`h = t + MHA(LN t)`, `h + FF(LN h)` with `MHA` of `softmax(Q K^T / sqrt(d)) V` (Vaswani 2017, norm first).

    Args:
        width: W.
        heads: Of the attention; they divide W.
        dropout: On what each half adds.
    """

    def __init__(self, width: int, *, heads: int, dropout: float) -> None:
        super().__init__()
        self.before_attention, self.before_network = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.network = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, absent: Tensor) -> tuple[Tensor, Tensor]:
        """New states (B, T, W), and the attention (B, heads, T, T)."""
        seen = self.before_attention(states)
        found, weights = self.attention(seen, seen, seen, key_padding_mask=absent, average_attn_weights=False)
        states = states + self.dropout(found)
        return states + self.dropout(self.network(self.before_network(states))), weights


class Encoder(nn.Module):
    """Layers of self-attention over tokens, and a last norm.

    Args:
        width: W.
        depth: Layers.
        heads: Of each layer.
        dropout: In each layer.
    """

    def __init__(self, width: int, *, depth: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(width, heads=heads, dropout=dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Tokens) -> tuple[Tokens, tuple[AttentionMap, ...]]:
        """Encoded tokens, and the attention of every layer."""
        states, maps = tokens.states, []
        for number, layer in enumerate(self.layers, start=1):
            states, weights = layer(states, tokens.absent)
            maps.append(AttentionMap(f"encoder {number}", weights, tokens.names, tokens.names))
        return Tokens(self.norm(states), tokens.absent, tokens.names), tuple(maps)
