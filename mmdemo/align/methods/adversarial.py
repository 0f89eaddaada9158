"""Adversarial alignment: a generator a modality maps into the text space until a discriminator takes it for text.

`L_D = -log D(t) - log(1 - D(G(x)))` and `L_G = -log D(G(x)) + lambda (1 - cos(G(x), t))`: the non-saturating game of
Goodfellow et al. 2014 between texts `t` and mapped media, with a term that keeps pairs together. The discriminator is a
perceptron of two layers with spectral normalisation (Miyato et al. 2018), so it is 1-Lipschitz; the generator is linear
in kernel features (`mmdemo.align.lift`) and starts at their ridge solution.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy.typing as npt

from mmdemo.align.anchored import AnchoredTowers
from mmdemo.align.lift import fit_lift, ridge_start
from mmdemo.align.methods import kernel
from mmdemo.align.methods.kernel import KernelMap
from mmdemo.align.towers import Setting, TrainingRows
from mmdemo.progress import Progress, silent
from mmdemo.training import Plan, Player, best_device, seeded, train
from mmdemo.types import FloatArray, Modality

if TYPE_CHECKING:
    import torch

_PAIRING = 10.0
_HIDDEN = 128
_DROPOUT = 0.5
_STEPS = 60
_LEARNING_RATE = 3e-3
_DISCRIMINATOR_SPEED = 0.3


def make_discriminator(width: int) -> "torch.nn.Module":
    """A perceptron (B, width) to (B, 1), the logit of "is a text"; every layer's spectral norm is 1 at most."""
    from torch import nn
    from torch.nn.utils.parametrizations import spectral_norm

    return nn.Sequential(
        spectral_norm(nn.Linear(width, _HIDDEN)), nn.LeakyReLU(0.2), spectral_norm(nn.Linear(_HIDDEN, 1))
    )


def discriminator_loss(real: "torch.Tensor", mapped: "torch.Tensor") -> "torch.Tensor":
    """`-log D(t) - log(1 - D(G(x)))`, mean over rows, from the logits (B, 1) of both."""
    from torch.nn import functional

    return functional.softplus(-real).mean() + functional.softplus(mapped).mean()


def generator_loss(mapped: "torch.Tensor", cosine: "torch.Tensor", *, pairing: float = _PAIRING) -> "torch.Tensor":
    """`-log D(G(x)) + pairing * (1 - cos(G(x), t))`, mean over rows, from the logits (B, 1) and the cosines (B,)."""
    from torch.nn import functional

    return functional.softplus(-mapped).mean() + pairing * (1.0 - cosine).mean()


def fit_map(
    inputs: FloatArray, targets: FloatArray, *, seed: int, progress: Progress = silent, pairing: float = _PAIRING
) -> KernelMap:
    """Train one generator against its discriminator.

    Args:
        inputs: (P, D_in).
        targets: (P, D), the text of each row.
        seed: For everything random.
        progress: Told the generator's loss.
        pairing: lambda.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    lift = fit_lift(inputs)
    features = lift(inputs)
    device = best_device()
    with seeded(seed):
        judge = make_discriminator(targets.shape[1]).to(device)
    weights = nn.Parameter(torch.from_numpy(ridge_start(features, targets)).to(device))
    model = nn.ModuleDict({"judge": judge, "maps": nn.ParameterDict({"media": weights})})
    x, t = torch.from_numpy(features).to(device), functional.normalize(torch.from_numpy(targets).to(device), dim=1)

    def generate(rows: "torch.Tensor") -> "torch.Tensor":
        return functional.normalize(functional.dropout(x[rows], _DROPOUT) @ weights, dim=1)

    def judge_loss(rows: "torch.Tensor", _: float) -> "torch.Tensor":
        return discriminator_loss(judge(t[rows]), judge(generate(rows).detach()))

    def map_loss(rows: "torch.Tensor", _: float) -> "torch.Tensor":
        mapped = generate(rows)
        return generator_loss(judge(mapped), (mapped * t[rows]).sum(dim=1), pairing=pairing)

    players = [
        Player(judge_loss, [(list(judge.parameters()), _DISCRIMINATOR_SPEED)]),
        Player(map_loss, [([weights], 1.0)]),
    ]
    plan = Plan.of_steps(_STEPS, items=len(x), learning_rate=_LEARNING_RATE)
    everyone = torch.arange(len(x), device=device)
    train(model, players, everyone, plan=plan, seed=seed, progress=progress, name="training adversarial alignment")
    return lift.followed_by(weights.detach().cpu().numpy())


def fit(
    rows: TrainingRows, settings: Mapping[Modality, Setting], *, seed: int, progress: Progress = silent
) -> AnchoredTowers:
    """Fit one generator a modality; see `MethodModule.fit`."""
    maps = {}
    for modality in (modality for modality in rows.inputs if modality is not Modality.TEXT):
        media, text = rows.pairs(modality, Modality.TEXT)
        maps[modality] = fit_map(
            rows.inputs[modality][media],
            rows.inputs[Modality.TEXT][text],
            seed=seed,
            progress=progress,
            **settings.get(modality, {}),
        )
    return AnchoredTowers(maps)


def from_arrays(arrays: Mapping[str, npt.NDArray]) -> AnchoredTowers:
    """See `MethodModule.from_arrays`."""
    return kernel.from_arrays(arrays)
