"""Everything that decides what comes of a training run, beside the data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


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
        learning_rate: At its highest.
        optimizer: "adamw" or "sgd".
        schedule: "cosine", "linear" or "constant", each after a rise over the first tenth.
        weight_decay: Decoupled from the gradient.
        patience: Epochs without a better validation loss after which training stops.
        modality_dropout: Chance that a modality of a training query is hidden, 0 to 1; one always stays.
        most_gradient: Longer gradients are cut to this length.
        seed: For everything random.
    """

    fusion: str
    objective: str = "self-supervised"
    fusion_options: Mapping[str, Any] = field(default_factory=dict)
    objective_options: Mapping[str, Any] = field(default_factory=dict)
    epochs: int = 40
    batch: int = 256
    learning_rate: float = 2e-3
    optimizer: str = "adamw"
    schedule: str = "cosine"
    weight_decay: float = 0.05
    patience: int = 10
    modality_dropout: float = 0.3
    most_gradient: float = 1.0
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "TrainSettings":
        """What `as_json` gave."""
        return cls(**content)
