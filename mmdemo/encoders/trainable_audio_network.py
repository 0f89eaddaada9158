"""Networks over log-mel frames that learn from a few hundred sounds within a minute: an LSTM, and self-attention."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Standardised(nn.Module):
    """Brings each band to mean 0 and spread 1, as measured on the training sounds.

    Args:
        bands: Of the spectrograms.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(bands))
        self.register_buffer("spread", torch.ones(bands))

    def measure(self, windows: Tensor) -> None:
        """Take mean and spread of log-mel windows (W, frames, bands)."""
        self.mean.copy_(windows.mean((0, 1)))
        self.spread.copy_(windows.std((0, 1)).clamp_min(1e-3))

    def forward(self, windows: Tensor) -> Tensor:
        """(B, frames, bands) to the same shape."""
        return (windows - self.mean) / self.spread


class MelLstm(nn.Module):
    """A bidirectional LSTM over frames (Hochreiter & Schmidhuber 1997; Graves & Schmidhuber 2005), pooled by attention.

    `α = softmax_t(v · tanh(W h_t))`, `z = Σ α_t h_t` (Yang et al. 2016, equations 5 to 7). Neighbouring frames are
    taken two at a time, which halves the steps that must be made one after the other.

    Args:
        bands: Of the spectrograms.
        width: Of the features, half of it each direction.
    """

    step = 2

    def __init__(self, bands: int, width: int) -> None:
        super().__init__()
        self.standardise = Standardised(bands)
        self.lstm = nn.LSTM(self.step * bands, width // 2, batch_first=True, bidirectional=True)
        self.look = nn.Sequential(nn.Linear(width, width // 2), nn.Tanh(), nn.Linear(width // 2, 1, bias=False))

    def states(self, windows: Tensor) -> Tensor:
        """States (B, steps, D) of log-mel windows (B, frames, bands)."""
        return self.lstm(in_steps(self.standardise(windows), self.step))[0]

    def shares(self, states: Tensor) -> Tensor:
        """What each step counts: (B, steps), rows summing to 1."""
        return self.look(states).squeeze(-1).softmax(-1)

    def forward(self, windows: Tensor) -> Tensor:
        """Features (B, D)."""
        states = self.states(windows)
        return (self.shares(states)[..., None] * states).sum(1)


class AttentionLayer(nn.Module):
    """One layer of a Transformer encoder, normalised first (Vaswani et al. 2017, equation 1; Xiong et al. 2020).

    Args:
        width: Of the tokens.
        heads: Which look apart from each other.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_looking, self.before_thinking = nn.LayerNorm(width), nn.LayerNorm(width)
        self.ask = nn.Linear(width, 3 * width)
        self.answer = nn.Linear(width, width)
        self.think = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, tokens: Tensor, *, seen: list[Tensor] | None = None) -> Tensor:
        """(B, T, D) to the same shape; appends the attention (B, heads, T, T) to `seen` where one is given."""
        batch, count, width = tokens.shape
        asked = self.ask(self.before_looking(tokens)).view(batch, count, 3, self.heads, width // self.heads)
        queries, keys, values = asked.permute(2, 0, 3, 1, 4)
        if seen is None:
            mixed = functional.scaled_dot_product_attention(queries, keys, values)
        else:
            seen.append((queries @ keys.transpose(-1, -2) / queries.shape[-1] ** 0.5).softmax(-1))
            mixed = seen[-1] @ values
        tokens = tokens + self.answer(mixed.transpose(1, 2).reshape(batch, count, width))
        return tokens + self.think(self.before_thinking(tokens))


class MelAttention(nn.Module):
    """A Transformer encoder over patches of all bands and a few frames (Gong et al. 2021, "AST", with such patches).

    Args:
        bands: Of the spectrograms.
        frames: Length of a window.
        width: Of the tokens and the features.
        layers: One above the other.
        heads: Of each layer.
    """

    step = 5

    def __init__(self, bands: int, frames: int, *, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.standardise = Standardised(bands)
        self.patch = nn.Linear(self.step * bands, width)
        self.position = nn.Parameter(0.02 * torch.randn(frames // self.step, width))
        self.layers = nn.ModuleList(AttentionLayer(width, heads) for _ in range(layers))
        self.after = nn.LayerNorm(width)

    def states(self, windows: Tensor, *, seen: list[Tensor] | None = None) -> Tensor:
        """States (B, patches, D) of log-mel windows (B, frames, bands)."""
        tokens = self.patch(in_steps(self.standardise(windows), self.step)) + self.position
        for layer in self.layers:
            tokens = layer(tokens, seen=seen)
        return self.after(tokens)

    def forward(self, windows: Tensor) -> Tensor:
        """Features (B, D): the mean over the patches."""
        return self.states(windows).mean(1)


def in_steps(frames: Tensor, step: int) -> Tensor:
    """Frames (B, T, bands) taken `step` at a time: (B, T // step, step * bands); what is left over is dropped."""
    count = frames.shape[1] // step
    return frames[:, : count * step].reshape(len(frames), count, -1)
