"""Variational alignment: one latent Gaussian explains all of an item's modalities, and missing ones are drawn from it.

A variational autoencoder a modality (Kingma & Welling 2014) with a shared latent `z ~ N(0, I)`. What the present
modalities say about `z` is multiplied, with the prior as one more expert (product of experts, Wu & Goodman 2018,
section 2.1): precisions add up. Training lowers minus the evidence bound of the full item and of each modality alone
(their sub-sampled bound, equation 5), with the divergence from the prior growing to its full weight (Bowman et al.
2016).

Deviations: what each modality alone says about `z` is also pulled to what all say together, by `KL(all || alone)`
(Suzuki et al. 2017, equation 5): the bounds alone never ask a picture to foretell a text, nor to be unsure where it
cannot. Decoders are linear with a noise variance a column, so the expected log-likelihood is exact and nothing is
sampled. Every modality's likelihood counts as if it had as many columns as text, and the bounds of one modality count a
tenth.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.align.batches import Batch, ItemTensors
from mmdemo.align.experts import LEAST_NOISE, MOST_LOG, VariationalTowers
from mmdemo.align.lift import lift_inputs
from mmdemo.align.towers import Arrays, Setting, TrainingRows
from mmdemo.progress import Progress, silent
from mmdemo.training import Plan, Player, best_device, train
from mmdemo.types import FloatArray, Modality

if TYPE_CHECKING:
    import torch

_LATENTS = 128
_DROPOUT = 0.5
_STEPS = 60
_LEARNING_RATE = 1e-2
_WARM_UP = 0.5
_SPREAD_SPEED = 0.1
_TEXT_LOG_VARIANCE = -2.3
_LEAST_LEFT = 0.05
_OWN = 0.1
_MATCHING = 1.0
_PENALTY = 0.3


def posterior(
    model: Mapping[str, "torch.Tensor"], batch: Batch, given: Sequence[Modality]
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Mean and variance (B, L) of the latent from those of the modalities `given` that an item has.

    Args:
        model: Parameters by "modality_part".
        batch: Features.
        given: Which may be looked at.
    """
    import torch

    weighted = torch.zeros_like(batch.inputs[given[0]] @ model[f"{given[0]}_mean"])
    precision = torch.ones_like(weighted)
    for modality in given:
        features = batch.inputs[modality]
        log_variance = features @ model[f"{modality}_spread"] + model[f"{modality}_spread_bias"]
        trust = (-log_variance.clamp(-MOST_LOG, MOST_LOG)).exp() * batch.present[modality][:, None]
        precision = precision + trust
        weighted = weighted + trust * (features @ model[f"{modality}_mean"])
    return weighted / precision, 1.0 / precision


def divergence(
    mean: "torch.Tensor", variance: "torch.Tensor", other_mean: "torch.Tensor | float", other_variance: "torch.Tensor"
) -> "torch.Tensor":
    """Kullback-Leibler divergence (B,) of the second diagonal Gaussian from the first, in nats."""
    ratio = variance / other_variance
    return 0.5 * (ratio + (mean - other_mean).square() / other_variance - 1.0 - ratio.log()).sum(dim=1)


class Surprise:
    """Minus the expected log-likelihood of one modality's inputs under a posterior, in nats a column.

    Expands `|x - b - mu W|^2 + v . W^2`, weighted by the noise's precision, so that the wide product with the inputs is
    done once for all posteriors of a batch.

    Args:
        model: Parameters by "modality_part".
        modality: Whose.
        inputs: (B, D_m).
    """

    def __init__(self, model: Mapping[str, "torch.Tensor"], modality: Modality, inputs: "torch.Tensor") -> None:
        decoder, noise = model[f"{modality}_decoder"], model[f"{modality}_noise"].clamp(min=LEAST_NOISE)
        centred = inputs - model[f"{modality}_decoder_bias"]
        scaled = decoder * (-noise).exp()
        self.columns = inputs.shape[1]
        self._inputs = centred.square() @ (-noise).exp()
        self._cross = centred @ scaled.T
        self._gram = scaled @ decoder.T
        self._constant = (noise + math.log(2.0 * math.pi)).sum()

    def __call__(self, mean: "torch.Tensor", variance: "torch.Tensor") -> "torch.Tensor":
        """(B,) of the posteriors with this mean and variance (B, L)."""
        error = self._inputs + ((mean @ self._gram - 2.0 * self._cross) * mean).sum(dim=1)
        return 0.5 * (error + variance @ self._gram.diagonal() + self._constant) / self.columns


def batch_loss(
    model: Mapping[str, "torch.Tensor"], batch: Batch, targets: Mapping[Modality, "torch.Tensor"], *, warmth: float
) -> "torch.Tensor":
    """Minus the bounds of the full item and of each modality alone, and how far those are apart; nats a text column.

    Args:
        model: Parameters by "modality_part".
        batch: Features.
        targets: Modality to the inputs (B, D_m) to reconstruct.
        warmth: Weight of the divergence from the prior.
    """
    import torch

    scores = {modality: Surprise(model, modality, inputs) for modality, inputs in targets.items()}
    columns = scores[Modality.TEXT].columns
    mean, variance = posterior(model, batch, list(scores))
    unit = torch.ones_like(variance)
    loss = warmth * divergence(mean, variance, 0.0, unit) / columns
    for modality, score in scores.items():
        loss = loss + score(mean, variance) * batch.present[modality]
    total = loss.mean()
    for modality, score in scores.items():
        own_mean, own_variance = posterior(model, batch, [modality])
        bound = score(own_mean, own_variance) + warmth * divergence(own_mean, own_variance, 0.0, unit) / columns
        apart = divergence(mean.detach(), variance.detach(), own_mean, own_variance) / columns
        present = batch.present[modality]
        total = total + ((_OWN * bound + _MATCHING * apart) * present).sum() / present.sum().clamp(min=1)
    return total


