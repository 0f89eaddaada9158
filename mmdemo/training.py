"""One seeded loop for every model that is trained by gradients."""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from mmdemo.progress import Progress, silent

if TYPE_CHECKING:
    import torch

Loss = Callable[["torch.Tensor", float], "torch.Tensor"]
"""Loss of a batch of item numbers (B,), and how much of the training is done, from 0 to 1."""
Optimizer = Literal["adamw", "sgd"]
Schedule = Literal["cosine", "linear", "constant"]
Checkpoint = dict[str, Any]
"""All that a run needs to go on from the end of an epoch; `torch.save` takes it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to train.

    Args:
        epochs: Passes over the items.
        batch: Most items in one step; batches of one epoch differ in size by one item at most.
        learning_rate: At its highest, which it reaches over the first tenth of the steps.
        weight_decay: Of AdamW, decoupled from the gradient (Loshchilov & Hutter 2019); of SGD, added to it.
        most_gradient: Longer gradients are cut to this length.
        patience: Epochs without a lower validation loss after which training stops.
        half_precision: Matrix products in bfloat16 on a GPU; on a CPU it changes nothing.
        optimizer: "adamw", or "sgd": stochastic gradient descent with Nesterov's momentum of 0.9, which needs a higher
            learning rate (Sutskever et al. 2013).
        schedule: What follows the rise: "cosine" falls to 0 as half a cosine (Loshchilov & Hutter 2017), "linear" as a
            straight line, "constant" stays.
    """

    epochs: int
    batch: int = 1024
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    most_gradient: float = 1.0
    patience: int = 10
    half_precision: bool = False
    optimizer: Optimizer = "adamw"
    schedule: Schedule = "cosine"

    @classmethod
    def of_steps(
        cls, steps: int, *, items: int, learning_rate: float, batch: int = 1024, least_epochs: int = 3
    ) -> "Plan":
        """A plan of about `steps` steps, or `least_epochs` passes over `items` items where those take more."""
        batches = max(1, math.ceil(items / batch))
        return cls(max(least_epochs, round(steps / batches)), batch=batch, learning_rate=learning_rate)


@dataclass(frozen=True, slots=True, eq=False)
class Player:
    """Parameters that lower one loss. One player is ordinary training; two in turn are an adversarial game.

    Args:
        loss: What these parameters lower.
        groups: Parameters, and the factor on their learning rate.
    """

    loss: Loss
    groups: Sequence[tuple[Sequence["torch.Tensor"], float]]


