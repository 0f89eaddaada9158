"""Attention alignment: modality tokens attend to each other, and each one's output must find its item's.

Every modality becomes a few tokens: kernel features (`mmdemo.align.lift`; text as it is) times one matrix a token. One
pre-norm Transformer block (Vaswani et al. 2017; Xiong et al. 2020) runs over the tokens of the modalities present; what
is missing is masked. A modality's output is its first token. Trained by InfoNCE between the output of each modality
alone and the item's (the mean output of all its modalities together), and between those of every two modalities alone.

The first tokens start as text itself and as the others' ridge predictions of it, and the block starts as the identity
(its output matrices are zero), so that training refines an alignment that is there already.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mmdemo.align.batches import Batch, ItemTensors
from mmdemo.align.lift import Lift, lift_inputs, ridge_start
from mmdemo.align.methods.contrastive import info_nce
from mmdemo.align.towers import Arrays, Setting, TrainingRows
from mmdemo.progress import Progress, silent
from mmdemo.training import Plan, Player, best_device, train
from mmdemo.types import FloatArray, Modality

if TYPE_CHECKING:
    import torch

_TOKENS = 2
_HEADS = 4
_HEAD_WIDTH = 16
_HIDDEN = 128
_SCALE = 1.0 / 0.07
_DROPOUT = 0.5
_TEXT_SPEED = 0.1
_BLOCK_SPEED = 0.01
_STEPS = 30
_LEARNING_RATE = 3e-3


@dataclass(frozen=True, slots=True, eq=False)
class AttentionTowers:
    """A fitted block.

    Args:
        weights: Parameters by name.
        lifts: Inputs to features, for every modality but text.
    """

    weights: Mapping[str, npt.NDArray]
    lifts: Mapping[Modality, Lift]
    _tensors: "dict[str, torch.Tensor]" = field(default_factory=dict, init=False, repr=False)

    @property
    def modalities(self) -> frozenset[Modality]:
        """What they place."""
        return frozenset(self.lifts) | {Modality.TEXT}

    def embed(self, modality: Modality, inputs: FloatArray) -> FloatArray:
        """The output (B, D) of this modality when no other is there; see `Towers.embed`."""
        return self._run({modality: inputs})[0][modality].numpy()

    def attention(self, inputs: Mapping[Modality, FloatArray]) -> dict[Modality, dict[Modality, FloatArray]]:
        """How much each modality's output attends to each modality: (B,) shares, averaged over heads, that sum to 1.

        Args:
            inputs: Modality to (B, D_m), one or more of each of B items.
        """
        weights = self._run(inputs)[1].mean(dim=1).numpy()
        asked = list(inputs)
        return {
            asker: {
                answerer: weights[:, i * _TOKENS, j * _TOKENS : (j + 1) * _TOKENS].sum(axis=1)
                for j, answerer in enumerate(asked)
            }
            for i, asker in enumerate(asked)
        }

    def to_arrays(self) -> Arrays:
        """See `Towers.to_arrays`."""
        arrays = {f"block.{name}": array for name, array in self.weights.items()}
        for modality, lift in self.lifts.items():
            arrays |= {f"{modality}.{name}": array for name, array in lift.to_arrays().items()}
        return arrays

    def _run(self, inputs: Mapping[Modality, FloatArray]) -> "tuple[dict[Modality, torch.Tensor], torch.Tensor]":
        """Outputs and attention of items that have just these modalities."""
        import torch

        if not self._tensors:
            self._tensors.update({name: torch.from_numpy(array) for name, array in self.weights.items()})
        features = {
            modality: torch.from_numpy(
                self.lifts[modality](array) if modality in self.lifts else np.asarray(array, np.float32)
            )
            for modality, array in inputs.items()
        }
        with torch.no_grad():
            return run_block(
                self._tensors,
                features,
                {modality: torch.ones(len(array), dtype=torch.bool) for modality, array in features.items()},
            )


def run_block(
    weights: "Mapping[str, torch.Tensor]",
    features: "Mapping[Modality, torch.Tensor]",
    present: "Mapping[Modality, torch.Tensor]",
) -> "tuple[dict[Modality, torch.Tensor], torch.Tensor]":
    """Tokens of every modality through the block.

    Args:
        weights: Parameters by name.
        features: Modality to (B, R_m).
        present: Modality to (B,) bool.

    Returns:
        Modality to its output (B, D), of no meaning where it is missing; attention (B, H, T, T), a row of which sums
        to 1 over the tokens that are present (rows of items with none are zero).
    """
    import torch
    from torch.nn import functional

    tokens = torch.cat(
        [
            (x @ weights[f"{modality}_tokens"]).unflatten(1, (_TOKENS, -1)) + weights[f"{modality}_kind"]
            for modality, x in features.items()
        ],
        dim=1,
    )
    width = tokens.shape[-1]
    seen = torch.stack([present[modality] for modality in features], dim=1).repeat_interleave(_TOKENS, dim=1)
    ask, answer, value = (
        (functional.layer_norm(tokens, (width,)) @ weights["attend_in"] + weights["attend_bias"])
        .unflatten(2, (3, _HEADS, _HEAD_WIDTH))
        .permute(2, 0, 3, 1, 4)
    )
    score = (ask @ answer.transpose(-1, -2)) / math.sqrt(_HEAD_WIDTH)
    attention = score.masked_fill(~seen[:, None, None], -1e9).softmax(dim=-1) * seen[:, None, None]
    tokens = tokens + (attention @ value).transpose(1, 2).flatten(2) @ weights["attend_out"]
    hidden = functional.gelu(functional.layer_norm(tokens, (width,)) @ weights["think_in"] + weights["think_bias"])
    tokens = tokens + hidden @ weights["think_out"]
    return {modality: tokens[:, number * _TOKENS] for number, modality in enumerate(features)}, attention


def batch_loss(weights: "Mapping[str, torch.Tensor]", batch: Batch) -> "torch.Tensor":
    """Mean InfoNCE of each modality alone with the item, and of every two modalities alone."""
    import torch
    from torch.nn import functional

    together, _ = run_block(weights, batch.inputs, batch.present)
    outputs = [
        functional.normalize(out, dim=1) * batch.present[modality][:, None] for modality, out in together.items()
    ]
    item = functional.normalize(torch.stack(outputs).sum(dim=0), dim=1)
    alone = {
        modality: functional.normalize(
            run_block(weights, {modality: x}, {modality: batch.present[modality]})[0][modality], dim=1
        )
        for modality, x in batch.inputs.items()
    }
    matched = [(alone[first], alone[second], both) for first, second, both in batch.pairs()]
    matched += [(out, item, batch.present[modality].nonzero()[:, 0]) for modality, out in alone.items()]
    return torch.stack(
        [
            info_nce(first[rows], second[rows], scale=_SCALE, same_group=batch.same_group[rows][:, rows])
            for first, second, rows in matched
            if len(rows) > 1
        ]
    ).mean()


def fit(
    rows: TrainingRows,
    settings: Mapping[Modality, Setting],  # noqa: ARG001
    *,
    seed: int,
    progress: Progress = silent,
) -> AttentionTowers:
    """Fit the block; see `MethodModule.fit`."""
    import torch
    from torch.nn import functional

    lifts, features = lift_inputs(rows)
    device = best_device()
    model = torch.nn.ParameterDict(
        {name: torch.from_numpy(array) for name, array in _start(rows, features, seed=seed).items()}
    ).to(device)
    weights = dict(model.items())
    data = ItemTensors(rows, features, device)

    def loss(items: "torch.Tensor", _: float) -> "torch.Tensor":
        batch = data.take(items)
        inputs = {modality: functional.dropout(array, _DROPOUT) for modality, array in batch.inputs.items()}
        return batch_loss(weights, Batch(inputs, batch.present, batch.same_group))

    speeds = {name: _speed(name) for name in model}
    player = Player(
        loss,
        [([model[name] for name in speeds if speeds[name] == speed], speed) for speed in sorted(set(speeds.values()))],
    )
    plan = Plan.of_steps(_STEPS, items=len(data.paired), learning_rate=_LEARNING_RATE)
    train(model, [player], data.paired, plan=plan, seed=seed, progress=progress, name="training attention alignment")
    return AttentionTowers({name: array.detach().cpu().numpy() for name, array in model.items()}, lifts)


def _speed(name: str) -> float:
    """Factor on a parameter's learning rate: the block and text move slowly, or they forget the start and overfit."""
    if name == f"{Modality.TEXT}_tokens":
        return _TEXT_SPEED
    return 1.0 if name.endswith("_tokens") else _BLOCK_SPEED


