"""Train one fusion for one objective."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmdemo.errors import FusionError
from mmdemo.fusion.data import FusionData
from mmdemo.fusion.evaluation import mean_weights, with_everything
from mmdemo.fusion.objectives import available, find_objective
from mmdemo.fusion.report import Epoch
from mmdemo.fusion.settings import TrainSettings
from mmdemo.fusion.table import build, checked_options
from mmdemo.progress import Progress, silent
from mmdemo.training import Checkpoint, History, Plan, Player, best_device, seeded, train

if TYPE_CHECKING:
    import torch

    from mmdemo.fusion.base import Fusion
    from mmdemo.fusion.objectives.base import Objective


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What a run ended with.

    Args:
        fusion: In evaluation mode, on the processor, as it was after the best epoch.
        objective: What was learned beside it (a head, a table of users); likewise.
        epochs: What happened; none where there was nothing to train.
        best: Number of the epoch that `fusion` is of: the one with the lowest validation loss, the last one where there
            are no validation items, 0 where nothing was trained.
        parameters: How many numbers of the fusion are learned; the objective's own do not count.
    """

    fusion: "Fusion"
    objective: "Objective"
    epochs: tuple[Epoch, ...]
    best: int
    parameters: int


def fit(
    data: FusionData,
    settings: TrainSettings,
    *,
    progress: Progress = silent,
    watch: Callable[[Epoch], None] | None = None,
    save: Callable[[Checkpoint], None] | None = None,
    resume: Checkpoint | None = None,
) -> Trained:
    """Train a new fusion.

    Everything random comes from the settings' seed, so on a processor the same call gives the same fusion, bit for bit,
    also where it was broken off and resumed. A fusion with nothing to learn is given back as it is, with an objective
    that has only its temperature to learn; with a head to learn, only the head is trained.

    Args:
        data: What to train on; `data.test` is not looked at.
        settings: Everything else.
        progress: Told before each step; raising `CancelledError` from it ends the training at once.
        watch: Told of each epoch when it is over; of a resumed run's earlier ones first, at once.
        save: Given what `resume` takes, after each epoch.
        resume: Go on from there.

    Raises:
        FusionError: There is no such fusion, objective or option, the data lack what the objective needs, or the loss
            became infinite.
    """
    import torch

    device = best_device()
    fusion = build(settings.fusion, data.shape, settings.fusion_options, seed=settings.seed).to(device)
    objective = build_objective(data, settings, device=device)
    model = torch.nn.ModuleDict({"fusion": fusion, "objective": objective})
    log = _Log(data, fusion, device, watch)
    if fusion.parameters_count or not objective.needs_learned_fusion:
        log.begin([] if resume is None else [Epoch.from_json(epoch) for epoch in resume["fusion_epochs"]])
        history = train(
            model,
            [Player(lambda examples, _: objective.loss(fusion, examples), _groups(fusion, objective))],
            torch.arange(objective.examples, device=device),
            plan=_plan(settings),
            seed=settings.seed,
            progress=progress,
            name=f"training {settings.fusion}",
            validate=(lambda: objective.validation(fusion)) if objective.checks else None,
            watch=log.add,
            save=None if save is None else lambda checkpoint: save({**checkpoint, **log.state()}),
            resume=resume,
        )
        best = history.best + 1
    else:
        best = 0
    model.cpu().eval()
    return Trained(fusion, objective, tuple(log.epochs), best, fusion.parameters_count)


def build_objective(data: FusionData, settings: TrainSettings, *, device: "torch.device | str" = "cpu") -> "Objective":
    """The objective of a run before training; what `Trained.objective` learned can be loaded into it.

    Raises:
        FusionError: There is no such objective or option, or the data lack what it needs.
    """
    from mmdemo.fusion.objectives.base import Setup

    spec = find_objective(settings.objective)
    options = checked_options(spec.options, settings.objective_options)
    reason = available(data)[spec.name]
    if reason:
        raise FusionError(
            f"objective '{spec.name}': {reason[:1].lower()}{reason[1:].rstrip('.')}",
            expected="an objective that the catalogue has what is needed for",
            remedy="choose another objective",
        )
    setup = Setup(data, options, settings.modality_dropout, settings.seed, device)
    with seeded(settings.seed):
        return spec.load()(setup).to(device)


def _groups(fusion: "Fusion", objective: "Objective") -> "list[tuple[list[torch.nn.Parameter], float]]":
    """All parameters with the factors on their learning rates."""
    groups = [*fusion.rates(), (list(objective.parameters()), 1.0)]
    return [(parameters, factor) for parameters, factor in groups if parameters]


def _plan(settings: TrainSettings) -> Plan:
    return Plan(
        settings.epochs,
        batch=settings.batch,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        most_gradient=settings.most_gradient,
        patience=settings.patience,
        half_precision=settings.half_precision,
        optimizer=settings.optimizer,
        schedule=settings.schedule,
    )


class _Log:
    """The epochs of a run, with the weights of the modalities after each."""

    def __init__(
        self, data: FusionData, fusion: "Fusion", device: "torch.device", watch: Callable[[Epoch], None] | None
    ) -> None:
        rows = with_everything(data, data.validation)
        self.epochs: list[Epoch] = []
        self._fusion, self._watch = fusion, watch
        self._items = data.batch(rows, held_out=True, device=device) if len(rows) else None
        self._since = time.monotonic()

    def begin(self, epochs: list[Epoch]) -> None:
        """Go on after `epochs`."""
        self._since = time.monotonic() - (epochs[-1].seconds if epochs else 0.0)
        for epoch in epochs:
            self._keep(epoch)

    def add(self, history: History) -> None:
        """The epoch that is just over.

        Raises:
            FusionError: Its loss is infinite or no number.
        """
        loss, validation = history.losses[-1], history.validation[-1] if history.validation else None
        if not math.isfinite(loss) or not (validation is None or math.isfinite(validation)):
            raise FusionError(
                f"the loss of epoch {len(history.losses)} is {loss if validation is None else validation}",
                expected="a finite loss",
                remedy="train with a lower learning rate",
            )
        seconds = time.monotonic() - self._since
        self._keep(Epoch(len(history.losses), loss, validation, self._weights(), seconds))

    def state(self) -> Checkpoint:
        """What `begin` needs, for a checkpoint."""
        return {"fusion_epochs": [epoch.as_json() for epoch in self.epochs]}

    def _keep(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)
        if self._watch is not None:
            self._watch(epoch)

    def _weights(self) -> tuple[float, ...]:
        if self._items is None:
            return ()
        return mean_weights(self._fusion, self._items)
