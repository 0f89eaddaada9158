"""What the layers of an OpenCLIP transformer look at, by hooks that are there for one call only.

open_clip asks torch for attention without its weights, which never exist as a tensor then. So hooks note what goes
into each attention, and the weights are computed from it with the module's own projections.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmdemo.types import FloatArray


class Seen:
    """What was seen during one call.

    Attributes:
        states: (B, T, D) the output of the last layer.
        attention: For each layer (heads, T, T) of the first of the batch.
    """

    states: Tensor

    def __init__(self) -> None:
        self._layers: list[FloatArray] = []

    @property
    def attention(self) -> tuple[FloatArray, ...]:
        """For each layer (heads, T, T) float32."""
        return tuple(self._layers)

    def note(self, weights: Tensor) -> None:
        """Keep a layer's weights (B, heads, T, T)."""
        self._layers.append(weights[0].float().cpu().numpy())


@contextmanager
def watching(transformer: Any, *, attention: bool) -> Iterator[Seen]:
    """Watch one call of an open_clip transformer; its hooks are gone afterwards."""
    seen = Seen()
    hooks = [transformer.register_forward_hook(lambda _module, _inputs, states: setattr(seen, "states", states))]
    if attention:
        for block in transformer.resblocks:
            compute = _of_torch if isinstance(block.attn, nn.MultiheadAttention) else _of_open_clip
            hooks.append(
                block.attn.register_forward_pre_hook(
                    lambda module, inputs, named, compute=compute: seen.note(
                        compute(module, inputs[0], named.get("attn_mask"))
                    ),
                    with_kwargs=True,
                )
            )
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def _of_torch(module: nn.MultiheadAttention, states: Tensor, mask: Tensor | None) -> Tensor:
    """Weights (B, heads, T, T) of torch's attention of states (B, T, D) to themselves (Vaswani et al. 2017, eq. 1)."""
    if not module.batch_first:
        states = states.transpose(0, 1)
    query, key = _query_and_key(module, states)
    return _weights(query * module.head_dim**-0.5, key, mask)


def _of_open_clip(module: Any, states: Tensor, mask: Tensor | None) -> Tensor:
    """The same of open_clip's own attention, which may norm queries and keys."""
    query, key = _query_and_key(module, states)
    return _weights(module.ln_q(query) * module.scale, module.ln_k(key), mask)


def _query_and_key(module: Any, states: Tensor) -> tuple[Tensor, Tensor]:
    projected = functional.linear(states, module.in_proj_weight, module.in_proj_bias)
    query, key, _ = projected.unflatten(-1, (3, module.num_heads, -1)).permute(2, 0, 3, 1, 4)
    return query, key


def _weights(query: Tensor, key: Tensor, mask: Tensor | None) -> Tensor:
    logits = query @ key.transpose(-2, -1)
    if mask is not None:
        mask = (
            torch.zeros_like(mask, dtype=logits.dtype).masked_fill(mask, -torch.inf)
            if mask.dtype == torch.bool
            else mask
        )
        logits = logits + (mask if mask.ndim == 2 else mask.reshape(logits.shape))
    return logits.softmax(dim=-1)
