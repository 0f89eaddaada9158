"""A Hugging Face text network with the pooling and layers after it."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmdemo.encoders.hf_modules import Dense, Modules, Pooling


class HfTextNetwork(nn.Module):
    """Tokens (W, T) and mask (W, T), 1 for real tokens, which begin each row, to vectors (W, D).

    Args:
        backbone: Gives `last_hidden_state` (W, T, H).
        modules: What is done with it.
    """

    def __init__(self, backbone: nn.Module, modules: Modules) -> None:
        super().__init__()
        self.backbone = backbone
        self.poolings = modules.poolings
        self.after = nn.Sequential(*map(_layer, modules.after))

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:  # noqa: D102 - see the class
        return self.pooled(self.backbone(input_ids=tokens, attention_mask=mask).last_hidden_state, mask)

    def pooled(self, states: Tensor, mask: Tensor) -> Tensor:
        """States (W, T, H) to vectors (W, D)."""
        return self.after(pool(states, mask, self.poolings))


def pool(states: Tensor, mask: Tensor, poolings: Sequence[Pooling]) -> Tensor:
    """States (W, T, H) of the real tokens to (W, H) for each pooling, side by side."""
    kept = mask[..., None].to(states.dtype)
    found = []
    for pooling in poolings:
        match pooling:
            case "cls":
                found.append(states[:, 0])
            case "max":
                found.append(states.masked_fill(kept == 0, float("-inf")).amax(1))
            case "mean":
                found.append((states * kept).sum(1) / kept.sum(1))
            case "mean_sqrt_len_tokens":
                found.append((states * kept).sum(1) / kept.sum(1).sqrt())
            case "weightedmean":  # Muennighoff 2022, "SGPT", section 3.1.2: a token counts as much as its place
                weights = kept * torch.arange(1, states.shape[1] + 1, device=states.device)[:, None]
                found.append((states * weights).sum(1) / weights.sum(1))
            case "lasttoken":
                found.append(states[torch.arange(len(states), device=states.device), mask.sum(1) - 1])
    return torch.cat(found, dim=1)


def width(network: HfTextNetwork) -> int:
    """How many numbers its vectors have, found by running it on one token."""
    with torch.inference_mode():
        one = torch.zeros(1, 1, dtype=torch.int64)
        return network(one, torch.ones_like(one)).shape[1]


class _Normalize(nn.Module):
    def forward(self, vectors: Tensor) -> Tensor:
        return functional.normalize(vectors, dim=-1)


def _layer(declared: Dense | str) -> nn.Module:
    if isinstance(declared, Dense):
        activation: nn.Module = getattr(nn, declared.activation)()
        return nn.Sequential(_linear(_tensors(declared)), activation)
    return _Normalize()


def _tensors(dense: Dense) -> dict[str, Any]:
    if dense.weights.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(dense.weights)
    return torch.load(dense.weights, map_location="cpu", weights_only=True)


def _linear(tensors: dict[str, Any]) -> nn.Linear:
    weight, bias = tensors["linear.weight"].float(), tensors.get("linear.bias")
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    linear.load_state_dict({"weight": weight} | ({} if bias is None else {"bias": bias.float()}))
    return linear