def fit(
    rows: TrainingRows,
    settings: Mapping[Modality, Setting],  # noqa: ARG001
    *,
    seed: int,
    progress: Progress = silent,
) -> VariationalTowers:
    """Fit all experts together; see `MethodModule.fit`."""
    import torch
    from torch.nn import functional

    lifts, features = lift_inputs(rows)
    device = best_device()
    model = torch.nn.ParameterDict(
        {name: torch.from_numpy(array) for name, array in _start(rows, features).items()}
    ).to(device)
    weights = dict(model.items())
    seen, wanted = ItemTensors(rows, features, device), ItemTensors(rows, rows.inputs, device)

    def loss(items: "torch.Tensor", done: float) -> "torch.Tensor":
        batch = seen.take(items)
        inputs = {modality: functional.dropout(array, _DROPOUT) for modality, array in batch.inputs.items()}
        return batch_loss(
            weights,
            Batch(inputs, batch.present, batch.same_group),
            wanted.take(items).inputs,
            warmth=min(1.0, done / _WARM_UP),
        )

    spreads = {name for name in model if "_spread" in name}
    player = Player(
        loss,
        [
            ([array for name, array in model.items() if name not in spreads], 1.0),
            ([model[name] for name in sorted(spreads)], _SPREAD_SPEED),
        ],
    )
    plan = Plan.of_steps(_STEPS, items=len(seen.known), learning_rate=_LEARNING_RATE)
    train(model, [player], seen.known, plan=plan, seed=seed, progress=progress, name="training variational alignment")
    return VariationalTowers.read(
        {name.replace("_", ".", 1): array.detach().cpu().numpy() for name, array in model.items()}, lifts
    )


def _start(rows: TrainingRows, features: Mapping[Modality, FloatArray]) -> Arrays:
    """Latents start as the principal components of text, and media as their ridge prediction."""
    text = rows.inputs[Modality.TEXT]
    _, values, directions = np.linalg.svd(text, full_matrices=False)
    directions = directions[values > 1e-4 * values[0]][:_LATENTS]
    scale = 1.0 / max(float((text @ directions.T).std(axis=0).max()), 1e-6)
    start: Arrays = {}
    for modality, array in features.items():
        media, partners = rows.pairs(modality, Modality.TEXT)
        latent = scale * text[partners] @ directions.T
        inputs = rows.inputs[modality][media]
        if modality is Modality.TEXT:
            mean, spread = scale * directions.T, np.zeros((text.shape[1], len(directions)))
            spread_bias = np.full(len(directions), _TEXT_LOG_VARIANCE)
        else:
            mean, spread, spread_bias = _start_expert(array[media], latent)
        bias = inputs.mean(axis=0)
        decoder = _solve(latent, inputs - bias)
        left = np.square(inputs - bias - latent @ decoder).mean(axis=0)
        start |= {
            f"{modality}_mean": mean,
            f"{modality}_spread": spread,
            f"{modality}_spread_bias": spread_bias,
            f"{modality}_decoder": decoder,
            f"{modality}_decoder_bias": bias,
            f"{modality}_noise": np.log(np.maximum(left, _LEAST_LEFT * inputs.var(axis=0).mean()) + 1e-6),
        }
    return {name: array.astype(np.float32) for name, array in start.items()}


def _start_expert(features: FloatArray, latent: FloatArray) -> tuple[npt.NDArray, npt.NDArray, npt.NDArray]:
    """Ridge prediction of the latents (P, L), and how wrong it is where it has not seen the answer.

    Training alone would learn how wrong predictions are on pairs that they were fitted to. Leave-one-out errors have a
    closed form (Allen 1974): residual over one minus leverage.

    Returns:
        `Expert.mean`, `Expert.spread` and `Expert.spread_bias`.
    """
    weights = _solve(features, latent)
    leverage = (features * _solve(features, np.eye(len(features), dtype=np.float32)).T).sum(axis=1, keepdims=True)
    squared = np.square((latent - features @ weights) / np.maximum(1.0 - leverage, 0.05)) + 1e-6
    row = np.log(squared.mean(axis=1))
    middle = features.mean(axis=0)
    spread = _solve(features - middle, row - row.mean())
    left = squared.mean(axis=0).clip(0.01, 0.9)
    bias = np.log(left / (1.0 - left)) - middle @ spread
    return weights / (1.0 - left), np.repeat(spread[:, None], latent.shape[1], axis=1), bias


def _solve(features: npt.NDArray, targets: npt.NDArray) -> npt.NDArray:
    """Ridge regression without an intercept."""
    from scipy import linalg

    gram = (features.T @ features).astype(np.float64)
    gram.flat[:: len(gram) + 1] += _PENALTY
    return linalg.solve(gram, features.T @ targets, assume_a="pos")


def from_arrays(arrays: Mapping[str, npt.NDArray]) -> VariationalTowers:
    """See `MethodModule.from_arrays`."""
    return VariationalTowers.from_arrays(arrays)