@dataclass(slots=True)
class History:
    """What happened: one entry an epoch.

    Args:
        losses: Mean loss of the last player over the epoch's batches.
        validation: Validation losses; empty without validation.
    """

    losses: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)

    @property
    def best(self) -> int:
        """The epoch with the lowest validation loss; the last one without validation."""
        return int(np.argmin(self.validation)) if self.validation else len(self.losses) - 1


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let torch draw from `seed` inside, and leave its generators as they were."""
    import torch

    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        yield


def best_device() -> "torch.device":
    """The GPU where there is one."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def validation_split(
    groups: npt.NDArray[np.integer], share: float, *, seed: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows to train on and rows to validate on; the rows of one group stay together.

    Args:
        groups: (N,) group of each row.
        share: Of the groups to validate on, from 0 to 1.
        seed: For the draw.
    """
    names, membership = np.unique(groups, return_inverse=True)
    held = np.zeros(len(names), np.bool_)
    held[np.random.default_rng(seed).permutation(len(names))[: round(share * len(names))]] = True
    return np.flatnonzero(~held[membership]), np.flatnonzero(held[membership])


def train(
    model: "torch.nn.Module",
    players: Sequence[Player],
    items: "torch.Tensor",
    *,
    plan: Plan,
    seed: int,
    progress: Progress = silent,
    name: str = "training",
    validate: Callable[[], float] | None = None,
    watch: Callable[[History], None] | None = None,
    save: Callable[[Checkpoint], None] | None = None,
    resume: Checkpoint | None = None,
) -> History:
    """Train `model` in place; it ends in evaluation mode, as it was in its best epoch.

    Every epoch draws from a seed of its own, so that a run resumed after an epoch draws what it would have drawn.

    Args:
        model: Holds every parameter and buffer.
        players: In each step they take their turns in this order.
        items: (N,) item numbers to draw batches from; with none there is nothing to train.
        plan: How long and how fast.
        seed: For everything random.
        progress: Called before each step; raising `CancelledError` from it ends the training at once.
        name: What is trained, for the progress message.
        validate: Validation loss of the model as it is, called after each epoch in evaluation mode without gradients.
        watch: Told what happened so far after each epoch, before it is saved.
        save: Given what `resume` takes, after each epoch.
        resume: Go on from here instead of from the start.
    """
    run = _Run(model, players, items, plan, seed)
    if resume is not None:
        run.restore(resume)
    with seeded(seed):
        while len(items) and run.epoch < plan.epochs and not run.out_of_patience():
            run.train_epoch(progress, name)
            if validate is not None:
                run.validate(validate)
            if watch is not None:
                watch(run.history)
            if save is not None:
                save(run.checkpoint())
    if run.best is not None:
        model.load_state_dict(run.best)
    model.eval()
    return run.history


class _Run:
    """The state of one training run."""

    def __init__(
        self, model: "torch.nn.Module", players: Sequence[Player], items: "torch.Tensor", plan: Plan, seed: int
    ) -> None:
        self.model, self.players, self.items, self.plan, self.seed = model, players, items, plan, seed
        self.batches = math.ceil(len(items) / plan.batch)
        self.steps = max(1, plan.epochs * self.batches)
        self.optimizers = [
            _optimizer(
                [{"params": list(group), "lr": plan.learning_rate * factor} for group, factor in player.groups], plan
            )
            for player in players
        ]
        self.rates = [[group["lr"] for group in optimizer.param_groups] for optimizer in self.optimizers]
        self.epoch = 0
        self.history = History()
        self.best: dict[str, Any] | None = None

    def train_epoch(self, progress: Progress, name: str) -> None:
        """One pass over the items."""
        import torch

        torch.manual_seed(self.seed * 1_000_003 + self.epoch)
        self.model.train()
        total = 0.0
        order = self.items[torch.randperm(len(self.items)).to(self.items.device)]
        for number, batch in enumerate(order.tensor_split(self.batches)):
            step = self.epoch * self.batches + number
            seen = total / number if number else (self.history.losses or [math.nan])[-1]
            progress(step, self.steps, name if math.isnan(seen) else f"{name}: loss {seen:.3f}")
            total += self._step(batch, step)
        self.history.losses.append(total / self.batches)
        self.epoch += 1

    def _step(self, batch: "torch.Tensor", step: int) -> float:
        """Every player's turn on one batch; the last one's loss."""
        import torch

        value = math.nan
        for player, optimizer, rates in zip(self.players, self.optimizers, self.rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * _rise_and_fall(step, self.steps, self.plan.schedule)
            self.model.zero_grad(set_to_none=True)
            with torch.autocast("cuda", torch.bfloat16, enabled=self.plan.half_precision and batch.is_cuda):
                loss = player.loss(batch, step / self.steps)
            loss.backward()
            for group, _ in player.groups:
                torch.nn.utils.clip_grad_norm_(group, self.plan.most_gradient)
            optimizer.step()
            value = float(loss.detach())
        return value

    def validate(self, validate: Callable[[], float]) -> None:
        """Measure, and keep the weights if they are the best so far."""
        import torch

        self.model.eval()
        with torch.no_grad():
            self.history.validation.append(validate())
        if self.history.best == len(self.history.validation) - 1:
            self.best = copy.deepcopy(self.model.state_dict())

    def out_of_patience(self) -> bool:
        """Whether the validation loss has not fallen for too long."""
        validation = self.history.validation
        return bool(validation) and len(validation) - 1 - self.history.best >= self.plan.patience

    def checkpoint(self) -> Checkpoint:
        """A copy of all that changes."""
        return copy.deepcopy(
            {
                "epoch": self.epoch,
                "model": self.model.state_dict(),
                "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
                "losses": self.history.losses,
                "validation": self.history.validation,
                "best": self.best,
            }
        )

    def restore(self, saved: Checkpoint) -> None:
        """The inverse of `checkpoint`."""
        saved = copy.deepcopy(saved)
        self.epoch, self.best = saved["epoch"], saved["best"]
        self.model.load_state_dict(saved["model"])
        for optimizer, state in zip(self.optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.history = History(saved["losses"], saved["validation"])


def _optimizer(groups: list[dict[str, Any]], plan: Plan) -> "torch.optim.Optimizer":
    """The plan's optimizer of parameter groups."""
    import torch

    if plan.optimizer == "sgd":
        return torch.optim.SGD(groups, momentum=0.9, nesterov=True, weight_decay=plan.weight_decay)
    return torch.optim.AdamW(groups, weight_decay=plan.weight_decay)


def _rise_and_fall(step: int, steps: int, schedule: Schedule) -> float:
    """Factor on the learning rate: up over the first tenth, then as `Plan.schedule` says."""
    rising = max(1, steps // 10)
    if step < rising:
        return (step + 1) / rising
    done = (step - rising) / max(1, steps - rising)
    if schedule == "constant":
        return 1.0
    return 1.0 - done if schedule == "linear" else 0.5 * (1.0 + math.cos(math.pi * done))
