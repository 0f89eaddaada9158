"""Structured pruning of Transformers: inner neurons that matter least are taken out, and the matrices get smaller.

A layer's inner network is `outer(act(inner(x)))`. A neuron's worth is its root mean square over the tokens of fixed
sample media times the length of its outgoing weights: how much the layer's output would move without it (after
Molchanov et al. 2017, "Pruning Convolutional Neural Networks", section 2.2; Sun et al. 2024, "Wanda", equation 1).
What the removed ones gave on average is added to the outer bias, so that only their variation is lost.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

_PAIRS = (
    ("inner", "outer"),  # mmdemo's BERT
    ("mlp.c_fc", "mlp.c_proj"),  # open_clip
    ("mlp.fc1", "mlp.fc2"),  # timm
    ("intermediate.dense", "output.dense"),  # transformers: BERT, RoBERTa, Swin, CLAP
    ("ffn.lin1", "ffn.lin2"),  # transformers: DistilBERT
)


@dataclass(frozen=True, slots=True, eq=False)
class InnerNetwork:
    """The two linear layers of one Transformer layer's inner network."""

    inner: nn.Linear
    outer: nn.Linear


def inner_networks(network: nn.Module) -> list[InnerNetwork]:
    """Every inner network of a Transformer, in the order of its layers; none for other networks."""
    found = []
    for module in network.modules():
        for names in _PAIRS:
            inner, outer = (_child(module, name) for name in names)
            if (
                isinstance(inner, nn.Linear)
                and isinstance(outer, nn.Linear)
                and inner.out_features == outer.in_features
            ):
                found.append(InnerNetwork(inner, outer))
    return found


def prune(pairs: list[InnerNetwork], share: float, *, run: Callable[[], object]) -> None:
    """Take out the share of each inner network's neurons that matter least.

    Args:
        pairs: What `inner_networks` found.
        share: In (0, 1).
        run: Sends the sample media through the network.
    """
    activity = _watch(pairs, run)
    with torch.no_grad():
        for pair, (mean, mean_square) in zip(pairs, activity, strict=True):
            worth = mean_square.sqrt() * pair.outer.weight.norm(dim=0)
            kept_count = pair.inner.out_features - round(share * pair.inner.out_features)
            order = worth.argsort(descending=True, stable=True)
            _take_out(pair, order[:kept_count].sort().values, order[kept_count:], mean)


def _watch(pairs: list[InnerNetwork], run: Callable[[], object]) -> list[tuple[Tensor, Tensor]]:
    """Mean and mean square (I,) of every inner neuron's output while `run` runs."""
    sums = [[torch.zeros(pair.inner.out_features, dtype=torch.float64) for _ in range(2)] for pair in pairs]
    counts = [0] * len(pairs)

    def watch(number: int) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            rows = inputs[0].detach().reshape(-1, inputs[0].shape[-1]).double().cpu()
            sums[number][0] += rows.sum(0)
            sums[number][1] += rows.square().sum(0)
            counts[number] += len(rows)

        return hook

    handles = [pair.outer.register_forward_pre_hook(watch(number)) for number, pair in enumerate(pairs)]
    try:
        run()
    finally:
        for handle in handles:
            handle.remove()
    return [
        ((total / max(1, count)).float(), (squares / max(1, count)).float())
        for (total, squares), count in zip(sums, counts, strict=True)
    ]


def _take_out(pair: InnerNetwork, kept: Tensor, removed: Tensor, mean: Tensor) -> None:
    inner, outer = pair.inner, pair.outer
    kept, removed, mean = (tensor.to(outer.weight.device) for tensor in (kept, removed, mean))
    given = outer.weight[:, removed] @ mean[removed].to(outer.weight.dtype)
    outer.bias = nn.Parameter(given if outer.bias is None else outer.bias + given, requires_grad=False)
    outer.weight = nn.Parameter(outer.weight[:, kept].contiguous(), requires_grad=False)
    inner.weight = nn.Parameter(inner.weight[kept].contiguous(), requires_grad=False)
    if inner.bias is not None:
        inner.bias = nn.Parameter(inner.bias[kept].contiguous(), requires_grad=False)
    inner.out_features = outer.in_features = len(kept)


def _child(module: nn.Module, path: str) -> nn.Module | None:
    found: nn.Module | None = module
    for name in path.split("."):
        found = None if found is None else dict(found.named_children()).get(name)
    return found
