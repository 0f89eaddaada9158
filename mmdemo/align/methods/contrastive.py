"""Contrastive alignment: one map a modality, trained so that an item's modalities find each other among other items.

Symmetric InfoNCE with a learned temperature (Radford et al. 2021, figure 3) over every pair of modalities that a
batch holds (after Girdhar et al. 2023, section 3.2, who bind to one modality only). Hard negatives may weigh more
(Robinson et al. 2021, equation 4). Items of one group are never each other's negatives.

Text starts as it is and the others at a ridge solution on kernel features (`mmdemo.align.lift`), from where few steps
are enough.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.align.anchored import AnchoredTowers
from mmdemo.align.batches import Batch, ItemTensors
from mmdemo.align.lift import lift_inputs, ridge_start
from mmdemo.align.methods import kernel
from mmdemo.align.towers import Arrays, Setting, TrainingRows
from mmdemo.progress import Progress, silent
from mmdemo.training import Plan, Player, best_device, train
from mmdemo.types import FloatArray, Modality

if TYPE_CHECKING:
    import torch

_START_SCALE = 1.0 / 0.07
_MOST_SCALE = 100.0
_DROPOUT = 0.5
_TEXT_SPEED = 0.1
_STEPS = 60
_LEARNING_RATE = 3e-3


@dataclass(frozen=True, slots=True, eq=False)
class ContrastiveTowers:
    """Fitted towers.

    Args:
        media: Into the space, for every modality but text.
        text: (D_text, D) float32.
    """

    media: AnchoredTowers
    text: FloatArray

    @property
    def modalities(self) -> frozenset[Modality]:
        """What they place."""
        return self.media.modalities

    def embed(self, modality: Modality, inputs: FloatArray) -> FloatArray:
        """See `Towers.embed`."""
        return inputs @ self.text if modality is Modality.TEXT else self.media.embed(modality, inputs)

    def to_arrays(self) -> Arrays:
        """See `Towers.to_arrays`."""
        return {"text": self.text, **self.media.to_arrays()}


def info_nce(
    first: "torch.Tensor",
    second: "torch.Tensor",
    *,
    scale: "torch.Tensor | float",
    same_group: "torch.Tensor",
    hardness: float = 0.0,
) -> "torch.Tensor":
    """Symmetric InfoNCE of pairs, in nats, averaged over both directions.

    `-log(e^(s_ii) / (e^(s_ii) + sum_j w_ij e^(s_ij)))` with `s = scale * cosine`, over the j of other groups than i.
    `w_ij` is proportional to `e^(hardness * cosine_ij)` with a mean of 1 over j, and counts as a constant.

    Args:
        first: (P, D) unit rows.
        second: (P, D) unit rows, each the partner of the row of `first` at its place.
        scale: One over the temperature.
        same_group: (P, P) bool.
        hardness: beta of Robinson et al.; 0 weighs all negatives alike.
    """
    cosine = first @ second.T
    return (_one_way(cosine, scale, same_group, hardness) + _one_way(cosine.T, scale, same_group, hardness)) / 2


def _one_way(
    cosine: "torch.Tensor", scale: "torch.Tensor | float", same_group: "torch.Tensor", hardness: float
) -> "torch.Tensor":
    """Each row finds its column."""
    import torch

    logits = (scale * cosine).masked_fill(same_group, -math.inf)
    if hardness:
        weight = (hardness * cosine.detach()).masked_fill(same_group, -math.inf)
        negatives = (~same_group).sum(dim=1, keepdim=True).clamp(min=1).to(cosine.dtype).log()
        logits = logits + (weight - weight.logsumexp(dim=1, keepdim=True) + negatives).masked_fill(same_group, 0.0)
    right = scale * cosine.diagonal()
    return (torch.cat([right[:, None], logits], dim=1).logsumexp(dim=1) - right).mean()


def batch_loss(
    model: Mapping[str, "torch.Tensor"], batch: Batch, *, hardness: float = 0.0, dropout: float = 0.0
) -> "torch.Tensor":
    """Mean InfoNCE over the pairs of modalities in a batch."""
    import torch
    from torch.nn import functional

    placed = {
        modality: functional.normalize(functional.dropout(inputs, dropout) @ model[modality], dim=1)
        for modality, inputs in batch.inputs.items()
    }
    scale = model["scale"].exp().clamp(max=_MOST_SCALE)
    losses = [
        info_nce(
            placed[first][both],
            placed[second][both],
            scale=scale,
            same_group=batch.same_group[both][:, both],
            hardness=hardness,
        )
        for first, second, both in batch.pairs()
    ]
    return torch.stack(losses).mean() if losses else 0.0 * scale


def fit(
    rows: TrainingRows, settings: Mapping[Modality, Setting], *, seed: int, progress: Progress = silent
) -> ContrastiveTowers:
    """Fit all towers together; see `MethodModule.fit`. The first setting's `hardness` holds for all modalities."""
    import torch

    text = rows.inputs[Modality.TEXT]
    hardness = next(iter(settings.values()), {}).get("hardness", 0.0)
    lifts, features = lift_inputs(rows)
    start = {Modality.TEXT: np.eye(text.shape[1], dtype=np.float32)}
    for modality in lifts:
        media, partners = rows.pairs(modality, Modality.TEXT)
        start[modality] = ridge_start(features[modality][media], text[partners])
    device = best_device()
    model = torch.nn.ParameterDict({str(modality): torch.from_numpy(array) for modality, array in start.items()})
    model["scale"] = torch.tensor(math.log(_START_SCALE))
    model.to(device)
    weights = dict(model.items())
    data = ItemTensors(rows, features, device)
    plan = Plan.of_steps(_STEPS, items=len(data.paired), learning_rate=_LEARNING_RATE)
    fast = [array for name, array in model.items() if name != Modality.TEXT]
    player = Player(
        lambda items, _: batch_loss(weights, data.take(items), hardness=hardness, dropout=_DROPOUT),
        [(fast, 1.0), ([model[Modality.TEXT]], _TEXT_SPEED)],
    )
    train(model, [player], data.paired, plan=plan, seed=seed, progress=progress, name="training contrastive alignment")
    fitted = {name: array.detach().cpu().numpy() for name, array in model.items()}
    media_maps = {modality: lift.followed_by(fitted[modality]) for modality, lift in lifts.items()}
    return ContrastiveTowers(AnchoredTowers(media_maps), fitted[Modality.TEXT])


def from_arrays(arrays: Mapping[str, npt.NDArray]) -> ContrastiveTowers:
    """See `MethodModule.from_arrays`."""
    media = {name: array for name, array in arrays.items() if name != "text"}
    return ContrastiveTowers(kernel.from_arrays(media), arrays["text"])
