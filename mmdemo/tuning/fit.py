"""Train one encoder, and score it on items held out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mmdemo.encoders.trainable_families import TrainableFamily, network_of
from mmdemo.encoders.trainable_folder import Head, no_classes
from mmdemo.progress import Progress, silent
from mmdemo.training import Checkpoint, History, Plan, Player, best_device, seeded, train
from mmdemo.tuning.examples import Examples, split
from mmdemo.tuning.scores import Scores
from mmdemo.tuning.settings import Settings

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from mmdemo.tuning.objectives import Objective

_AT_ONCE = 64


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A trained network.

    Args:
        network: In evaluation mode, on the processor.
        head: Its classes; none where it learned from pairs.
        scores: On the items held out.
        history: Losses by epoch.
    """

    network: "nn.Module"
    head: Head
    scores: Scores
    history: History


def fit(
    family: TrainableFamily,
    examples: Examples,
    settings: Settings,
    *,
    seed: int,
    progress: Progress = silent,
    save: Callable[[Checkpoint], None] | None = None,
    resume: Checkpoint | None = None,
) -> Fitted:
    """Train a new network of a family.

    A fifth of the groups is held out for the score; of the rest about a seventh decides when to stop. The seed settles
    the parts, the first weights, the order of the items and every change to them, so on a processor the same call gives
    the same weights, bit for bit, also where it was broken off and resumed.

    Args:
        family: What to train.
        examples: What on.
        settings: How long and how fast.
        seed: For everything random.
        progress: Told of every step; may cancel.
        save: Given what `resume` takes, after each epoch.
        resume: Go on from there.

    Raises:
        CatalogError: There are too few items.
    """
    import torch

    parts = split(examples, seed=seed)
    device = best_device()
    objective = _objective(family, examples, parts.train, settings, seed=seed).to(device)
    batches = _Batches(family, parts.train, device)
    history = train(
        objective,
        [Player(lambda items, _: _loss(objective, batches, items), [(list(objective.parameters()), 1.0)])],
        torch.arange(len(parts.train), device=device),
        plan=Plan(
            settings.epochs,
            batch=settings.batch,
            learning_rate=settings.learning_rate,
            weight_decay=settings.weight_decay,
            patience=settings.patience,
        ),
        seed=seed,
        progress=progress,
        name=f"training {family.name}",
        validate=lambda: _validation_loss(objective, parts.validation, device),
        save=save,
        resume=resume,
    )
    scores = objective.score(_answers(objective, parts.test, device).cpu().numpy(), parts.test, seed=seed)
    objective.cpu()
    return Fitted(objective.network, _head(objective, examples, family), scores, history)


def _objective(
    family: TrainableFamily, examples: Examples, known: Examples, settings: Settings, *, seed: int
) -> "Objective":
    import torch

    from mmdemo.encoders.trainable_audio_network import MelAttention, MelLstm
    from mmdemo.tuning.objectives import OBJECTIVES

    with seeded(seed):
        network = network_of(family.name, family.shape)
        outputs = examples.targets.shape[1]
        objective = OBJECTIVES[examples.kind](network, family.width, outputs, dropout=settings.dropout)
    if isinstance(network, MelLstm | MelAttention):
        network.standardise.measure(torch.from_numpy(known.windows))
    return objective


class _Batches:
    """Draws one window of each item of a batch and changes it at random."""

    def __init__(self, family: TrainableFamily, examples: Examples, device: "torch.device") -> None:
        import torch

        from mmdemo.tuning.augment import augment_pictures, augment_sounds

        self._augment = augment_pictures if family.name == "cnn" else augment_sounds
        self._windows = torch.from_numpy(examples.windows).to(device)
        counts = np.bincount(examples.owners, minlength=len(examples))
        self._counts = torch.from_numpy(counts).to(device)
        self._starts = torch.from_numpy(np.cumsum(counts) - counts).to(device)
        self.targets = torch.from_numpy(examples.targets).to(device)
        self.groups = torch.from_numpy(examples.groups).to(device)

    def draw(self, items: "Tensor") -> "Tensor":
        """Windows (B, ...) of items (B,)."""
        import torch

        chosen = (torch.rand(len(items), device=items.device) * self._counts[items]).long()
        return self._augment(_as_input(self._windows[self._starts[items] + chosen]))


def _as_input(windows: "Tensor") -> "Tensor":
    """Windows as the network takes them: pixels become -1 to 1."""
    import torch

    return windows.float() / 127.5 - 1.0 if windows.dtype == torch.uint8 else windows


def _loss(objective: "Objective", batches: _Batches, items: "Tensor") -> "Tensor":
    return objective.loss(objective(batches.draw(items)), batches.targets[items], batches.groups[items])


def _validation_loss(objective: "Objective", examples: Examples, device: "torch.device") -> float:
    import torch

    targets, groups = torch.from_numpy(examples.targets).to(device), torch.from_numpy(examples.groups).to(device)
    return float(objective.loss(_answers(objective, examples, device), targets, groups))


def _answers(objective: "Objective", examples: Examples, device: "torch.device") -> "Tensor":
    """Answers (N, outputs) to whole items: to the mean over the features of their windows, as an encoder gives it."""
    import torch

    with torch.no_grad():
        features = torch.cat(
            [
                objective.network(_as_input(torch.from_numpy(examples.windows[start : start + _AT_ONCE]).to(device)))
                for start in range(0, len(examples.windows), _AT_ONCE)
            ]
        )
        owners = torch.from_numpy(examples.owners).to(device)
        totals = features.new_zeros(len(examples), features.shape[1]).index_add_(0, owners, features)
        return objective.answer(totals / torch.bincount(owners, minlength=len(examples))[:, None])


def _head(objective: "Objective", examples: Examples, family: TrainableFamily) -> Head:
    """The answers as classes; those of pairs are vectors of a text encoder and mean nothing by themselves."""
    if examples.kind == "pairs":
        return no_classes(family.width)
    state: dict[str, Any] = objective.head.state_dict()
    return Head(examples.class_names, state["weight"].numpy(), state["bias"].numpy())
