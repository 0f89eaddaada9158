"""Everything that decides what comes of a training run, beside the data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from mmdemo.errors import FusionError
from mmdemo.training import Optimizer, Schedule

_RANGES: Mapping[str, tuple[float, float]] = {
    "epochs": (1, 10_000),
    "batch": (2, 65_536),
    "learning_rate": (1e-7, 10.0),
    "weight_decay": (0.0, 10.0),
    "patience": (1, 10_000),
    "modality_dropout": (0.0, 0.95),
    "most_gradient": (1e-6, 1e6),
    "seed": (0, 2**31 - 1),
}


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """One run.

    Args:
        fusion: One of `mmdemo.fusion.FUSIONS`.
        objective: One of `mmdemo.fusion.objectives.OBJECTIVES`.
        fusion_options: Settings of the fusion; what is left out has its default.
        objective_options: Settings of the objective; likewise.
        epochs: At most, passes over the training items.
        batch: Items in a step.
        learning_rate: At its highest; a fusion's large parts take a fixed fraction of it, see `Fusion.rates`.
        optimizer: "adamw" or "sgd".
        schedule: "cosine", "linear" or "constant", each after a rise over the first tenth.
        weight_decay: How strongly weights are drawn to 0, see `mmdemo.training.Plan`.
        patience: Epochs without a better validation loss after which training stops.
        modality_dropout: Chance that a modality of a training query is hidden, 0 to 0.95; one always stays.
        most_gradient: Longer gradients are cut to this length.
        half_precision: Matrix products in bfloat16 on a GPU; on a CPU it changes nothing.
        seed: For everything random.

    Raises:
        FusionError: A number is out of range, or there is no such optimizer or schedule.
    """

    fusion: str
    objective: str = "self-supervised"
    fusion_options: Mapping[str, Any] = field(default_factory=dict)
    objective_options: Mapping[str, Any] = field(default_factory=dict)
    epochs: int = 40
    batch: int = 256
    learning_rate: float = 1e-2
    optimizer: Optimizer = "adamw"
    schedule: Schedule = "cosine"
    weight_decay: float = 0.05
    patience: int = 10
    modality_dropout: float = 0.3
    most_gradient: float = 1.0
    half_precision: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise FusionError(
                    f"{name.replace('_', ' ')} {value}", expected=f"from {low:g} to {high:g}", remedy="choose another"
                )
        for name, choices in (("optimizer", get_args(Optimizer)), ("schedule", get_args(Schedule))):
            if getattr(self, name) not in choices:
                raise FusionError(
                    f"{name} '{getattr(self, name)}'", expected=f"one of {', '.join(choices)}", remedy="choose another"
                )

    @property
    def needs_parts(self) -> bool:
        """Whether the fusion looks at words, regions and segments, so that `FusionData.parts` must be there."""
        return self.fusion_options.get("tokens") == "parts"

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "TrainSettings":
        """What `as_json` gave."""
        return cls(**content)