def _start(rows: TrainingRows, features: Mapping[Modality, FloatArray], *, seed: int) -> Arrays:
    """First tokens at text and at its ridge prediction, other tokens at random, the block's outputs zero."""
    rng = np.random.default_rng(seed)
    text = rows.inputs[Modality.TEXT]
    width = text.shape[1]

    def draw(incoming: int, outgoing: int) -> FloatArray:
        return rng.normal(scale=incoming**-0.5, size=(incoming, outgoing)).astype(np.float32)

    inner = _HEADS * _HEAD_WIDTH
    start: Arrays = {
        "attend_in": draw(width, 3 * inner),
        "attend_bias": np.zeros(3 * inner),
        "attend_out": np.zeros((inner, width)),
        "think_in": draw(width, _HIDDEN),
        "think_bias": np.zeros(_HIDDEN),
        "think_out": np.zeros((_HIDDEN, width)),
    }
    for modality, array in features.items():
        media, partners = rows.pairs(modality, Modality.TEXT)
        first = np.eye(width) if modality is Modality.TEXT else ridge_start(array[media], text[partners])
        others = draw(width, (_TOKENS - 1) * width)
        start[f"{modality}_tokens"] = np.concatenate([first, first @ others], axis=1)
        start[f"{modality}_kind"] = np.zeros((_TOKENS, width))
    return {name: array.astype(np.float32) for name, array in start.items()}


def from_arrays(arrays: Mapping[str, npt.NDArray]) -> AttentionTowers:
    """See `MethodModule.from_arrays`."""
    parts: dict[str, Arrays] = {}
    for name, array in arrays.items():
        owner, _, rest = name.partition(".")
        parts.setdefault(owner, {})[rest] = array
    block = parts.pop("block")
    return AttentionTowers(block, {Modality(owner): Lift.from_arrays(part) for owner, part in parts.items()})
