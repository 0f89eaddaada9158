"""Linear layers in 8-bit integers, for processors.

Weights are rounded once, with one scale an output channel; what comes in is rounded as it comes, with one scale a
token, so what a text becomes does not depend on which texts are in its batch. Sums are exact, in 32-bit integers.
Dettmers et al. 2022, "LLM.int8()", section 2 (vector-wise quantisation); deviation: outliers are not kept apart.
"""

import torch
from torch import Tensor, nn

_LARGEST = 127
_MIDDLE = 128
"""Stands for zero in unsigned 8-bit numbers, for which processors have the faster product."""


class Int8Linear(nn.Module):
    """Like the linear layer it is made from, (..., I) to (..., O), from rounded numbers.

    Args:
        linear: On the processor; it is not changed.
    """

    bias: Tensor | None
    weight = None  # T5 looks at the type of its layers' weights, and goes on where there are none

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.int8_original_dtype = linear.weight.dtype  # what open_clip asks a layer for that has no `weight`
        weight = linear.weight.detach().float()
        scales = weight.abs().amax(1).clamp_(min=torch.finfo(torch.float32).tiny) / _LARGEST
        self.product = _product((weight / scales[:, None]).round().to(torch.int8), scales / _LARGEST)
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach().float())

    def forward(self, states: Tensor) -> Tensor:  # noqa: D102 - see the class
        rows = states.reshape(-1, self.in_features)
        # The largest of magnitudes, in two steps: torch is six times slower at the one that does both.
        largest = rows.abs().amax(1, keepdim=True).clamp_(min=torch.finfo(torch.float32).tiny)
        rounded = (rows * (_LARGEST / largest)).add_(_MIDDLE + 0.5).to(torch.uint8)
        sums = self.product(rounded).mul_(largest)
        return (sums if self.bias is None else sums.add_(self.bias)).view(*states.shape[:-1], self.out_features)


def _product(weight: Tensor, scales: Tensor) -> nn.Module:
    """What multiplies (R, I) uint8, counted from the middle, by int8 weights (O, I) and scales (O,): (R, O) float32."""
    if hasattr(torch.ops.onednn, "qlinear_pointwise") and torch.backends.mkldnn.is_available():
        return OneDnnProduct(weight, scales)
    return PlainProduct(weight, scales)


class OneDnnProduct(nn.Module):
    """By oneDNN, in one step with the scales; torch's compiler calls it too."""

    weight: Tensor
    scales: Tensor
    zeros: Tensor

    def __init__(self, weight: Tensor, scales: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", torch.ops.onednn.qlinear_prepack(weight, None))
        self.register_buffer("scales", scales)
        self.register_buffer("zeros", torch.zeros(len(scales), dtype=torch.long))

    def forward(self, rounded: Tensor) -> Tensor:  # noqa: D102 - see `_product`
        return torch.ops.onednn.qlinear_pointwise(
            rounded, 1.0, _MIDDLE, self.weight, self.scales, self.zeros, None, 1.0, 0, torch.float32, "none", [], ""
        )


class PlainProduct(nn.Module):
    """By torch itself, where there is no oneDNN; the same numbers."""

    weight: Tensor
    scales: Tensor

    def __init__(self, weight: Tensor, scales: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", weight.T.contiguous())
        self.register_buffer("scales", scales)

    def forward(self, rounded: Tensor) -> Tensor:  # noqa: D102 - see `_product`
        signed = (rounded ^ _MIDDLE).view(torch.int8)
        return torch.ops.aten._int_mm(signed, self.weight).float().mul_(self.scales)


def to_int8(network: nn.Module) -> int:
    """Replace every plain linear layer of a network by its 8-bit twin.

    Layers inside `nn.MultiheadAttention` stay: it reads their weights itself.

    Returns:
        How many were replaced.
    """
    replaced = 0
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Linear:
                setattr(parent, name, Int8Linear(child))
                replaced += 1
    return replaced
